"""The scope of a generated program: its lines, how values are written in it, and what its names are
bound to.

Comes before all back ends. A variable keeps the name that a learner gave it where Python takes that
for no other. A number stands as it is where that computes the same; what NumPy takes faster in its
place a reader is not shown. (Beside a small array a number costs NumPy twice what an array without
dimensions does; among numbers it is the other way round.)
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.lowering import Call, Program
from tutor.core.elementwise import Elementwise, floats, quotient
from tutor.core.errors import shortened
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.op import KERNELS, Op
from tutor.core.types import DISCRETE, TensorType, promote
from tutor.core.variables import SharedVariable
from tutor.formulas import formula

LONGEST_NAME, LONGEST_SHAPE, LONGEST_COMMENT = 40, 8, 60
FLOATS = ("float32", "float64")
MOST_INTEGER = 2**63 - 1
IDENTIFIER = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*(?!\w*['\"=])")
STRINGS = re.compile(r"'[^']*'")
SKIPPED = frozenset(keyword.kwlist) | {"self"}
#: What generated programs call their own things, or might; a variable of such a name is written
#: otherwise.
RESERVED = frozenset(
    "self extra named missing problem room token result ndarray math steps ready starmap call "
    "at_once getrefcount HELD lent LARGE enter leave ShapesDifferError table compiled interpret "
    "on_host twin own differ explain larger slow scan run step output_subset".split()
).union(keyword.kwlist, dir(builtins), dir(math), dir(np))
OURS = re.compile(r"\w*_|\w+_shared")


class MovedError(Exception):
    """A value changed while several were read: they are all read once more."""


class Line(NamedTuple):
    """A line of the program, the node it computes (None for what is no node), and what a reader
    is shown in its place, where that is something else."""

    text: str
    node: Apply | None = None
    shown: str | None = None

    def indented(self) -> Line:
        """The line one level deeper."""
        shown = f"    {self.shown}" if self.shown else self.shown
        return Line(f"    {self.text}", self.node, shown)

    def under(self, levels: int = 1, hidden: bool = False) -> Line:
        """The line under others that a reader is not shown: to him it is where it was, or not
        there."""
        shown = "" if hidden else self.text if self.shown is None else self.shown
        return Line(f"{'    ' * levels}{self.text}", self.node, shown)


def readable(lines: Sequence[Line], seconds: Mapping[Apply, float] | None = None
             ) -> list[tuple[str, Apply | None]]:
    """Lines of a program as a reader is shown them, with the expression each computes behind it,
    and how many `seconds` that takes where it was measured; and the node of each."""
    shown = [(line.text if line.shown is None else line.shown, line.node) for line in lines]
    width = min(max([len(text) for text, _ in shown if text[:1] != "#"], default=0), 48)
    body = []
    for text, node in filter(lambda line: line[0], shown):
        noted = node and not text.lstrip().startswith(("if ", "#"))
        took = f"{1e6 * seconds[node]:7.1f} µs  " if seconds and node and node in seconds else ""
        note = f"  # {took}{comment(node)}" if noted and node else ""
        body.append((f"    {text:<{width}}{note}".rstrip(), node))
    return body


def comment(node: Apply) -> str:
    """The expression a node computes, on what is left of a line."""
    text = str(formula(node.outputs[0])).split("  where ")[0]
    if not text.isprintable():
        text = shortened(text, len(text))
    return text if len(text) <= LONGEST_COMMENT else text[: LONGEST_COMMENT - 2] + " …"


class Scope:
    """The names of variables, what other names are bound to, and the lines of a program; variables
    that are `named` elsewhere have these names."""

    program: Program
    stores: Collection[Variable] = ()  # the shared variables whose new values it stores itself

    def __init__(self, inputs: Sequence[Variable], named: Mapping[Variable, str] = {}) -> None:
        self.body: list[Line] = []
        self.loads: list[str] = []  # the shared variables, whose values are read before all else
        self.bindings: dict[str, Any] = {}
        self.kernels: dict[str, Any] = {}  # what a bound name is among the kernels of its op
        self.otherwise: dict[tuple[str, int], str] = {}  # names of those whose own is another's
        self.names: dict[Variable, str] = {}
        self.named, self.reserved = named, RESERVED.union(named.values())
        self.taken: set[str] = set()
        for v in inputs:
            self.names[v] = self.named_or_fresh(v, "x")
            self.taken.add(self.names[v])

    @property
    def lines(self) -> list[Line]:
        """The whole program."""
        return [*self.prologue(), *self.body]

    def prologue(self) -> list[Line]:
        """The lines that read the values of shared variables, all as they are at one moment: there
        is no call between them, and so no other thread's turn."""
        names = self.loads
        if len(names) < 2:
            return [Line(f"{name} = {self.loaded(f'{name}_shared.value')}") for name in names]
        loaded = [Line(f"{name} = {self.loaded(name)}", shown="") for name in names
                  if self.loaded(name) != name]
        reads = [Line(f"{name} = {name}_shared.now", None,
                      f"{name} = {self.loaded(f'{name}_shared.value')}") for name in names]
        return [*self.at_one_moment(reads), *loaded]

    def at_one_moment(self, reads: Sequence[Line]) -> list[Line]:
        """Lines that read values, run once more where another thread was writing one of these."""
        self.bindings["Moved_"] = MovedError
        around = [Line("while True:", shown=""), Line("    try:", shown="")]
        ending = [Line("        break", shown=""), Line("    except Moved_: pass", shown="")]
        return [*around, *[line.under(2) for line in reads], *ending]

    def loaded(self, value: str) -> str:
        """A shared value as the program works on it."""
        return value

    def own(self, v: Variable, stored: bool) -> str | None:
        """A result, given out or `stored` in a shared variable, as what nothing else holds; None
        where whoever runs the program sees to it."""
        return None

    def __contains__(self, name: object) -> bool:
        """Whether a name stands for something else already."""
        return (name in self.taken or name in self.reserved or name in KERNELS
                or OURS.fullmatch(str(name)) is not None)

    def fresh(self, wanted: str | None, otherwise: str) -> str:
        """A name that is not taken: the wanted one if it can be an identifier."""
        name = unlike(self, wanted, otherwise, len(self.taken))
        self.taken.add(name)
        return name

    def named_or_fresh(self, v: Variable, otherwise: str) -> str:
        """The name that a variable has elsewhere, or one that is not taken."""
        return self.named.get(v) or self.fresh(v.name, otherwise)

    def name(self, v: Variable) -> str:
        """The name of a variable; constants and shared variables are bound at first use."""
        name = self.names.get(v)
        if name is None:
            if isinstance(v, Constant):
                name = self.named_or_fresh(v, "c")
                self.bindings[name] = v.data
            elif isinstance(v, SharedVariable):
                name = self.named_or_fresh(v, "s")
                self.bindings[f"{name}_shared"] = v.container
                self.loads.append(name)
            else:
                raise KeyError(v)
            self.names[v] = name
        return name

    def result(self, v: Variable) -> str:
        """How a result is written."""
        return self.name(v)

    def operand(self, call: Call, v: Variable) -> str:
        """How an operand is written: a plain number where that computes the same, else its name."""
        return literal(call, v) or self.name(v)

    def bound(self, op: Op, text: str, arguments: Collection[str]) -> str:
        """An expression of an op, with the functions that it names bound; one of a program's own
        whose name is NumPy's, or another's here, is called otherwise."""
        renamed = {}
        for name in names_in(text):
            if name not in arguments and name not in self.taken:
                kernel = op.kernels.get(name)
                new = name
                numpys = kernel is not None and not is_ours(kernel) and hasattr(np, name)
                if numpys or self.kernels.setdefault(name, kernel) is not kernel:
                    key = name, id(kernel)
                    new = renamed[name] = self.otherwise.get(key) or self.fresh(name, name)
                    self.otherwise[key] = new
                meaning = None if new in self.bindings else self.meaning(op, name)
                if meaning is not None:
                    self.bindings[new] = meaning
        if not renamed:
            return text
        return IDENTIFIER.sub(lambda found: renamed.get(found[0], found[0]), text)

    def meaning(self, op: Op, name: str) -> Any:
        """The function of a name: a kernel of the op, else NumPy's; None where it is Python's."""
        kernel = op.kernels.get(name)
        return direct(getattr(np, name, None)) if kernel is None else kernel


