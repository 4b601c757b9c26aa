"""What loads when it is first asked for: names by the module that has them.

Few: what draws, and what stands far below the room that asks for it. Comes before all else.

>>> loaded("equal").__module__
'tutor.graph.comparing'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

ENTERED = {
    "tutor.compile.loops": "looped",
    "tutor.graph.comparing": "equal equal_arrays near_arrays",
    "tutor.pictures.failure": "show_failure",
}


def by_name(table: dict[str, str]) -> dict[str, str]:
    """The module of each name in a table."""
    return {name: module for module, names in table.items() for name in names.split()}


MODULES = by_name(ENTERED)


def loaded(name: str, table: dict[str, str] = MODULES) -> Any:
    """What has this name; its module loads now."""
    return getattr(import_module(table[name]), name)
