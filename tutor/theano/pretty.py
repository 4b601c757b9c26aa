"""Formulas as Theano's `pprint` writes them: every operation in parentheses, constants as they are.

`pp` writes what Python would read; this is for programs that print, or look at, Theano's form.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> pprint(x ** 2 + T.exp(-x))
'((x ** TensorConstant{2}) + exp((-x)))'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from shutil import which
from typing import Any, NamedTuple

from tutor.errors import DTypeError
from tutor.graph import Op, Variable
from tutor.operators import quoted
from tutor.theano.text import Stand, text_of, view

LONGEST = 20_000  # characters of a part: what is longer is left out where it is used

INFIX = {"add": "+", "sub": "-", "mul": "*", "true_div": "/", "int_div": "//", "pow": "**",
         "dot": r"\dot"}  # fmt: skip
CALLED = {"second": "fill", "Alloc": "alloc", "Join": "join"}


class PrinterState(NamedTuple):
    """What a printer of a user is given: the one that asks."""

    pprinter: PPrinter


class FunctionPrinter:
    """Writes an op as a call: `name(operands)`."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def written(self, node: Any, operands: Sequence[str]) -> str:
        return f"{self.names[0]}({', '.join(operands)})"


class OperatorPrinter:
    """Writes an op between its operands, or before a single one."""

    def __init__(self, operator: str, precedence: float = 0, assoc: str = "left") -> None:
        self.operator = operator

    def written(self, node: Any, operands: Sequence[str]) -> str:
        if len(operands) == 1:
            return f"({self.operator}{operands[0]})"
        return f"({f' {self.operator} '.join(operands)})"


class PatternPrinter:
    """Writes an op by a pattern such as `"|%(0)s|"`."""

    def __init__(self, *patterns: Any) -> None:
        first = patterns[0]
        self.pattern = first if isinstance(first, str) else first[0]

    def written(self, node: Any, operands: Sequence[str]) -> str:
        text: str = self.pattern % {str(i): text for i, text in enumerate(operands)}
        return text


class IgnorePrinter:
    """Writes the first operand alone."""

    def written(self, node: Any, operands: Sequence[str]) -> str:
        return operands[0]


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
        below: dict[Any, list[Any]] = {}
        stack: list[Any] = [r]
        while stack:
            v = stack[-1]
            if v not in below:
                below[v] = [] if self._assigned(v) is not None else _operands(v)
                stack += below[v][::-1]
                continue
            stack.pop()
            if v not in known:
                text = self._written(v, below[v], known)
                known[v] = text if len(text) <= LONGEST else "…"
        return known[r]

    def _assigned(self, v: Any) -> Any:
        """A printer with a `process` of its own, which asks for the operands itself."""
        printer = self._printer(v)
        return printer if hasattr(printer, "process") else None

    def _printer(self, v: Any) -> Any:
        node = getattr(v, "owner", None)
        state = PrinterState(self)
        for condition, printer in self.printers:
            if isinstance(condition, (Op, type)):
                if node is not None and condition in (node.op, type(node.op)):
                    return printer
            elif condition(state, v):
                return printer
        return None

    def _written(self, v: Any, operands: list[Any], known: dict[Any, str]) -> str:
        printer = self._printer(v) if self.printers else None
        if printer is not None and hasattr(printer, "process"):
            return str(printer.process(v, PrinterState(self)))
        texts = [known[u] for u in operands]
        if printer is not None:
            return str(printer.written(v.owner, texts))
        if not operands and (not isinstance(v, Variable) or v.owner is None):
            return text_of(v)
        return _usual(v.text if isinstance(v, Stand) else view(v).text, texts)


def _operands(v: Any) -> list[Any]:
    if isinstance(v, Stand):
        return v.operands
    return [] if v.owner is None else list(view(v).operands)


def _usual(name: str, operands: list[str]) -> str:
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
        return OperatorPrinter(INFIX[head]).written(None, operands)
    return f"{CALLED.get(head, name.partition('.')[0])}({', '.join(operands)})"


def _shuffled(inside: str, operands: list[str]) -> str:
    """New dimensions in front are not written; a transposed matrix has its `.T`."""
    order = inside.split(",")
    kept = [o for o in order if o != "x"]
    if order == ["1", "0"]:
        return f"{operands[0]}.T"
    if order[len(order) - len(kept) :] == [str(i) for i in range(len(kept))]:
        return operands[0]
    return f"DimShuffle{{{', '.join(order)}}}({operands[0]})"


def _indexed(inside: str, operands: list[str]) -> str:
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


SPECIAL: dict[str, Callable[[str, list[str]], str]] = {
    "neg": lambda inside, operands: f"(-{operands[0]})",
    "abs_": lambda inside, operands: f"|{operands[0]}|",
    "identity": lambda inside, operands: operands[0],
    "MakeVector": lambda inside, operands: f"[{', '.join(operands)}]",
    "InplaceDimShuffle": _shuffled,
    "Subtensor": _indexed,
}

pprint = PPrinter()

#: Theano's word for whether pictures can be written as png: whether `dot` is there.
pydot_imported = which("dot") is not None
