"""What functions are told beside symbols: truths, choices, kinds of numbers; how ops are declared.

>>> chosen("left", ["left", "right"], "side"), in_words("iu")
('left', 'integers')
"""

from __future__ import annotations

import ast
import builtins
import math
import re
import sys
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from tutor.core.arrays import one_axis
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.errors import BadAxisError, BadValueError, DTypeError, is_inside, plural
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.seams import seams
from tutor.core.types import TensorType
from tutor.facts import FACTS
from tutor.notation import Notation

MOST_OPERANDS = 4  # of an elementwise op: x, y, z and w
SIGNS = {"zero_sign": ("lost", "kept", "seen"),
         "result_sign": ("positive", "not negative", "kept", "kept or 0", "")}
VARIADIC = 0x4  # the flag of code that takes any number of arguments
MOST_DIMENSIONS = 64  # NumPy's own limit
#: What is opened and closed in LaTeX, where no backslash stands before it.
PAIRED = re.compile(r"\\(?:left|right|begin|end)(?![a-z])|(?<!\\)[{}]")
CLOSING = frozenset(("}", r"\right", r"\end"))


def truth(value: Any, what: str) -> bool:
    """A setting that is on or off: True, False, or one of the whole numbers 0 and 1."""
    if isinstance(value, (bool, int, np.bool_, np.integer)) and value in (0, 1):
        return bool(value)
    raise DTypeError(f"{what} is True or False, and it is {quoted(value)}.",
                     fix=f"Write {what}=True.")


def dimensions(value: Any, what: str) -> int:
    """How many dimensions, from 0 to as many as NumPy's arrays can have."""
    number = whole(value, what)
    if not 0 <= number <= MOST_DIMENSIONS:
        raise BadValueError(f"{what} cannot be {number}.",
                            fix=f"Pass a number from 0 to {MOST_DIMENSIONS}.")
    return number


def chosen(value: Any, choices: Iterable[Any], what: str) -> Any:
    """The value, if it is among the choices; else a `BadValueError` that lists them."""
    choices = list(choices)
    if not isinstance(value, (str, int, type(None))) or value not in choices:
        raise BadValueError(f"{what} cannot be {quoted(value)}.",
                           fix=f"Choose one of {', '.join(map(repr, choices))}.")
    return value


KINDS_IN_WORDS = {"biu": "integers and bools", "iu": "integers", "biuf": "real numbers",
                  "iuf": "numbers that are real and no bools", "iufc": "numbers, not bools",
                  "biufc": "numbers", "b": "bools", "f": "real floats", "c": "complex numbers",
                  "i": "signed integers", "u": "unsigned integers"}


def whole(value: Any, what: str) -> int:
    """A whole number (a Python or NumPy integer, or a constant one); no bool, no float, no
    symbol.
    """
    if isinstance(value, Constant) and getattr(value, "ndim", 1) == 0:
        value = value.data[()]
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise DTypeError(f"{what} is a whole number, and it is {quoted(value)}.",
                         fix="Pass an int, such as 0 or -1.")
    return int(value)


def axes_of(axis: Any, ndim: int, what: str) -> tuple[int, ...] | None:
    """An axis argument as None (all) or a sorted tuple of axes counted from 0."""
    if axis is None:
        return None
    if isinstance(axis, Constant):
        axis = axis.data
    if isinstance(axis, np.ndarray):
        axis = axis.tolist()
    axes = list(axis) if isinstance(axis, (tuple, list, range)) else [axis]
    normal = sorted({one_axis(a, ndim, what) for a in axes})
    if len(normal) != len(axes):
        raise BadAxisError(f"axis={axis!r} of {what} names an axis twice.",
                           fix="Name each axis once.")
    return tuple(normal)


def in_words(kinds: str) -> str:
    """What kinds of numbers these letters are: `integers` of "iu"."""
    whole = "".join(k for k in "biufc" if k in kinds)
    return KINDS_IN_WORDS.get(whole) or " and ".join(KINDS_IN_WORDS[k] for k in whole)


@cache
def hints(kind: type) -> dict[str, Any]:
    """The settings of an op that are checked: those that are a bool, or a `Literal` of choices."""
    known = get_type_hints(kind)
    return {name: known[name] for name in kind.__props__  # type: ignore[attr-defined]
            if known.get(name) is bool or get_origin(known.get(name)) is Literal}


def setting(kind: type, name: str, value: Any) -> Any:
    """A setting of an op, as its annotation says."""
    hint = hints(kind).get(name)
    if hint is None:
        return value
    return truth(value, name) if hint is bool else chosen(value, get_args(hint), name)


