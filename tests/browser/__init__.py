"""Tests in a real Chromium, on the course as the `tutor` command opens it.

A package, so that its fixtures end with it: Playwright keeps an event loop running in this thread,
beside which nbval could not talk to its kernels.
"""