def direct(function: Any) -> Any:
    """A function of NumPy without the question whether its arguments are arrays of others.

    >>> direct(np.dot)([1, 2], [3, 4]) == np.dot([1, 2], [3, 4])
    np.True_
    """
    return getattr(function, "_implementation", function)


def is_ours(function: Any) -> bool:
    """Whether a function is one of this package, and not of who wrote an op."""
    return str(getattr(function, "__module__", "")).startswith("tutor.")


def names_in(text: str) -> list[str]:
    """The names in an expression that are no words of Python's, nor of a keyword or attribute.

    >>> names_in("add.reduce(x if y else 'z', axis=0)")
    ['add', 'x', 'y']
    """
    plain = STRINGS.sub("''", text) if "'" in text else text
    return [name for name in IDENTIFIER.findall(plain) if name not in SKIPPED]


def identifier(name: str | None) -> str:
    """A name as Python reads it where it stands in a program, which takes `µ` and `μ` for one;
    empty where it cannot stand there, or is too long to be read.

    >>> identifier("ω₀"), identifier("layer 1/W"), identifier("3"), identifier("ϵ") == "ε"
    ('ω0', 'layer_1_W', '', True)
    """
    text = name or ""
    if not text.isascii():
        from unicodedata import normalize  # where a name is no plain one

        text = normalize("NFKC", text)
    text = "".join([c if c.isalnum() or c == "_" else "_" for c in text])
    good = text.isidentifier() and text[0] != "_" and len(text) <= LONGEST_NAME
    return text if good else ""


