"""Notation: how an application is written, in text, in mathematics and in pictures of the graph.

An op above the core says it in its own block: `text` and `latex` templates, how strongly they bind,
and its `symbol` in pictures; or methods `notation` and `label`. Of the core's ops it is told here.

>>> import tutor.tensor as T; ops.exp.notation(T.exp(T.dscalar("x")).owner).latex
'\\\\mathrm{{e}}^{{{0}}}'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tutor.core import elementwise as ops
from tutor.core.arrays import KINDS, DimShuffle, Dot, Outer, Reduction
from tutor.core.elementwise import Cast
from tutor.core.graph import Apply, Constant, Variable, is_literal
from tutor.core.indexing import IncSubtensor, Join, Subtensor
from tutor.core.op import Op, Rebroadcast, Row, tell
from tutor.core.scan import Loop

PLAIN = (int, float, str, tuple, type(None))  # kinds of properties that formulas tell
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
IN_TEXT = {ord(c): rf"\{c}" for c in "_$%#&"} | {ord(c): "/" for c in "\\^~{}"}


class Notation(NamedTuple):
    """How an application is written: templates over its arguments, and how strongly things bind.

    `level` is how strongly the whole binds (10: never needs parentheses) and `needs` how strongly
    each argument must bind to stand without them. `latex` is a template too; `{0}` is the first
    argument, `{step}` the graph inside an op. Mathematics without an end of its own, as of Σ, takes
    in what follows it and binds at least as strongly as `open`.
    """

    text: str
    latex: str
    level: float = 10
    needs: tuple[float, ...] = ()
    open: float = 11


def call(name: str, places: int, settings: Sequence[tuple[str, Any]] = (),
         sign: str | None = None) -> Notation:
    """The notation of a function of so many arguments, with settings by name.

    >>> call("sort", 1, [("axis", 0)]).text
    'sort({0}, axis=0)'
    """
    arguments = [f"{{{i}}}" for i in range(places)]
    words = [f"{key}={value!r}".replace("{", "{{").replace("}", "}}") for key, value in settings]
    under = rf"_{{{{\text{{{{{', '.join(words).translate(IN_TEXT)}}}}}}}}}" if words else ""
    sign = rf"\operatorname{{{{{name.translate(IN_TEXT)}}}}}" if sign is None else sign
    return Notation(f"{name}({', '.join(arguments + words)})",
                    rf"{sign}{under}\left({', '.join(arguments)}\right)")


def settings(self: Any) -> list[tuple[str, Any]]:
    """The properties that a formula tells: those that are not as they are by default."""
    make = getattr(type(self).__init__, "__code__", None)
    usual = (type(self).__init__.__defaults__ or ()) if make else ()
    names = make.co_varnames[: make.co_argcount] if make else ()
    known = dict(zip(names[::-1], usual[::-1], strict=False))
    return [(key, value) for key in self.__props__ or ()
            if isinstance(value := getattr(self, key), PLAIN)
            and value != known.get(key, getattr(type(self), key, PLAIN))]


def as_call(self: Any, node: Apply) -> Notation:
    """An application as a call of its op by name."""
    return call(self.name or type(self).__name__, len(node.inputs), self.settings())


def as_said(self: Any, node: Apply) -> Notation:
    """An application as the row of its op says, and where it says nothing as a call."""
    text, latex = self.text, self.latex(node) if callable(self.latex) else self.latex
    if not (text and latex):
        usual = as_call(self, node)
        text, latex = text or usual.text, latex or usual.latex
    return Notation(text, latex, self.level, self.needs, self.open)


def label_as_said(self: Any, node: Apply) -> str:
    """The symbol of an op in pictures; its name where it has none. `□` stands for what comes in."""
    symbol: str = self.symbol(node) if callable(self.symbol) else self.symbol
    return symbol or self.name


tell(Op, settings=settings, notation=as_call,
     label=lambda self, node: self.name or type(self).__name__)
tell(Row, notation=as_said, label=label_as_said, symbol="", latex="", open=11)


def said(v: Variable, words: str, paper: Any = None) -> Variable:
    """The variable, called by these words where it is printed and has no name, and written in
    formulas as papers do."""
    v._said, v.paper = words, paper
    return v


def power(node: Apply) -> str:
    """A power; of a matrix with a sign that tells it from that of the matrix as a whole, as M⁻¹."""
    x, y = node.inputs
    plain = x.ndim < 2 or (is_literal(y) and y.data > 0)
    return "{0}^{{{1}}}" if plain else r"{0}^{{\circ {1}}}"


def to_the(node: Apply) -> str:
    """A power by a number, with that number: `□²`; nothing of any other.

    >>> import tutor.tensor as T; x = T.dscalar("x")
    >>> [to_the(y.owner) for y in (x ** 3, x ** -1, x ** 0.5, 2 ** x)]
    ['□³', '□⁻¹', '□^0.5', '']
    """
    y = node.inputs[1]
    if not isinstance(y, Constant) or y.name is not None or y.data.size != 1:
        return ""
    number = y.data.item()
    text = f"{number:.4g}" if isinstance(number, float) else str(number)
    whole = text.removeprefix("-").isdigit()
    return f"□{text.translate(RAISED)}" if whole else f"□^{text}"


def product(node: Apply) -> str:
    """A product of elements, which is told from that of matrices."""
    return r"{0} \odot {1}" if all(v.ndim for v in node.inputs) else r"{0} \cdot {1}"


def both(node: Apply) -> str:
    """And: of truth values, or of bits."""
    return r"{0} \wedge {1}" if node.outputs[0].dtype == "bool" else r"{0} \mathbin{{\&}} {1}"


#: In mathematics, and as a symbol in pictures of the graph; what is not here is a call by its name.
SIGNS: dict[Any, tuple[Any, Any]] = {
    ops.eq: ("{0} = {1}", "="), ops.neq: (r"{0} \neq {1}", "≠"), ops.lt: ("{0} < {1}", "<"),
    ops.le: (r"{0} \leq {1}", "≤"), ops.gt: ("{0} > {1}", ">"), ops.ge: (r"{0} \geq {1}", "≥"),
    ops.and_: (both, "and"), ops.add: ("{0} + {1}", "+"), ops.sub: ("{0} - {1}", "−"),
    ops.mul: (product, "×"), ops.true_div: (r"\frac{{{0}}}{{{1}}}", "÷"),
    ops.neg: ("-{0}", "−□"), ops.pow: (power, to_the),
    ops.abs_: (r"\left|{0}\right|", "|□|"), ops.sqr: ("{0}^{{2}}", "sqr"),
    ops.sqrt: (r"\sqrt{{{0}}}", "√"),
    ops.exp: (r"\mathrm{{e}}^{{{0}}}", "exp"), ops.log: (r"\log\left({0}\right)", "log"),
    ops.tanh: (r"\tanh\left({0}\right)", "tanh"), ops.sigmoid: (r"\sigma\left({0}\right)", "σ"),
    ops.conjugate: (r"\overline{{{0}}}", "conj"),
    ops.maximum: (r"\max\left({0}, {1}\right)", "max"),
    ops.minimum: (r"\min\left({0}, {1}\right)", "min"),
    ops.tensor_copy: (r"\operatorname{{copy}}\left({0}\right)", "copy"),
    ops.switch: (r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} "
                 r"\end{{cases}}", "switch"),
}
for _op, (_latex, _symbol) in SIGNS.items():
    tell(_op, latex=_latex, symbol=_symbol)
tell(ops.sqr, level=9, needs=(10,))
tell(ops.exp, level=9)
tell(ops.switch, level=8, open=0)
tell(Rebroadcast, latex="{0}")
tell(Dot, latex=r"{0} \, {1}", level=7.5, needs=(7.5, 8))
tell(Outer, symbol="⊗", latex=r"{0} \otimes {1}", level=7, needs=(8, 8))


def of_cast(self: Cast, node: Apply) -> Notation:
    return Notation(f"cast({{0}}, {self.dtype!r})",
                    rf"\mathrm{{{{{self.dtype}}}}}\left({{0}}\right)")


def of_dimensions(self: DimShuffle, node: Apply) -> Notation:
    """A transpose as mathematics writes it, new dimensions as NumPy does."""
    ndim = node.inputs[0].ndim
    if self.is_transpose(ndim):
        return Notation("{0}.T", r"{0}^{{\top}}", 10, (10,))
    text = f"{{0}}.dimshuffle({', '.join(map(repr, self.order))})"
    if self.kept == tuple(range(ndim)) and "x" in self.order:
        places = ", ".join(r"\mathrm{{None}}" if o == "x" else ":" for o in self.order)
        return Notation(text, rf"{{0}}\left[{places}\right]", 10, (10,))
    latex = rf"_{{{{\mathrm{{{{{','.join(map(str, self.order))}}}}}}}}}\left({{0}}\right)"
    return Notation(text, rf"\operatorname{{{{dimshuffle}}}}{latex}", 10, (10,))


def label_of_dimensions(self: DimShuffle, node: Apply) -> str:
    turns = self.is_transpose(node.inputs[0].ndim)
    return "transpose" if turns else f"dimshuffle {', '.join(map(str, self.order))}"


def of_reduction(self: Reduction, node: Apply) -> Notation:
    """A sum with its sign, which takes in what follows; others with parentheses."""
    axes = "" if self.axis is None else repr(
        self.axis[0] if len(self.axis) == 1 else self.axis)
    words = ["{0}", *[f"axis={axes}"] * bool(axes), *["keepdims=True"] * self.keepdims]
    kept = " kept" * self.keepdims
    under = rf"_{{{{\text{{{{axis {axes or 'all'}{kept}}}}}}}}}" if axes or kept else ""
    text, sign = f"{self.kind}({', '.join(words)})", KINDS[self.kind].latex
    if self.kind in ("sum", "prod"):
        return Notation(text, rf"{sign}{under} {{0}}", 8, (7,), 7)
    return Notation(text, rf"{sign}{under}\left({{0}}\right)", 10, (0,))


def label_of_reduction(self: Reduction, node: Apply) -> str:
    axis = "" if self.axis is None else f" axis {', '.join(map(str, self.axis))}"
    return KINDS[self.kind].label + axis


def of_part(self: Subtensor, node: Apply) -> Notation:
    index = self.index.source([f"{{{i}}}" for i in range(1, len(node.inputs))])
    needs = (10, *[0] * (len(node.inputs) - 1))
    return Notation(f"{{0}}[{index}]", rf"{{0}}\left[{index}\right]", 10, needs)


def short(variables: Sequence[Variable]) -> list[str]:
    """Indices as a label shows them."""
    return [v.name if v.name and len(v.name) < 9 else "·" for v in variables]


def label_of_part(self: Subtensor, node: Apply) -> str:
    return f"[{self.index.source(short(node.inputs[1:]))}]"


def of_writing(self: IncSubtensor, node: Apply) -> Notation:
    """A part set or increased, with a sign for each."""
    index = self.index.source([f"{{{i}}}" for i in range(2, len(node.inputs))])
    sign, arrow = ("=", r"\leftarrow") if self.mode == "set" else ("+=", r"\mathrel{{+}}=")
    needs = (10, *[0] * (len(node.inputs) - 1))
    return Notation(f"{self.name}({{0}}[{index}] {sign} {{1}})",
                    rf"\left({{0}}\left[{index}\right] {arrow} {{1}}\right)", 10, needs)


def label_of_writing(self: IncSubtensor, node: Apply) -> str:
    index = self.index.source(short(node.inputs[2:]))
    return f"[{index}] {'=' if self.mode == 'set' else '+='}"


def of_join(self: Join, node: Apply) -> Notation:
    arguments = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
    return Notation(f"join({self.axis}, {arguments})",
                    rf"\operatorname{{{{join}}}}_{{{{{self.axis}}}}}\left({arguments}\right)")


def of_loop(self: Loop, node: Apply) -> Notation:
    """A loop: the graph of its step, and what it takes."""
    given = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
    name = "scan_until" if self.until else "scan"
    latex = rf"\operatorname{{{{{name.replace('_', ' ')}}}}}"
    return Notation(f"{name}({{step}}; {given})", rf"{latex}\left({{step}}; {given}\right)")


tell(Cast, notation=of_cast, label=lambda self, node: f"to {self.dtype}")
tell(DimShuffle, notation=of_dimensions, label=label_of_dimensions)
tell(Reduction, notation=of_reduction, label=label_of_reduction)
tell(Subtensor, notation=of_part, label=label_of_part)
tell(IncSubtensor, notation=of_writing, label=label_of_writing)
tell(Join, notation=of_join, label=lambda self, node: f"join axis {self.axis}")
tell(Loop, notation=of_loop, label=lambda self, node: self.title or self.name)
