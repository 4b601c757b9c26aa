"""The program's own modules: found where Python finds them, and translated where they are old.

What came with Python stays as it is. Nothing of it is written to `__pycache__`, where a program
that runs without this engine would find it.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tutor.core.errors import PACKAGE
from tutor.theano.python2 import compiled

_paths = sysconfig.get_paths()
#: Where modules are that came with Python or with this engine, and where others were installed.
PYTHONS = tuple({_paths["stdlib"], _paths["platstdlib"], PACKAGE.rstrip("/\\")})
INSTALLED = tuple({_paths["purelib"], _paths["platlib"]})
INSTALLERS = {"site-packages", "dist-packages"}  # and those of a user, or of another environment


class OldLoader(SourceFileLoader):
    """Loads a module from its source, which may be in Python 2."""

    def get_code(self, fullname: str) -> CodeType | None:
        """The module's code, compiled anew: what another Python cached is not translated."""
        return compiled(self.get_data(self.path), self.path)


class OldFinder(MetaPathFinder):
    """Finds what the path finder finds, and gives the program's own modules another loader."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of the program's own; others are left to the next finder."""
        if fullname.partition(".")[0] in sys.stdlib_module_names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        loader: Any = spec.loader if spec is not None else None
        if spec is None or type(loader) is not SourceFileLoader or not own(loader.path):
            return None
        spec.loader = OldLoader(loader.name, loader.path)
        spec.cached = None
        return spec


def own(path: str) -> bool:
    """Return whether a file is the program's: not Python's, this engine's, or installed.

    >>> import json
    >>> own(json.__file__), own("/home/me/model.py")
    (False, True)
    >>> own("/home/me/.local/lib/python3.11/site-packages/scipy/stats.py")
    False
    """
    if INSTALLERS & set(Path(path).parts):
        return False
    return not path.startswith((*PYTHONS, *INSTALLED))
