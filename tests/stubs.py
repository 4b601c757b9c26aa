"""`python -m tests.stubs` writes what static readers see, where it follows from what runs.

Of `T` each name, with its signature: an elementwise op is a function of so many operands, and a
function stands where it is defined. Of variables the operators and methods that later rooms add.
"""

import inspect
import re
import sys
from collections.abc import Callable
from inspect import Parameter, unwrap
from pathlib import Path
from textwrap import fill
from types import FunctionType, ModuleType
from typing import Any

import tutor
import tutor.tensor as T
from tutor.core.elementwise import Elementwise
from tutor.core.types import TensorType
from tutor.ops.variables import Operators
from tutor.tensor.constructors import FloatX

NAMES = '''"""The names of T for editors and type checkers. Written by `python -m tests.stubs`."""

from collections.abc import Callable
from typing import Any

'''
FLOATX = "from tutor.tensor.constructors import FloatX\n"
OPERATORS = '''"""What variables can do, with all rooms. Written by `python -m tests.stubs`."""

from collections.abc import Iterator
from typing import Any, Self

from tutor.core.graph import Variable

class VariableMethods:
'''
KNOWN = re.compile(r"[\[\], .]|\|", re.ASCII)  # between the words of an annotation
WORDS = frozenset("Any Variable Self Iterator Callable bool int float str tuple list None ".split())
INDENT = " " * 8
REFUSED = frozenset("__getattr__ __setattr__ __call__ __bool__ __float__ __int__ __complex__ "
                    "__index__ _cannot_set _no_value".split())


def operands(op: Elementwise) -> str:
    """The operands that an elementwise op takes."""
    if op.several:
        return "*operands: Any"
    return ", ".join([f"{name}: Any" for name in "xyzw"[: op.nin]]) + ", /"


def entry(name: str) -> str:
    """The lines of one name."""
    found = unwrap(getattr(T, name))
    own = getattr(found, "__name__", name)
    if own != name and unwrap(getattr(T, own, None)) is found:  # type: ignore[arg-type]
        return f"{name} = {own}\n"
    if isinstance(found, Elementwise):
        return (f"def {name}({operands(found)}, **settings: Any) -> Variable:\n"
                f'    """{found.doc}"""\n')
    if isinstance(found, ModuleType):
        return f"from tutor.tensor import {name} as {name}\n"
    if isinstance(found, TensorType | FloatX):
        return f"{name}: {type(found).__name__}\n"
    if unwrap(getattr(sys.modules[found.__module__], own, None)) is found:  # type: ignore[arg-type]
        return f"from {found.__module__} import {own} as {name}\n"
    return f"{name}: Callable[..., list[Variable]]\n"  # made by a call: T.dscalars


def names() -> str:
    """The stub of T: imports, definitions, other names for them."""
    entries = sorted([FLOATX, *map(entry, T.__all__)])
    imports = [e for e in entries if e.startswith("from")]
    others = [e for e in entries if e.split()[1] == "="]
    rest = [e for e in entries if e not in imports and e not in others]
    return NAMES + "".join([*imports, "\n", *rest, *others])


def annotation(found: Any) -> str:
    """An annotation, or Any where it is of names that the stub does not have."""
    words = {word for word in KNOWN.split(found) if word} if isinstance(found, str) else set("?")
    return found if words <= WORDS else "Any"


def signature(function: Callable[..., Any]) -> str:
    """The parameters and the result of a method, defaults left out."""
    shown, star = ["self"], False
    found = inspect.signature(function)
    for p in [*found.parameters.values()][1:]:
        if p.kind is Parameter.KEYWORD_ONLY and not star:
            shown.append("*")
        star = star or p.kind in (Parameter.VAR_POSITIONAL, Parameter.KEYWORD_ONLY)
        stars = str(p)[: len(str(p)) - len(str(p).lstrip("*"))]
        default = "" if p.default is Parameter.empty else " = ..."
        shown.append(f"{stars}{p.name}: {annotation(p.annotation)}{default}")
    return f"({', '.join(shown)}) -> {annotation(found.return_annotation)}"


def member(name: str, found: Any) -> str:
    """The lines of an operator, a method or a property."""
    if isinstance(found, property):
        return f"    @property\n    def {name}(self) -> Variable: ...\n"
    line = f"    def {name}{signature(found)}: ...\n"
    if len(line) <= 100:
        return line
    head, _, parameters = line.rstrip().partition("(")
    parameters, _, end = parameters.rpartition(")")
    inside = fill(parameters, 100, initial_indent=INDENT, subsequent_indent=INDENT)
    return f"{head}(\n{inside}\n    ){end}\n"


def operators() -> str:
    """The stub of what variables can do."""
    found: dict[str, Any] = {}
    for kind in reversed(Operators.__mro__[:-1]):
        found |= {name: thing for name, thing in vars(kind).items()
                  if isinstance(thing, FunctionType | property) and name not in REFUSED}
    return OPERATORS + "".join(member(name, found[name]) for name in sorted(found))


ROOT = Path(tutor.__file__).parent
STUBS = {ROOT / "tensor" / "__init__.pyi": names, ROOT / "core" / "methods.pyi": operators}

if __name__ == "__main__":
    for path, text in STUBS.items():
        path.write_text(text(), encoding="utf-8")
