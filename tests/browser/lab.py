"""JupyterLab as a test meets it: started on a copy of the course, driven through its own commands.

`running_lab` starts the `tutor` command in a folder of its own, with settings of its own, so that
nothing of this machine's user is read or written. `Lab.open` and `Lab.run_all` do with a page what
a learner does; both return when the work is done.
"""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

START_SECONDS = 120
CONFIG = "c.LabApp.expose_app_in_browser = True\n"
# Cells outside the window are in the page too, so that a test finds them without scrolling.
TRACKER = {"windowingMode": "none"}

IDLE = """() => {
    const front = window.jupyterapp?.shell.currentWidget;
    return front?.context?.isReady && front.sessionContext.isReady
        && front.sessionContext.session?.kernel?.status === 'idle';
}"""
# In a page that shows JupyterLab already: as a new page would, with no notebook and no kernel.
ANEW = """async (path) => {
    for (const shown of [...jupyterapp.shell.widgets('main')]) shown.dispose();
    await jupyterapp.serviceManager.sessions.shutdownAll();
    await jupyterapp.commands.execute('docmanager:open', { path });
}"""
RUN_ALL = """() => {
    window.allHasRun = false;
    jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.allHasRun = true; });
}"""


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs: its address, its token, and the folder it shows."""

    url: str
    token: str
    folder: Path

    def open(self, page: Page, notebook: str) -> None:
        """Open `notebook`, a path in the folder, and wait until its kernel is idle."""
        if page.evaluate("Boolean(window.jupyterapp)"):
            page.evaluate(ANEW, notebook)
        else:
            page.goto(f"{self.url}/lab/tree/{notebook}?reset&token={self.token}")
        self.wait_until_idle(page)

    def run_all(self, page: Page) -> None:
        """Run every cell from the top, and wait until the last has run."""
        # Not awaited in `evaluate`, which knows no time limit; `wait_for_function` does.
        page.evaluate(RUN_ALL)
        page.wait_for_function("window.allHasRun")

    def wait_until_idle(self, page: Page) -> None:
        """Wait until the notebook in front is drawn, and its kernel has nothing more to do."""
        page.wait_for_function(IDLE)
        page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").first.wait_for()


@contextlib.contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """Start the `tutor` command on a copy of the course under `home`, and end it afterwards."""
    port, token = free_port(), secrets.token_hex(16)
    lab = Lab(f"http://127.0.0.1:{port}", token, home / "course")
    command = [sys.executable, "-m", "tutor.cli", "--no-browser", f"--port={port}"]
    with open(home / "lab.log", "w+", encoding="utf-8") as log:
        server = subprocess.Popen(
            [*command, f"--folder={lab.folder}"],
            cwd=home, env=environment(home, token), stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_until_up(lab, server, home / "lab.log")
            yield lab
        finally:
            server.terminate()  # the server ends its kernels before it goes
            server.wait(timeout=START_SECONDS)


def environment(home: Path, token: str) -> dict[str, str]:
    """Write settings of their own under `home` and return the variables that lead there."""
    config = home / "config"
    tracker = config / "lab/user-settings/@jupyterlab/notebook-extension"
    tracker.mkdir(parents=True)
    (tracker / "tracker.jupyterlab-settings").write_text(json.dumps(TRACKER))
    (config / "jupyter_lab_config.py").write_text(CONFIG)
    return {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when `lab` answers; raise with its log when it ended or did not come up in time."""
    request = urllib.request.Request(
        f"{lab.url}/api/status", headers={"Authorization": f"token {lab.token}"}
    )
    end = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(request, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")
