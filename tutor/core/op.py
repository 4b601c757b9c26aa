"""What can be applied to variables: `Op`, with all that is known of it in one place.

An op says its types, its NumPy expression, its gradient, how it is written, and the `Facts` that
passes ask for. `FUNCTIONS` has the public functions by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import CodeType
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tutor.core.errors import DTypeError, NotHereError, caller
from tutor.core.graph import Apply, Variable, apply, as_tensor_variable, here, quoted, written_at
from tutor.core.seams import config, old, seams
from tutor.core.types import Type

F = TypeVar("F", bound=Callable[..., Any])

#: The public functions by name: for NumPy's functions, for patterns of rules, for old programs.
FUNCTIONS: dict[str, Callable[..., Any]] = {}


#: The functions that expressions of ops call, by the names these have in them: each op hands over
#: its own (`Op.kernels`).
KERNELS: dict[str, Callable[..., Any]] = {}


def public(function: F) -> F:
    """Enter a function under its name."""
    FUNCTIONS[function.__name__] = function
    return function


#: What is opened and closed in LaTeX, where no backslash stands before it.
PAIRED = re.compile(r"\\(?:left|right|begin|end)(?![a-z])|(?<!\\)[{}]")
IDENTIFIER = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*(?!\w*['\"=])")
STRINGS = re.compile(r"'[^']*'")
CLOSING = frozenset(("}", r"\right", r"\end"))


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

    def is_balanced(self, n: int) -> bool:
        r"""Whether the templates can be filled in with n arguments, and what is opened is closed.

        >>> Notation("f({0})", r"f\left({0}\right)").is_balanced(1)
        True
        """
        try:
            text, latex = (t.format(*"x" * n) for t in (self.text, self.latex))
        except (LookupError, ValueError):
            return False
        depth = 0
        for mark in PAIRED.findall(latex):
            depth += -1 if mark in CLOSING else 1
            if depth < 0:
                return False
        return depth == 0 and text.count("(") == text.count(")")


PLAIN = (int, float, str, tuple, type(None))  # kinds of properties that formulas tell
IN_TEXT = {ord(c): rf"\{c}" for c in "_$%#&"} | {ord(c): "/" for c in "\\^~{}"}


def call(name: str, places: int, settings: Sequence[tuple[str, Any]] = (),
         sign: str | None = None) -> Notation:  # fmt: skip
    """The notation of a function of so many arguments, with settings by name.

    >>> call("sort", 1, [("axis", 0)]).text
    'sort({0}, axis=0)'
    """
    arguments = [f"{{{i}}}" for i in range(places)]
    words = [f"{key}={value!r}".replace("{", "{{").replace("}", "}}") for key, value in settings]
    if sign is None:
        sign = rf"\operatorname{{{{{name.translate(IN_TEXT)}}}}}"
    under = rf"_{{{{\text{{{{{', '.join(words).translate(IN_TEXT)}}}}}}}}}" if words else ""
    return Notation(
        f"{name}({', '.join(arguments + words)})",
        rf"{sign}{under}\left({', '.join(arguments)}\right)",
    )


class Help:
    """What `help` says: of a class its own words, of an op of it what is written from its row."""

    def __init__(self, own: str | None) -> None:
        self.own = own

    def __get__(self, op: Any, kind: type) -> str | None:
        return self.own if op is None else seams.help(op) if seams.help else op.doc


class Facts:
    """What passes ask of an op, so that none of them knows its name: the class of an op, or its
    row, says the facts that differ from here.
    """

    # of its mathematics
    commutative = False  # whether its two operands may change places
    adds = False  # whether its result is the sum of its operands
    elementwise = False  # whether each element of its result comes of one element of each operand
    keeps_shape = False  # whether its result has the shape that its operands stretch to
    sizes_follow = False  # whether the sizes of its results are known from those of its operands
    reads = slice(None)  # the operands whose numbers count; of the others only the shape does
    #: Of what sign its real results are: "positive" or "not negative" for all operands; "kept", so
    #: where the operands it reads are; "kept or 0", not negative where they are; "" is not known.
    result_sign = ""
    #: What becomes of the sign of a zero operand: "lost" (0 and -0 give the same), "kept" (a zero
    #: of another sign at most), or "seen", as 1/x sees it; a tuple has a word for each operand. It
    #: may depend on them: then it is a function.
    zero_sign: Any = "seen"
    draws = False  # whether every application counts: never computed twice, nor moved
    shape_advice = ""  # what mends operands whose shapes do not fit

    # of its gradient
    rule = ""  # what taking its derivative is called, where that has a name
    kinks = ""  # where it has no derivative, and the slope that counts there
    asks_finite = False  # whether it asks if a number is finite
    #: Whether some of its inputs count only where a condition holds, or some elements nowhere.
    chooses: Any = None
    moves = False  # whether its gradient hands numbers on as they are, or adds them up
    multilinear = False  # whether a number that is not needed may be 0 as well
    mixes = False  # whether each of its results comes of many numbers

    #: Whether its numbers are those of the one operand it reads, of another dtype or more of them:
    #: plumbing, which large pictures leave out.
    same_numbers = False

    # of how it is computed
    dtype_of = slice(None)  # the operands that its dtype comes from
    converts = False  # whether NumPy makes one dtype of these before it computes
    ufunc = ""  # the ufunc of NumPy that it is, where its expression has a sign and no name
    into = ""  # a call that writes into the array `{out}`, where its operands are floats
    scalar: str | None = None  # the expression over Python floats, with functions of `math`
    cheap = False  # whether it takes no longer than reading its operands and writing its result
    #: The ufunc that takes results for parts of an array together, where one number is made of all.
    folds = ""
    makes_arrays = False  # whether its result is an array of its own, no part of an operand
    whole_view = False  # whether its result is its first operand, all of it, seen otherwise
    takes_out = False  # whether its call takes an array `out=` for a matrix that it makes
    takes_here = False  # whether its call changes its first operand itself, told `here=True`
    #: 1 for what makes little of much and runs as soon as its operands are there, in the cache
    #: still; 2 for what does so behind these, since it pushes the rest out of the cache.
    prompt = 0
    takes_numbers = False  # integer constants may stand in its source as plain numbers, save as
    kernels: Mapping[str, Callable[..., Any]] = {}
    tensors = 1  # the first so many operands, whose dtype and shape matter


FACTS = {name for name in vars(Facts) if not name.startswith("_")}


class Op(Facts):
    """What can be applied to variables: types in, types out, an expression in NumPy, a gradient.

    An op of the engine says `source` (the NumPy expression); an op written by a user says
    `perform(node, inputs, output_storage)`. `L_op` gives the cotangents of the inputs from those
    of the outputs, as expressions; `None` where an input has no gradient. Ops with equal
    `__props__` are equal.
    """

    __props__: tuple[str, ...] | None = None
    name: str = ""
    doc: str = ""
    is_comparison = False
    default_output: int | None = None
    #: The graph inside of it, where it is one: inputs and outputs.
    inner: tuple[Sequence[Variable], Sequence[Variable]] | None = None
    view_map: dict[int, list[int]] = {}  # noqa: RUF012 - part of the interface users write
    destroy_map: dict[int, list[int]] = {}  # noqa: RUF012

    of_user = False  # whether it is written in a program, and not here
    itypes: Sequence[Type] | None = None  # types of the inputs and outputs of an op that needs
    otypes: Sequence[Type] | None = None  # no make_node of its own

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.of_user = not cls.__module__.startswith("tutor.")
        KERNELS.update(cls.kernels)

    def __getattr__(self, name: str) -> Any:
        """What programs written for Theano ask of ops."""
        if old.attribute is None or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return old.attribute(self, name)

    def make_node(self, *inputs: Any) -> Apply:
        """The node that applies this op; checks and converts the inputs.

        An op with `itypes` and `otypes`, lists of types, need not write it.
        """
        if self.itypes is None or self.otypes is None:
            raise NotHereError(f"{type(self).__name__} has no make_node, nor both itypes and "
                               "otypes.", fix="Write make_node(self, *inputs), or say both.")
        taken = [x if isinstance(x, Variable) else as_tensor_variable(x) for x in inputs]
        if [x.type for x in taken] != list(self.itypes):
            raise DTypeError(f"{self} takes {list(self.itypes)} and got {[x.type for x in taken]}.",
                             where=(("written at", caller()),),
                             fix="Pass variables of these types, or change itypes.")
        return apply(self, taken, *self.otypes)

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        name = kwargs.pop("name", None)
        as_list = kwargs.pop("return_list", False)
        if not self.of_user:
            node = self.make_node(*inputs, **kwargs)
        else:  # the place is where the op is applied, not where its make_node is written
            with written_at(here()):
                node = self.make_node(*inputs, **kwargs)
            if not isinstance(node, Apply):
                raise DTypeError(f"make_node of {self} gives a node, and gave {quoted(node)}.",
                                 where=(("written at", here()),),
                                 fix="Return Apply(self, inputs, outputs).")
        if config.compute_test_value != "off":
            seams.made(node)
        if as_list or (len(node.outputs) > 1 and self.default_output is None):
            return list(node.outputs)
        out = node.outputs[self.default_output or 0]
        if name is not None:
            out.name = name
        return out

    def notation(self, node: Apply) -> Notation:
        """How this application is written in text and in mathematics."""
        return call(self.name or type(self).__name__, len(node.inputs), self.settings())

    def settings(self) -> list[tuple[str, Any]]:
        """The properties that its formula tells: those that are not as they are by default."""
        make = getattr(type(self).__init__, "__code__", None)
        usual = (type(self).__init__.__defaults__ or ()) if make else ()
        names = make.co_varnames[: make.co_argcount] if make else ()
        known = dict(zip(names[::-1], usual[::-1], strict=False))
        pairs = zip(self.__props__ or (), self._props(), strict=True)
        return [(key, value) for key, value in pairs
                if isinstance(value, PLAIN)
                and value != known.get(key, getattr(type(self), key, pairs))]

    def label(self, node: Apply) -> str:
        """The few characters that stand for this op in a picture of the graph."""
        return self.name or type(self).__name__

    def source(self, node: Apply, names: Sequence[str]) -> str | None:
        """The NumPy expression that computes this node from variables of these names."""
        return None

    def required(self, node: Apply, values: Mapping[Variable, Any]) -> Sequence[Variable]:
        """The operands that a node needs, as far as values are known."""
        return node.inputs

    def compute(self, node: Apply, operands: Sequence[Any]) -> Sequence[Any]:
        """The values of the outputs from those of the inputs: by the NumPy expression."""
        return evaluated(node, operands)

    def L_op(
        self, inputs: list[Variable], outputs: list[Variable], cotangents: list[Variable]
    ) -> Sequence[Any]:
        """The cotangents of the inputs, given the cotangents of the outputs."""
        return self.grad(inputs, cotangents)

    def grad(self, inputs: list[Variable], output_gradients: list[Variable]) -> Sequence[Any]:
        """`L_op` of an op written by a user, which needs no outputs; of others it makes them."""
        if type(self).L_op is not Op.L_op:
            return self.L_op(inputs, self.make_node(*inputs).outputs, output_gradients)
        raise NotHereError(f"{self} has no gradient.",
                           fix="Write grad(self, inputs, output_gradients).")  # fmt: skip

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> Sequence[Any]:
        """The tangents of the outputs, given those of the inputs (None: it does not move).

        An op need not say this: it follows from its gradient.
        """
        raise NotImplementedError(f"{self} has no R_op")

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Which input (row) each output (column) depends on differentiably."""
        return [[True] * len(node.outputs) for _ in node.inputs]

    def singular(self, node: Apply) -> bool:
        """Whether finite numbers may give an infinite one, or nan: at a pole, or by overflow."""
        return self.of_user

    def needed(self, node: Apply, mask: Variable | None) -> Sequence[Variable | None]:
        """Where each input has an influence, as bools that stretch to its shape (or numbers that
        are not 0 there), given where the result is needed; None stands for everywhere."""
        out = node.outputs[0]
        if len(node.outputs) == 1 and self.moves and (self.chooses or mask is not None):
            full = out.fill(1 if mask is None else mask.astype(out.dtype))
            return self.L_op([*node.inputs], [out], [full])
        if len(node.outputs) > 1 or mask is None or not all(mask.broadcastable):
            return [None] * len(node.inputs)
        return [mask.dimshuffle([])] * len(node.inputs)

    def _props(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.__props__ or ()])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            type(self) is type(other)
            and self.__props__ is not None
            and self._props() == other._props()
        )

    def __hash__(self) -> int:
        if self.__props__ is None:
            return object.__hash__(self)
        return hash((type(self), self._props()))

    def __str__(self) -> str:
        if old.reader is not None:
            return str(old.reader.op(self))
        if self.name or not self.__props__:
            return self.name or type(self).__name__
        settings = ", ".join([f"{p}={getattr(self, p)!r}" for p in self.__props__])
        return f"{type(self).__name__}{{{settings}}}"

    def __repr__(self) -> str:
        return str(self)


@cache
def code_of(text: str) -> tuple[CodeType, tuple[str, ...]]:
    """A NumPy expression, compiled once for all nodes that share it, and the names in it."""
    names = dict.fromkeys(IDENTIFIER.findall(STRINGS.sub("''", text)))
    return compile(text, "<tutor op>", "eval"), tuple(names)


def evaluated(node: Apply, operands: Sequence[Any]) -> Sequence[Any]:
    """The results of a node by its NumPy expression, or by what a user wrote in its place."""
    names = [f"x{node.inputs.index(v)}" for v in node.inputs]
    text = node.op.source(node, names)
    if text is None:
        return seams.performed(node, operands)
    code, used = code_of(text)
    scope: dict[str, Any] = dict(zip(names, operands, strict=True))
    for name in used:
        if name not in scope:
            found = meaning(node, name)
            if found is not None:
                scope[name] = found
    result = eval(code, {}, scope)
    return [result] if len(node.outputs) == 1 else result


def meaning(node: Apply, name: str) -> Any:
    """What a name in the expression of a node means; None where it is Python's own."""
    found = node.op.kernels.get(name)
    return getattr(np, name, None) if found is None else found