def is_balanced(notation: Notation, n: int) -> bool:
    r"""Whether the templates can be filled in with n arguments, and what is opened is closed.

    >>> is_balanced(Notation("f({0})", r"f\left({0}\right)"), 1)
    True
    """
    try:
        text, latex = (t.format(*"x" * n) for t in (notation.text, notation.latex))
    except (LookupError, ValueError):
        return False
    depth = 0
    for mark in PAIRED.findall(latex):
        depth += -1 if mark in CLOSING else 1
        if depth < 0:
            return False
    return depth == 0 and text.count("(") == text.count(")")


def declared(op: Any, said: dict[str, Any]) -> None:
    """An error about what is said of an elementwise op: no gradient, a fact that there is not,
    letters that are no kinds of numbers, a notation that cannot be read, a name that is taken."""
    check_operands(op)
    ours = is_inside(sys._getframe(2).f_code.co_filename)  # and tested with all others
    for template, library in ((op.template, np), (op.integers, np), (said.get("scalar"), math)):
        unknown = () if ours or not template else sorted(unknown_names(op, template, library))
        if unknown:
            raise BadValueError(
                f"the expression of {op.name}, {template!r}, calls {unknown[0]}, which "
                f"{'NumPy' if library is np else 'math'} does not have.",
                fix=f"Name it in the row: kernels={{{unknown[0]!r}: function}}.")
    if op.gradient is ...:
        raise BadValueError(f"{op.name} does not say its gradient.",
                            fix="Write grad=lambda x, y, g: ..., or grad=None if it has none.")
    for word in said:
        if not hasattr(type(op), word):
            raise BadValueError(f"{op.name} says {word}, which is no fact that an op has.",
                                fix=f"Choose from {', '.join(sorted(FACTS))}.")
    check_facts(op, said)
    latex = said.get("latex", "")
    text, latex = said.get("text", ""), "" if callable(latex) else latex
    if not is_balanced(Notation(text, latex), op.nin):
        raise BadValueError(f"the notation of {op.name} cannot be read: {text!r}, {latex!r}.",
                            fix="Close every brace and every \\left; write a brace of LaTeX "
                            "twice, and {0}, {1}, … for the arguments.")
    check_gradient(op, ours)
    if not ours:
        check_result(op)
    there = ELEMENTWISE.get(op.name, op)  # a cell that is run again says the same once more
    if (there.doc, there.template) != (op.doc, op.template):
        raise BadValueError(f"there is an op {op.name} already.", fix="Give it another name.")


def check_operands(op: Any) -> None:
    """An error where the expression of an elementwise op leaves out an operand, or has too many."""
    what = f"the expression of {op.name}, {op.template!r},"
    if not op.nin:
        raise BadValueError(f"{what} has no place for an operand.",
                            fix="Write {0} for the first, {1} for the second.")
    if op.nin > MOST_OPERANDS:
        raise BadValueError(f"{what} has {op.nin} operands, and an elementwise op takes at most "
                            f"{MOST_OPERANDS}.", fix="Make it of two ops, or a Row.")
    missing = [f"{{{i}}}" for i in range(op.nin) if f"{{{i}}}" not in op.template]
    if missing:
        raise BadValueError(f"{what} has no place for {' and '.join(missing)}.",
                            fix="Number the operands from {0} on, without a gap.")


def check_facts(op: Any, said: dict[str, Any]) -> None:
    """An error where what an elementwise op says is none of what can be said."""
    if not callable(op.dtype_rule):
        raise BadValueError(f"the dtype of {op.name} is a rule, and it is {op.dtype_rule!r}.",
                            fix="Write dtype=lambda *dtypes: 'float64', or leave it out: then it "
                            "is what NumPy promotes the operands to.")
    accepts = op.accepts
    if not isinstance(accepts, str) or not accepts or set(accepts) - set("biufc"):
        raise BadValueError(f"{op.name} accepts {accepts!r}, which are no kinds of numbers.",
                            fix="Choose letters of b, i, u, f and c, as NumPy's dtypes have.")
    for word, value in said.items():
        for part in value if word == "zero_sign" and isinstance(value, tuple) else (value,):
            if word in SIGNS and not callable(part):
                chosen(part, SIGNS[word], f"{word} of {op.name}")
        if isinstance(FACTS.get(word), bool) and not callable(value):
            truth(value, f"{word} of {op.name}")
    if "domain" in said and not is_interval(op.domain):
        raise BadValueError(f"the domain of {op.name} is two numbers, and it is {op.domain!r}.",
                            fix="Write domain=(-2.0, 2.0), the ends of where it is tested.")


