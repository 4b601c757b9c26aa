"""Timings side by side: hand-written NumPy, `tutor`, and the peers that are installed.

`python -m tests.benchmarks` in the checkout prints the table; `--help` says what can be chosen.
Nothing here is a test: tests never fail on a clock.
"""
