"""Files that are written whole or not at all: a full disk, or an interrupt, leaves nothing behind.

Comes before whatever writes files.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import get_ident


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write the file at once: who reads it sees all of it, or what was there before.

    `mode` is the file's mode, where it is not that of every new file. Raises `OSError`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a.txt", b"all of it")
    ...     os.listdir(folder)
    ['a.txt']
    """
    if path.exists() and not path.is_file():  # a device: there is nothing to put in its place
        path.write_bytes(content)
        return
    path = path.resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}: {path.name} is not written.")
    part = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.part")
    try:
        part.write_bytes(content)
        if mode is not None:
            part.chmod(mode)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
