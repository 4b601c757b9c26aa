"""The exercises, one table: what is asked, how an answer is checked, the hints in order.

To add one, add a row, or in a cell of your own notebook `EXERCISES["my-1"] = Exercise("my-1", …)`.
A check takes the answer and says what is wrong with it, or None when it is right; `means`, `does`,
`is_close` and `has_type` make checks that compare values, not spellings.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from tutor.course.answers import (
    Check,
    both,
    by_givens,
    does,
    follows,
    has_type,
    is_close,
    means,
    no_derivative,
    only,
    takes,
)


class Exercise(NamedTuple):
    """One row: `right` is said when it is solved, and teaches one thing more."""

    name: str
    question: str
    check: Check
    hints: tuple[str, ...]
    right: str


POINTS = (-2.0, -0.3, 0.5, 1.7, 3.0)
PAIRS = (1.0, 2.0, 10.0, 20.0, 100.0, 200.0)  # the data of notebook 04

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
             means(lambda v: np.sqrt(np.sum(v ** 2)),
                   v=(np.array([3.0, 4.0]), np.array([1.0, -1, 1, -1]), np.array([-2.0]))),
             ("Work from the inside: squares first, then T.sum, then the root.",
              "The square of a vector is v ** 2, element by element; the root is T.sqrt."),
             "One number comes out, however many elements v has."),
    Exercise("03-1", "Compile a function of x and y, both doubles, that gives x² + y².",
             both(takes(0, 0), does(((3.0, 4.0), 25.0), ((-1.0, 2.0), 5.0), ((0.5, -3.0), 9.25))),
             ("theano.function takes a list of the inputs first, then the expression.",
              "Both x and y are inputs: the list has two variables."),
             "The order of the list is the order of the arguments."),
    Exercise("03-2", "v is T.dvector(\"v\"). Compile a function of v that gives a list of two: the "
             "mean of v, and its largest element minus its smallest.",
             both(takes(1), does((([1.0, 2.0, 6.0],), [3.0, 5.0]), (([4.0],), [4.0, 0.0]),
                                 (([3.0, -5.0, 7.0, 1.0],), [1.5, 12.0]))),
             ("For a list of values, the output is a list of expressions.",
              "T.mean(v) is the first of the two; T.max and T.min make the second."),
             "Both values come out of one call, from one graph."),
    Exercise("04-1", "With x*2 + y as in this notebook, compile a function of c alone in which x "
             "is c squared "
             "and y is 1.",
             both(does(((3.0,), 19.0), ((-1.0,), 3.0), ((0.5,), 1.5)),
                  by_givens(lambda x, y: 2 * x + y, (3.0, 4.0), (-1.0, 0.5))),
             ("givens is a list of pairs: a variable, and what stands in its place.",
              "The pairs are x with c ** 2, and y with a number."),
             "What is given can be an expression of the inputs, or a plain number."),
    Exercise("04-2", "With pairs, v and i as in the cell: compile a function of i that gives "
             "T.sum(v), with v given as pair number i of the data. Pair 0 is 1 and 2.",
             both(does(((0,), 3.0), ((1,), 30.0), ((2,), 300.0)),
                  by_givens(np.sum, ([1.0, 2.0],), ([3.0, -1.0, 5.0],)),
                  follows(PAIRS, PAIRS[::-1], ((0,), 300.0), ((2,), 3.0), what="pairs")),
             ("A slice of data is an expression: pairs[start:stop], and start depends on i.",
              "Pair number i begins at 2 * i and ends before 2 * i + 2; give that slice for v."),
             "That is a minibatch: training feeds a data set in slices like these."),
    Exercise("05-1", "x is T.dscalar(\"x\"). Write down, without T.grad, the derivative of x³ − 2x "
             "with respect to x.",
             both(means(lambda x: 3 * x ** 2 - 2, x=POINTS), no_derivative),
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
             both(takes(0), does(((2.0,), 12.0), ((-1.0,), -6.0)),
                  follows([1.0, 2.0, 3.0], [10.0, -1.0, 4.0, 2.0], ((2.0,), 30.0), what="b")),
             ("A shared variable is not an input: it brings its value along.",
              "T.sum(b * x) is one number; the only input is x."),
             "The function reads b anew at every call."),
    Exercise("07-1", "Make a function that adds its argument to a shared total, starting at 0.0, "
             "and gives the "
             "total from before the call.",
             both(does(((5.0,), 0.0), ((2.5,), 5.0), ((0.0,), 7.5)),
                  follows(0.0, 10.0, ((5.0,), 10.0), ((1.0,), 15.0), what="the total")),
             ("The output is computed before the update is stored.",
              "The output is the total itself; the update puts total + x in its place. Make the "
              "total with theano.shared(0.0)."),
             "Outputs see the old values, always."),
    Exercise("07-2", "Make a function without arguments that gives a shared r, starting at 1.0, "
             "and puts the mean of r and 2/r in its place. The first two calls give 1 and 1.5.",
             both(takes(), does(((), 1.0), ((), 1.5), ((), 17 / 12), ((), 577 / 408)),
                  follows(1.0, 4.0, ((), 4.0), ((), 2.25), what="r")),
             ("The output is r itself, and the new value stands in updates.",
              "The mean of two numbers is half their sum: (r + 2 / r) / 2. Make r with "
              "theano.shared(1.0)."),
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
             both(means(lambda z: 1 / (1 + np.exp(-z)), z=(np.array([-1.0, 0.0, 2.0]),)),
                  only("exp")),
             ("Operators work on whole vectors, element by element.",
              "The minus stands inside T.exp, the 1 is added before dividing."),
             "T.nnet.sigmoid is the same function, written so that large numbers do no harm."),
    Exercise("09-2", "How many numbers does the model of ten classes learn, from 64 features?",
             is_close(650),
             ("They are the elements of W and of c together: what are their shapes?",
              "W has 64 rows and 10 columns, and c has one number for each class."),
             "A small network for photographs learns some millions, in the same way."),
    Exercise("10-1", "Make a function without arguments whose output is (c − 3)², where c is "
             "shared and starts at 0.0, and which trains c by momentum with the learning rate 0.25 "
             "and the momentum 0.5. The first calls give 9, 2.25, 0 and 0.5625.",
             both(takes(), does(((), 9.0), ((), 2.25), ((), 0.0), ((), 0.5625), ((), 0.5625)),
                  follows(0.0, 1.0, ((), 4.0), ((), 1.0), ((), 0.0), ((), 0.25), what="c")),
             ("There are two updates: one for the velocity v, and one for c, which uses the new "
              "velocity.",
              "The new velocity is 0.5 * v − 0.25 * slope. Make both with theano.shared(0.0)."),
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
#: The rows above, whatever a cell does to the table.
OWN = MappingProxyType(dict(EXERCISES))
