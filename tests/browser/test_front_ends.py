"""Notebook 7 and marimo show what JupyterLab shows: pictures, and a player that plays.

    pip install -e ".[test]" notebook marimo && pytest -n0 -rs tests/browser/test_front_ends.py

Each is tried where it is installed; JupyterLab is in the other tests of this folder.
"""

import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from .lab import START_SECONDS, environment, free_port

pytestmark = pytest.mark.browser
RUN = """import tutor as theano
import tutor.tensor as T
x = T.dvector("x")
c = theano.shared(0.0, "c")
y = T.sum((x - c) ** 2)
step = theano.function([x], y, updates={c: c - 0.02 * theano.grad(y, c)})
run = theano.live.Descent(step, [[1, 2, 3, 4, 5]], watch=[c])
run"""
SHOW = "theano.show(y)"
KERNEL = {"name": "python3", "display_name": "Python 3"}
CELL = "@app.cell\ndef _({}):\n    {}\n    return {}\n\n"


def of_jupyter(home: Path, port: int) -> tuple[list[str], str]:
    """A command that serves a notebook in Notebook 7, and the page of it."""
    book = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, (RUN, SHOW))],
                                    metadata={"kernelspec": KERNEL})
    nbformat.write(book, home / "t.ipynb")
    return ["notebook", "--no-browser", "--allow-root", f"--port={port}",
            f"--ServerApp.root_dir={home}"], "notebooks/t.ipynb?token=here"


def of_marimo(home: Path, port: int) -> tuple[list[str], str]:
    """A command that runs the same cells in marimo, and the page of it."""
    cells = CELL.format("", RUN.replace("\n", "\n    "), "theano, y")
    cells += CELL.format("theano, y", SHOW, "")
    (home / "t.py").write_text(f"import marimo\napp = marimo.App()\n\n{cells}app.run()\n")
    return ["marimo", "run", "--headless", "--no-token", f"--port={port}", str(home / "t.py")], ""


@contextmanager
def served(kind, home):
    """The address of the page of a front end that runs."""
    port = free_port()
    command, page = kind(home, port)
    with open(home / "log", "w") as log, subprocess.Popen(
            [sys.executable, "-m", *command], cwd=home, env=environment(home, "here"), stdout=log,
            stderr=log) as server:
        address, until = f"http://127.0.0.1:{port}/{page}", time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < until:
            with suppress(OSError), urllib.request.urlopen(address):
                break
            time.sleep(0.2)
        try:
            yield address
        finally:
            server.terminate()


@pytest.mark.parametrize(("package", "kind"), [("notebook", of_jupyter), ("marimo", of_marimo)])
def test_a_front_end_shows_pictures_and_plays(package, kind, profile, tmp_path):
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    with served(kind, tmp_path) as address:
        page = profile.new_page()
        page.set_default_timeout(30_000)
        page.goto(address)
        if package == "notebook":
            page.locator(".jp-Cell").first.wait_for()
            page.get_by_text("Run", exact=True).first.click()
            page.get_by_text("Run All Cells", exact=True).click()
        player = page.locator(".tutor-player.tutor-live")
        player.get_by_role("button", name="Play").click()
        expect(player).not_to_have_attribute("data-step", "0")
        expect(page.locator("svg[role=img]").last).to_be_visible()
        page.screenshot(path=tmp_path / f"{package}.png")
        page.close()