def unlike(taken: Container[str], wanted: str | None, otherwise: str,
           number: int = 1) -> str:
    """A name that is not taken: the wanted one if it can be one, else it, or `otherwise`, with a
    number.

    >>> unlike({"w", "v1"}, "w", "v"), unlike({"w", "v1"}, "a b", "v"), unlike({"v1"}, None, "v")
    ('w_1', 'a_b', 'v2')
    """
    base = name = identifier(wanted)
    while not name or name in taken:
        name, number = f"{base}_{number}" if base else f"{otherwise}{number}", number + 1
    return name


def formed(form: Any, values: Sequence[str], key: Callable[[str], str] = repr) -> str:
    """Results in the form that a function gives them: one, a dict with keys, or a list."""
    if form is None:
        return values[0]
    if isinstance(form, list):
        return f"{{{', '.join(f'{key(k)}: {v}' for k, v in zip(form, values, strict=True))}}}"
    return f"[{', '.join(values)}]"


def literal(call: Call, v: Variable) -> str | None:
    """A constant that stands in the expression itself, where the operation gives the same dtype
    with it: a plain number, or a shape as a tuple."""
    if not isinstance(v, Constant):
        return None
    if not isinstance(v.type, TensorType) or v.ndim:
        return _shape(call, v)
    if isinstance(call.op, Elementwise):
        others = [u.dtype for u in call.operands if not (isinstance(u, Constant) and u.ndim == 0)]
        if not others or promote(*others, v.dtype) != promote(*others):
            return None
        if call.op.dtype_rule in (floats, quotient) and v.dtype in DISCRETE:
            return None
    elif not (call.op.takes_numbers and v.dtype in DISCRETE) or _is_tensor(call, v):
        return None
    if v.dtype == "uint64" and v.data > MOST_INTEGER:
        return None  # beside another dtype, NumPy would take it for an int64
    text = repr(v.data.item())
    if not text.strip("(-+j)")[-1:].isdigit() and text not in ("True", "False"):
        return None  # inf and nan are no literals of Python
    return f"({text})" if text.startswith("-") else text


def _is_tensor(call: Call, v: Variable) -> bool:
    """Whether an operand is more than a size or a position to an op."""
    return any(v is u for u in call.operands[: call.op.tensors])


def _shape(call: Call, v: Constant) -> str | None:
    """A constant shape as a tuple, where an op takes sizes behind its first operand."""
    if not call.op.takes_numbers or v is call.operands[0] or _is_tensor(call, v):
        return None
    short = v.ndim == 1 and v.dtype == "int64" and v.data.size < LONGEST_SHAPE
    return repr(tuple(v.data.tolist())) if short else None


def number_of(call: Call, v: Variable) -> Any:
    """A number in an operation over an array of floats, as an array of the same dtype that is the
    quicker to take; None where the number may stand.
    """
    if not call.op.converts or not isinstance(v, Constant) or v.ndim or not call.results[0].ndim:
        return None
    typed = call.operands[call.op.dtype_of]
    others = {u.dtype for u in typed if u is not v and u.ndim}
    dtype = others.pop() if len(others) == 1 else ""
    if dtype not in FLOATS or not any(v is u for u in typed):
        return None
    with np.errstate(all="ignore"):
        return np.asarray(v.data.item(), dtype)


def is_held(call: Call, v: Variable) -> bool:
    """Whether an operand among numbers alone is an array without dimensions."""
    return (isinstance(v, SharedVariable) and call.op.elementwise
            and not any(getattr(u, "ndim", 1) for u in (*call.operands, *call.results)))
