"""The course in JupyterLite, beside the site: notebooks run by a Python that is in the browser.

Comes after the folder of the site. The package goes with it, as a wheel of what runs here; Pyodide,
NumPy and other packages are loaded from their own addresses when a kernel begins.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tutor.core.errors import NotHereError, TutorError

NAME = "theano-tutor"
PACKAGE = Path(__file__).parents[2]
FIRST: dict[str, Any] = {
    "cell_type": "code", "execution_count": None, "id": "install", "metadata": {}, "outputs": [],
    "source": f"# In the browser, this installs the package.\n%pip install -q {NAME}"}
WHEEL = "Wheel-Version: 1.0\nGenerator: tutor\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def check() -> None:
    """Raise NotHereError where JupyterLite is not installed."""
    for name in ("jupyterlite_core", "jupyterlite_pyodide_kernel"):
        if importlib.util.find_spec(name) is None:
            raise NotHereError(f"--lite needs JupyterLite, and there is no {name} here.",
                               fix=f'pip install "{NAME}[lite]"')


def built(notebooks: list[Path], out: Path) -> None:
    """Write JupyterLite with these notebooks into a folder."""
    with TemporaryDirectory() as room:
        contents = Path(room, "contents")
        contents.mkdir()
        for path in notebooks:
            (contents / path.name).write_text(installing(path.read_text("utf-8")), "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", room,
             "--output-dir", out.resolve(), "--contents", contents, "--piplite-wheels",
             wheel(Path(room)), "--apps", "lab", "--no-sourcemaps"],
            cwd=room, capture_output=True, text=True)
    if done.returncode:
        raise TutorError(f"JupyterLite was not built: {done.stderr.strip()[-2000:]}")


def installing(notebook: str) -> str:
    """A notebook that installs the package first."""
    told = json.loads(notebook)
    return json.dumps({**told, "cells": [FIRST, *told["cells"]]}, ensure_ascii=False, indent=1)


def wheel(folder: Path) -> Path:
    """The package that runs here as a wheel, which Pyodide can install."""
    told = distribution(NAME)
    full = f"{NAME.replace('-', '_')}-{told.version}"
    files = {f"{PACKAGE.name}/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
             for path in sorted(PACKAGE.rglob("*")) if path.is_file() and path.suffix != ".pyc"}
    files[f"{full}.dist-info/METADATA"] = (told.read_text("METADATA") or "").encode()
    files[f"{full}.dist-info/WHEEL"] = WHEEL.encode()
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{full}.dist-info/RECORD"] = f"{record}{full}.dist-info/RECORD,,\n".encode()
    path = folder / f"{full}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


def digest(data: bytes) -> str:
    """The checksum of a file, as a wheel records it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
