"""The exercises, one table: what is asked, how an answer is checked, the hints in order.

To add one, add a row, or in a cell of your own notebook `EXERCISES["my-1"] = Exercise("my-1", …)`.
A check takes the answer and says what is wrong with it, or None when it is right; `means`, `does`,
`is_close` and `has_type` make checks that compare values, not spellings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.function import Function, function
from tutor.graph import Constant, Variable, graph_inputs
from tutor.graph.shared import SharedVariable
from tutor.types import TensorType

Check = Callable[[Any], str | None]


class Exercise(NamedTuple):
    """One row: `right` is said when it is solved, and teaches one thing more."""

    name: str
    question: str
    check: Check
    hints: tuple[str, ...]
    right: str


def kind(answer: Any) -> str:
    """What an answer is, in a word a learner uses.

    >>> kind(3.0), kind([1, 2]), kind("two")
    ('a number', 'an array', 'a string')
    """
    if isinstance(answer, Variable):
        return "a variable"
    if isinstance(answer, Function):
        return "a compiled function"
    if isinstance(answer, str):
        return "a string"
    if isinstance(answer, (bool, int, float, complex, np.number)):
        return "a number"
    if isinstance(answer, (list, tuple, np.ndarray)):
        return "an array"
    return "a Python function" if isinstance(answer, FunctionType) else f"a {type(answer).__name__}"


def is_close(expected: Any) -> Check:
    """A check that the answer is this number or array, up to rounding.

    >>> is_close(0.3)(0.1 + 0.2), is_close(0.3)(0.4)
    (None, '0.4 is not the value.')
    """
    def checked(answer: Any) -> str | None:
        if isinstance(answer, (Variable, Function, str)):
            return f"It is {kind(answer)}, and the answer is a value."
        value = np.asarray(answer, dtype=float)
        if value.shape != np.shape(expected):
            return f"It has the shape {value.shape}, and not that of the answer."
        return None if np.allclose(value, expected) else f"{answer!r} is not the value."
    return checked


def means(formula: Callable[..., Any], **points: Sequence[Any]) -> Check:
    """A check that an expression has the values of `formula` at these points of its inputs.

    The inputs are found by name; the expression may be written in any way.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> means(lambda x: 2 * x, x=[1.0, 3.0])(x + x)
    >>> means(lambda x: 2 * x, x=[1.0, 3.0])(x * x)
    'At x = 1 it gives 1.'
    """
    names = " and ".join(points)

    def checked(answer: Any) -> str | None:
        if not isinstance(answer, Variable):
            return f"It is {kind(answer)}, and the answer is an expression of {names}."
        free = [v for v in graph_inputs([answer]) if not isinstance(v, (Constant, SharedVariable))]
        inputs = {v.name: v for v in free if v.name in points}
        unknown = [repr(v) for v in free if v.name not in points]
        if unknown:
            return f"It needs {', '.join(unknown)}, and the answer needs {names} alone."
        value = function(list(inputs.values()), answer)
        for at in zip(*points.values(), strict=True):
            here = dict(zip(points, at, strict=True))
            given = value(*[here[name] for name in inputs])
            if not _agree(given, formula(*at)):
                where = ", ".join(f"{name} = {_brief(v)}" for name, v in here.items())
                return f"At {where} it gives {_brief(given)}."
        return None
    return checked


def does(*calls: tuple[tuple[Any, ...], Any], shared: bool = False) -> Check:
    """A check that a compiled function, called like this in order, gives these values.

    With `shared`, it must read a shared variable.
    """
    def checked(answer: Any) -> str | None:
        if not isinstance(answer, Function):
            return f"It is {kind(answer)}, and the answer is a compiled function."
        if shared and not any(isinstance(v, SharedVariable) for v in graph_inputs(answer.outputs)):
            return "Its output reads no shared variable."
        for arguments, expected in calls:
            given = answer(*arguments)
            if not _agree(given, expected):
                call = ", ".join(map(_brief, arguments))
                return f"Called with ({call}) it gives {_brief(given)}."
        return None
    return checked


def has_type(dtype: str, ndim: int, name: str | None = None,
             broadcastable: tuple[bool, ...] | None = None) -> Check:
    """A check that the answer is a variable of this dtype, dimensions, pattern and name."""
    pattern = (False,) * ndim if broadcastable is None else broadcastable

    def checked(answer: Any) -> str | None:
        if isinstance(answer, TensorType):
            return f"It is the type {answer}: call it to make a variable."
        if not isinstance(answer, Variable):
            return f"It is {kind(answer)}, and the answer is a variable."
        if (answer.dtype, answer.broadcastable) != (dtype, pattern):
            return f"It is a {answer.type}."
        if name is not None and answer.name != name:
            return f"Its name is {answer.name!r}." if answer.name else "It has no name."
        return None
    return checked


def _agree(given: Any, expected: Any) -> bool:
    if isinstance(expected, (list, tuple)) and isinstance(given, (list, tuple)):
        return len(given) == len(expected) and all(map(_agree, given, expected))
    return np.shape(given) == np.shape(expected) and bool(np.allclose(given, expected))


def _brief(value: Any) -> str:
    """A value in a few characters."""
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{array.item():.6g}" if array.dtype.kind in "iuf" else str(array.item())
    text = np.array2string(array, precision=4, threshold=8, separator=", ")
    return " ".join(text.split())


POINTS = (-2.0, 0.5, 3.0)

EXERCISES: dict[str, Exercise] = {row.name: row for row in (
    Exercise("00-1", "How many operations are in the graph of y, the wave? Answer with a number.",
             is_close(6),
             ("Operations are the shapes with round ends: x and the grey squares are none.",
              "Two products, a power, a minus sign, and two functions: the result counts too."),
             "And each of the six has a rule for its derivative: that is all T.grad needs."),
    Exercise("01-1", "Make a variable named m that is a matrix of 32-bit floats.",
             has_type("float32", 2, "m"),
             ("The first letter says the dtype: which one stands for float32?",
              "f is float32 and the shape is called matrix: put them together, and name it."),
             "The prefix says the dtype, the rest says the number of dimensions."),
    Exercise("01-2", "Make a column named c of 32-bit whole numbers.",
             has_type("int32", 2, "c", (False, True)),
             ("The table of prefixes has four whole-number types: which one has 32 bits?",
              "i is int32, and the shape name for a column is col: T. and both, then the name."),
             "A column is a matrix whose second dimension is known to be 1."),
    Exercise("02-1", "x is T.dscalar(\"x\"). Write, as an expression of x, the sum of x and half "
             "of x squared.",
             means(lambda x: x + x ** 2 / 2, x=POINTS),
             ("Operators build expressions just as with numbers: ** is the power.",
              "Square first, halve that, then add x."),
             "Every way to write it is right that has these values."),
    Exercise("02-2", "v is T.dvector(\"v\"). Write, as an expression of v, its length in space: "
             "the square root of the sum of the squares of its elements.",
             means(lambda v: np.sqrt(np.sum(v ** 2)), v=(np.array([3.0, 4.0]), np.ones(4))),
             ("Work from the inside: squares first, then T.sum, then the root.",
              "The square of a vector is v ** 2, element by element; the root is T.sqrt."),
             "One number comes out, however many elements v has."),
    Exercise("03-1", "Compile a function of x and y, both doubles, that gives x² + y².",
             does(((3.0, 4.0), 25.0), ((-1.0, 2.0), 5.0)),
             ("theano.function takes a list of the inputs first, then the expression.",
              "Both x and y are inputs: the list has two variables."),
             "The order of the list is the order of the arguments."),
    Exercise("03-2", "v is T.dvector(\"v\"). Compile a function of v that gives a list of two: the "
             "mean of v, and its largest element minus its smallest.",
             does((([1.0, 2.0, 6.0],), [3.0, 5.0]), (([4.0],), [4.0, 0.0])),
             ("For a list of values, the output is a list of expressions.",
              "T.mean(v) is the first of the two; T.max and T.min make the second."),
             "Both values come out of one call, from one graph."),
    Exercise("04-1", "With x*2 + y as in this notebook, compile a function of c alone in which x "
             "is c squared "
             "and y is 1.",
             does(((3.0,), 19.0), ((-1.0,), 3.0)),
             ("givens is a list of pairs: a variable, and what stands in its place.",
              "The pairs are x with c ** 2, and y with a number."),
             "What is given can be an expression of the inputs, or a plain number."),
    Exercise("04-2", "With pairs, v and i as in the cell: compile a function of i that gives "
             "T.sum(v), where v is pair number i of the data. Pair 0 is 1 and 2.",
             does(((0,), 3.0), ((1,), 30.0), ((2,), 300.0)),
             ("A slice of data is an expression: pairs[start:stop], and start depends on i.",
              "Pair number i begins at 2 * i and ends before 2 * i + 2; give that slice for v."),
             "That is a minibatch: training feeds a data set in slices like these."),
    Exercise("05-1", "x is T.dscalar(\"x\"). Write down, without T.grad, the derivative of x³ − 2x "
             "with respect to x.",
             means(lambda x: 3 * x ** 2 - 2, x=POINTS),
             ("Each term has its own derivative, and they are added.",
              "The power comes down in front and falls by one; the slope of a straight line is its "
              "factor."),
             "T.grad(x ** 3 - 2 * x, x) is an expression with the same values."),
    Exercise("05-2", "x is T.dscalar(\"x\"). Give the second derivative of sin(x) · x as an "
             "expression of x.",
             means(lambda x: 2 * np.cos(x) - x * np.sin(x), x=POINTS),
             ("A derivative is an expression: what can be done with an expression?",
              "Take T.grad of what T.grad returned."),
             "Derivatives of derivatives come for free."),
    Exercise("06-1", "Make a shared b holding [1., 2., 3.] and compile a function of a double x "
             "that gives the "
             "sum of b times x.",
             does(((2.0,), 12.0), ((-1.0,), -6.0), shared=True),
             ("A shared variable is not an input: it brings its value along.",
              "T.sum(b * x) is one number; the only input is x."),
             "The function reads b anew at every call."),
    Exercise("07-1", "Make a function that adds its argument to a shared total, starting at 0.0, "
             "and gives the "
             "total from before the call.",
             does(((5.0,), 0.0), ((2.5,), 5.0), ((0.0,), 7.5)),
             ("The output is computed before the update is stored.",
              "The output is the total itself; the update puts total + x in its place. Compile it "
              "anew "
              "before you check, so that the total starts at 0."),
             "Outputs see the old values, always."),
    Exercise("07-2", "Make a function without arguments that gives a shared r, starting at 1.0, "
             "and puts the mean of r and 2/r in its place. The first two calls give 1 and 1.5.",
             does(((), 1.0), ((), 1.5), ((), 17 / 12), ((), 577 / 408)),
             ("The output is r itself, and the new value stands in updates.",
              "The mean of two numbers is half their sum: (r + 2 / r) / 2. Run the whole cell "
              "again before you check, so that r starts at 1."),
             "The same update again and again, and r comes to rest: learning looks like that."),
    Exercise("08-1", "With the data [1, 2, 3, 4, 5], which learning rate brings c to its minimum "
             "in one single "
             "step, wherever it starts?",
             is_close(0.1),
             ("The step is the rate times the slope, and the slope of Σ (x − c)² is −2 Σ (x − c).",
              "With five numbers the slope is 10 (c − 3). Which part of it is the whole distance "
              "to 3?"),
             "The rate is one over the second derivative: that is Newton's method."),
    Exercise("08-2", "And from which learning rate on does c never come to rest?",
             is_close(0.2),
             ("Each step multiplies the distance to 3 by one and the same factor: find it.",
              "The factor is 1 − 10 · rate. For which rate is its size 1?"),
             "At twice the rate that lands on the minimum, c leaps from one side to the other "
             "forever."),
    Exercise("09-1", "z is T.dvector(\"z\"). Write the logistic function 1 / (1 + e^(−z)) with "
             "T.exp alone.",
             means(lambda z: 1 / (1 + np.exp(-z)), z=(np.array([-1.0, 0.0, 2.0]),)),
             ("Operators work on whole vectors, element by element.",
              "The minus stands inside T.exp, the 1 is added before dividing."),
             "T.sigmoid is the same function, written so that large numbers do no harm."),
    Exercise("09-2", "How many numbers does the model of ten classes learn, from 64 features?",
             is_close(650),
             ("They are the elements of W and of c together: what are their shapes?",
              "W has 64 rows and 10 columns, and c has one number for each class."),
             "A small network for photographs learns some millions, in the same way."),
    Exercise("10-1", "Make a function without arguments whose output is (c − 3)², where c is "
             "shared and starts at 0.0, and which trains c by momentum with the learning rate 0.25 "
             "and the momentum 0.5. The first calls give 9, 2.25, 0 and 0.5625.",
             does(((), 9.0), ((), 2.25), ((), 0.0), ((), 0.5625), ((), 0.5625)),
             ("There are two updates: one for the velocity v, and one for c, which uses the new "
              "velocity.",
              "The new velocity is 0.5 * v − 0.25 * slope. Run the whole cell again before you "
              "check, so that c and v start at 0."),
             "It reaches 3 at full speed and runs past it: a ball does not know where to stop."),
    Exercise("10-2", "With the learning rate 0.1, how long is Adam's first step where the slope is "
             "1000?",
             is_close(0.1),
             ("At the first step both hats divide by what is missing: the mean is then the slope "
              "itself. And the mean of the squares?",
              "It is the slope divided by the root of its square, times the rate."),
             "The first step is as long as the rate, for every parameter and every cost: so Adam's "
             "rate says how far, and not how steep."),
)}
