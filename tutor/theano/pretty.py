"""The texts of Theano's `printing`: formulas, with every operation in parentheses and constants as
they are; a graph in few words, in one line or in one letter a node; digests of arrays.

`pp` writes what Python would read; this is for programs that print, or look at, Theano's form.

>>> import tutor.tensor as T
>>> pprint(T.dscalar("x") ** 2 + T.exp(-T.dscalar("y")))
'((x ** TensorConstant{2}) + exp((-y)))'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from shutil import which
from typing import Any, NamedTuple

import numpy as np

from tutor import tree
from tutor.core.errors import DTypeError
from tutor.core.graph import Variable, quoted
from tutor.core.op import Op
from tutor.signatures import answering
from tutor.theano.text import READER, Implied, text_of, view

LONGEST = 20_000  # characters of a part: what is longer is left out where it is used

INFIX = {"add": "+", "sub": "-", "mul": "*", "true_div": "/", "int_div": "//", "pow": "**",
         "dot": r"\dot"}  # fmt: skip
CALLED = {"second": "fill", "Alloc": "alloc", "Join": "join"}
#: From the texts of operands to that of an operation on them.
Writer = Callable[[Sequence[str]], str]
#: Theano's word for whether pictures can be written as png: whether `dot` is there.
pydot_imported = which("dot") is not None


def FunctionPrinter(*names: str) -> Writer:
    """Writes an op as a call: `name(operands)`."""
    return lambda operands: f"{names[0]}({', '.join(operands)})"


def OperatorPrinter(operator: str, precedence: float = 0, assoc: str = "left") -> Writer:
    """Writes an op between its operands, or before a single one."""
    return lambda operands: (f"({operator}{operands[0]})" if len(operands) == 1 else
                             f"({f' {operator} '.join(operands)})")


def PatternPrinter(*patterns: Any) -> Writer:
    """Writes an op by a pattern such as `"|%(0)s|"`."""
    pattern: str = patterns[0] if isinstance(patterns[0], str) else patterns[0][0]
    return lambda operands: pattern % {str(i): text for i, text in enumerate(operands)}


def IgnorePrinter() -> Writer:
    """Writes the first operand alone."""
    return lambda operands: operands[0]


class PrinterState(NamedTuple):
    """The state that a printer of a user is given: the printer that asks."""

    pprinter: PPrinter


class PPrinter:
    """Writes formulas; `assign(op or class or condition, printer)` says how an op is written."""

    def __init__(self) -> None:
        self.printers: list[tuple[Any, Any]] = []

    def assign(self, condition: Any, printer: Any) -> None:
        """Use a printer for an op, for a class of ops, or where `condition(state, v)` holds."""
        self.printers.insert(0, (condition, printer))

    def clone(self) -> PPrinter:
        """Another printer that has the same assigned to it."""
        twin = PPrinter()
        twin.printers = list(self.printers)
        return twin

    def clone_assign(self, condition: Any, printer: Any) -> PPrinter:
        """`clone`, and `assign` there."""
        twin = self.clone()
        twin.assign(condition, printer)
        return twin

    def __call__(self, *variables: Variable) -> str:
        return "\n".join([self.process(v) for v in variables])

    def process(self, r: Any, pstate: Any = None) -> str:
        """The formula of a variable."""
        if not isinstance(r, Variable):
            raise DTypeError(f"{quoted(r)} has no formula.", fix="Pass a variable.")
        known: dict[Any, str] = {}
        parts: dict[Any, tuple[Writer, list[Any]]] = {}
        stack: list[Any] = [r]
        while stack:
            v = stack[-1]
            if v not in parts:
                parts[v] = self._parts(v)
                stack += parts[v][1][::-1]
                continue
            stack.pop()
            if v not in known:
                write, operands = parts[v]
                text = write([known[u] for u in operands])
                known[v] = text if len(text) <= LONGEST else "…"
        return known[r]

    def _parts(self, v: Any) -> tuple[Writer, list[Any]]:
        """The writer of a variable, and the operands whose texts it takes."""
        printer = self._printer(v)
        if hasattr(printer, "process"):  # which asks for the operands itself
            return lambda _: str(printer.process(v, PrinterState(self))), []
        text, operands = parts_of(v)
        if printer is not None:
            return printer, operands
        leaf = not operands and getattr(v, "owner", None) is None
        return (lambda _: text_of(v)) if leaf else partial(_usual, text), operands

    def _printer(self, v: Any) -> Any:
        node = getattr(v, "owner", None)
        for condition, printer in self.printers:
            if isinstance(condition, (Op, type)):
                if node is not None and condition in (node.op, type(node.op)):
                    return printer
            elif condition(PrinterState(self), v):
                return printer
        return None


def parts_of(v: Any) -> tuple[str, list[Any]]:
    """The text and the operands of a variable, or of a `Implied`."""
    if isinstance(v, Implied):
        return v.text, v.operands
    if getattr(v, "owner", None) is None:
        return text_of(v), []
    return view(v).text, list(view(v).operands)


def _usual(name: str, operands: Sequence[str]) -> str:
    """How an operation of this name is written."""
    head, _, inside = name.partition("{")
    inside = inside.rstrip("}")
    if head == "Elemwise":
        head = inside.partition(",")[0].removeprefix("Cast{").rstrip("}")
        name = CALLED.get(head, head)
    special = SPECIAL.get(head)
    if special is not None:
        return special(inside, operands)
    if head in INFIX:
        return OperatorPrinter(INFIX[head])(operands)
    return f"{CALLED.get(head, name.partition('.')[0])}({', '.join(operands)})"


def _shuffled(inside: str, operands: Sequence[str]) -> str:
    """New dimensions in front are not written; a transposed matrix has its `.T`."""
    order = inside.split(",")
    kept = [o for o in order if o != "x"]
    if order == ["1", "0"]:
        return f"{operands[0]}.T"
    if order[len(order) - len(kept) :] == [str(i) for i in range(len(kept))]:
        return operands[0]
    return f"DimShuffle{{{', '.join(order)}}}({operands[0]})"


def _indexed(inside: str, operands: Sequence[str]) -> str:
    """Numbers are written out, and of slices what kinds of numbers they have."""
    numbers = iter(operands[1:])
    parts = []
    for entry in inside.split(", "):
        if ":" not in entry:
            parts.append(next(numbers))
            continue
        for _ in range(sum(bool(piece) for piece in entry.split(":"))):
            next(numbers)
        parts.append(entry.removesuffix(":"))
    return f"{operands[0]}[{', '.join(parts)}]"


SPECIAL: dict[str, Callable[[str, Sequence[str]], str]] = {
    "neg": lambda inside, operands: f"(-{operands[0]})",
    "abs_": lambda inside, operands: f"|{operands[0]}|",
    "identity": lambda inside, operands: operands[0],
    "MakeVector": lambda inside, operands: f"[{', '.join(operands)}]",
    "InplaceDimShuffle": _shuffled,
    "Subtensor": _indexed, "AdvancedSubtensor": _indexed,
}

pprint = PPrinter()


def _walked(root: Any, level: int, sign: str, short: bool) -> Iterator[tuple[int, str]]:
    """Each variable with its letter behind the one that is made of it, a level deeper; what came
    before by its letter alone. If `short`, nothing is looked into that has a name, or is far off.
    """
    known: dict[Any, str] = {}
    stack, number = [(root, level)], 0
    while stack:
        thing, level = stack.pop()
        key, number = READER.key(thing), number + 1
        if key in known:
            yield level, f"<{known[key]}>"
            continue
        if short and (level > tree.DEEPEST or number > tree.LONGEST):
            yield level, "…"
            continue
        known[key] = tree.letters(len(known))
        text, operands = parts_of(thing)
        if short and isinstance(thing, Variable) and thing.name is not None:
            text, operands = text_of(thing), []
        yield level, f"{known[key]}{sign}{text.split(' at 0x')[0]}"
        stack.extend((u, level + 1) for u in reversed(operands))


@answering
def min_informative_str(obj: Any, indent_level: int = 0, _prev_obs: Any = None,
                        _tag_generator: Any = None) -> str:  # fmt: skip
    """The graph in as few words as tell it: one letter a node, names where there are any.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> print(min_informative_str(x * x))
    A. Elemwise{mul,no_inplace}
     B. x
     <B>
    """
    walked = _walked(obj, indent_level, ". ", True)
    return "\n".join([" " * level + words for level, words in walked])


@answering
def var_descriptor(obj: Any, _prev_obs: Any = None, _tag_generator: Any = None) -> str:
    """The graph of a variable in one line, the same for graphs of the same form."""
    before, parts = 0, list[str]()
    for level, words in _walked(obj, 0, "=", False):
        parts += ["(" if level > before else ")" * (before - level) + "," * bool(parts), words]
        before = level
    return "".join(parts) + ")" * before


@answering
def position_independent_str(obj: Any) -> str:
    """The type of a variable, which is the same wherever it stands."""
    if not isinstance(obj, Variable):
        raise NotImplementedError(f"position_independent_str is for variables, not for {obj!r}")
    return f"theano_var{{type={obj.type}}}"


@answering
def hex_digest(x: Any) -> str:
    """A short string that differs for different arrays: of their values, strides and shape.

    >>> hex_digest(np.zeros(2))[64:]
    '|strides=[8]|shape=[2]'
    """
    if not isinstance(x, np.ndarray):
        raise DTypeError(f"hex_digest is for arrays, not for {x!r}.", fix="numpy.asarray(x)")
    numbers = [",".join(map(str, part)) for part in (x.strides, x.shape)]
    digest = sha256(x.tobytes()).hexdigest()
    return f"{digest}|strides=[{numbers[0]}]|shape=[{numbers[1]}]"
