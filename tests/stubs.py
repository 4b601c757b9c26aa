"""`python -m tests.stubs` writes what static readers see of `T`: each name, with its signature.

An elementwise op is a function of so many operands, and a function stands where it is defined.
"""

import sys
from inspect import unwrap
from pathlib import Path
from types import ModuleType

import tutor.tensor as T
from tutor.core.elementwise import Elementwise
from tutor.core.types import TensorType
from tutor.tensor.constructors import FloatX

STUB = Path(T.__file__).with_suffix(".pyi")
HEAD = '''"""The names of T for editors and type checkers. Written by `python -m tests.stubs`."""

from typing import Any

'''
KINDS = "from tutor.core.types import Several\nfrom tutor.tensor.constructors import FloatX\n"


def operands(op: Elementwise) -> str:
    """The operands that an elementwise op takes."""
    if op.several:
        return "*operands: Any"
    return ", ".join([f"{name}: Any" for name in "xyzw"[: op.nin]]) + ", /"


def entry(name: str) -> str:
    """The lines of one name."""
    found = unwrap(getattr(T, name))
    own = getattr(found, "__name__", name)
    if own != name and unwrap(getattr(T, own, None)) is found:
        return f"{name} = {own}\n"
    if isinstance(found, Elementwise):
        return (f"def {name}({operands(found)}, **settings: Any) -> Variable:\n"
                f'    """{found.doc}"""\n')
    if isinstance(found, ModuleType):
        return f"from tutor.tensor import {name} as {name}\n"
    if isinstance(found, TensorType | FloatX):
        return f"{name}: {type(found).__name__}\n"
    if unwrap(getattr(sys.modules[found.__module__], own, None)) is found:
        return f"from {found.__module__} import {own} as {name}\n"
    return f"{name}: Several\n"  # made by a call: T.dscalars


def stub() -> str:
    """The text of the stub: imports, definitions, other names for them."""
    entries = sorted([*KINDS.splitlines(keepends=True), *map(entry, T.__all__)])
    imports = [e for e in entries if e.startswith("from")]
    others = [e for e in entries if e.split()[1] == "="]
    rest = [e for e in entries if e not in imports and e not in others]
    return HEAD + "".join([*imports, "\n", *rest, *others])


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
