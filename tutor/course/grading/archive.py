"""What a class handed in, where it came as one zip file: unpacked into a folder for the while."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tutor.core.errors import BadValueError

LARGEST = 4 * 2**30  # bytes of all that is in it


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder, or one with what a zip file holds, until the block ends; a `BadValueError` where
    it cannot be unpacked. A folder that holds all the others is the one of the class."""
    if path.suffix.lower() != ".zip" or not path.is_file():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="tutor-grade-", ignore_cleanup_errors=True) as name:
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(one.file_size for one in archive.infolist()) > LARGEST:
                    raise zipfile.BadZipFile(f"It holds more than {LARGEST >> 30} GB")
                archive.extractall(name)
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError) as problem:
            raise BadValueError(f"{path} cannot be unpacked: {problem}.", fix="Unpack it with "
                                "another program, and name the folder.") from None
        yield whole(Path(name))


def whole(folder: Path) -> Path:
    """The folder in this one, if it alone is there and holds folders in its turn."""
    inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
    only = inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
    return only if any(path.is_dir() for path in only.iterdir()) else folder