def is_interval(value: Any) -> bool:
    """Whether a value is two finite numbers, the smaller one first."""
    return (isinstance(value, (tuple, list)) and len(value) == 2
            and all(isinstance(end, (int, float)) and math.isfinite(end) for end in value)
            and value[0] < value[1])


def tried(node: Apply) -> tuple[list[Any], Sequence[Any]]:
    """Arrays of ones for the operands of a node, and its results for these: none where it needs
    other sizes or other numbers, or calls functions of a program, which may do anything."""
    if node.op.kernels:
        return [], []
    try:
        operands = [np.ones([1 if one else 4 for one in v.broadcastable], v.dtype)
                    for v in node.inputs]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return operands, node.op.compute(node, operands)
    except Exception:
        return [], []


def lent(node: Apply) -> dict[int, list[int]]:
    """The results of a node that are memory of its operands, as a `view_map` says it."""
    operands, results = tried(node)
    return {i: [j] for i, result in enumerate(results) for j, operand in enumerate(operands)
            if isinstance(result, np.ndarray) and np.shares_memory(result, operand)}


def check_result(op: Any) -> None:
    """An error where an elementwise op does not make an array of the shape of its operands."""
    node, what = op.make_node(*example(op)), f"the expression of {op.name}, {op.template!r},"
    if lent(node):
        raise BadValueError(f"{what} gives the memory of its operand.",
                            fix=f'Write "array({op.template})", which is a copy.')
    operands, results = tried(node)
    if operands and np.shape(results[0]) != operands[0].shape:
        raise BadValueError(f"{what} makes {np.shape(results[0])} of the shape "
                            f"{operands[0].shape}.", fix="Write what becomes of each element by "
                            "itself; an op on whole arrays is a Row.")


def unknown_names(op: Any, template: str, library: ModuleType) -> set[str]:
    """The functions in an expression of an elementwise op that nobody has."""
    try:
        text = template.format(*["x"] * op.nin, dtype="'float64'")
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, LookupError):
        raise BadValueError(f"the expression of {op.name} is no Python: {template!r}.",
                            fix='Write it as for NumPy: "exp(-{0}) + {1}".') from None
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {name for name in found - {"x"} - op.kernels.keys()
            if not hasattr(library, name) and not hasattr(builtins, name)}


def example(op: Any) -> list[Variable]:
    """Vectors to which an elementwise op can be applied."""
    kind = next(dtype for k, dtype in (("f", "float64"), ("i", "int64"), ("c", "complex128"),
                                       ("u", "uint64"), ("b", "bool")) if k in op.accepts)
    return [TensorType(kind, (False,))() for _ in range(op.nin)]


def check_gradient(op: Any, ours: bool) -> None:
    """An error where the gradient of an op takes other arguments than it gets; of an op that is
    written in a program also where it gives another number of cotangents than there are inputs."""
    if op.gradient is None or not isinstance(op.gradient, FunctionType):
        return
    code, n = op.gradient.__code__, op.nin
    names = ", ".join("xyzw"[: n + 1]) + ", g"
    if not code.co_flags & VARIADIC and code.co_argcount != n + 2:
        raise BadValueError(f"the gradient of {op.name} takes {code.co_argcount} arguments.",
                            fix=f"Write grad=lambda {names}: ..., with its {plural(n, 'input')}, "
                            "its output, and the cotangent of that.")
    if ours:
        return
    try:
        node = op.make_node(*example(op))
        given = op.gradient(*node.inputs, *node.outputs, TensorType("float64", (False,))())
    except Exception:  # it may need what is declared after it
        return
    given = given if isinstance(given, (tuple, list)) else [given]
    if len(given) != n:
        raise BadValueError(f"the gradient of {op.name} gives {plural(len(given), 'cotangent')}, "
                            f"and it has {plural(n, 'input')}.",
                            fix="Give one for each input; None for one that has none.")
    for part in given:
        if part is not None and not (isinstance(part, Variable) and part.ndim):
            raise BadValueError(f"the gradient of {op.name} gives {quoted(part)} where "
                                "vectors arrive: that is no expression of their shape.",
                                fix="Multiply the slope by what arrives: 2 * g.")


seams.setting, seams.declared, seams.kinds = setting, declared, in_words
seams.whole = whole
