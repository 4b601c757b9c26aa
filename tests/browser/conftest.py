"""Fixtures of the browser tests: `lab`, a running JupyterLab; `page`, a new tab in Chromium;
`desk`, a tab in which JupyterLab stays open from test to test.

Where there is no Chromium they skip and say so; CI, which installs one, fails instead. A page that
throws, or asks for anything beyond this machine, fails its test: the course loads nothing from
the network.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect, sync_playwright

from .lab import Lab, running_lab

NAMES = ("chromium", "chromium-browser", "google-chrome")
# As root, in a container, with no screen and no network: each of these keeps Chromium from
# something that it could not do there. Names are not looked up, so no page leaves this machine.
FLAGS = [
    *"--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
     "--disable-component-update --disable-sync".split(),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# What is thrown in a page that works: by JupyterLab when a kernel goes that owes it an answer, and
# by anywidget when a script took two seconds to load (the widget hears its kernel all the same).
THROWN = ("Canceled future for", "[anywidget] Failed to initialize model")
PATIENCE = 60_000  # milliseconds; a first kernel on two busy cores takes a while
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def chromium() -> str:
    """Return the path of the Chromium on this machine."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    reason = f"browser tests need Chromium, and none of {', '.join(NAMES)} is on the PATH"
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(reason)
    pytest.fail(reason, pytrace=False)


@pytest.fixture(scope="package")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield a JupyterLab that serves a copy of the course."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def profile(chromium: str) -> Iterator[BrowserContext]:
    """Yield Chromium, headless, with a new profile that keeps JupyterLab's scripts from page on."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = running.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE)
        yield context
        running.close()


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Page]:
    """Yield a new tab, which may reach this machine and nothing else."""
    with watched(profile) as tab:
        yield tab


@pytest.fixture(scope="package")
def desk(profile: BrowserContext) -> Iterator[Page]:
    """Yield a tab for JupyterLab, which takes ten seconds to load, that tests use in turn."""
    with watched(profile) as tab:
        yield tab


@contextmanager
def watched(profile: BrowserContext) -> Iterator[Page]:
    """Open a tab; at its end fail if it asked for anything beyond this machine, or threw."""
    outside: list[str] = []
    thrown: list[str] = []

    def asked(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            outside.append(request.url)

    tab = profile.new_page()
    tab.on("request", asked)  # a route would keep Chromium from its cache
    tab.on("pageerror", lambda error: thrown.append(str(error)))
    yield tab
    tab.close()
    assert not outside, f"the page asked the network for {outside}"
    faults = [text for text in thrown if not any(harmless in text for harmless in THROWN)]
    assert not faults, f"the page threw {faults}"


@pytest.fixture
def offline(profile: BrowserContext) -> Iterator[Page]:
    """Yield a tab without a network."""
    profile.set_offline(True)
    tab = profile.new_page()
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    yield tab
    tab.close()
    profile.set_offline(False)
    assert not problems
