"""What every test shares: where the repository is, and what is checked out of it."""

from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import tutor.ops
import tutor.tensor


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the top of the repository."""
    return Path(__file__).resolve().parents[1]

for room in (tutor.ops, tutor.tensor):  # modules that load when they are asked for are tested too
    for module in walk_packages(room.__path__, f"{room.__name__}."):
        import_module(module.name)
