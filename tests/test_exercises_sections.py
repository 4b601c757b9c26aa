"""Exercises at the end of a section: typical wrong answers, each told what is wrong with it.

A wrong answer is the solution with something in it changed, as a learner would have written it; a
right one is changed so that it says the same.
"""

import json

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.course.checks import judged, key_of
from tutor.course.exercises import EXERCISES, PROMISES
from tutor.course.written import read, written

# By exercise: what is replaced in the solution, by what, and what is said about it.
WRONG = {
    "01-3": [("3 * 4", "3 + 4", "7 is not the value"), ("3 * 4", "4", "4 is not the value"),
             ("3 * 4", "(3, 4)", "the shape (2,)")],
    "02-3": [("T.dot(X, W)", "T.dot(W, X)", "It raises ShapeError"),
             (" + b", "", "A part, b, is missing"), ("T.tanh(", "(", "tanh is missing"),
             ("T.tanh(T.dot(X, W) + b)", "T.tanh(T.dot(X, W) + b).T", "It is transposed")],
    "03-3": [("-2 * (xs", "-1 * (xs", "[32.75, -7.5]"),
             ("[T.sum((xs - m) ** 2), T.sum(-2 * (xs - m))]", "T.sum((xs - m) ** 2)",
              "a single result, and a list is asked for"),
             ("[T.sum((xs - m) ** 2), T.sum(-2 * (xs - m))]",
              "[T.sum(-2 * (xs - m)), T.sum((xs - m) ** 2)]", "two results have changed places"),
             ("[xs, m],", "[m, xs],", "Its argument m is a")],
    "04-3": [(", givens={twice: x ** 3}", "", "Called with (2, 1) it gives 5."),
             ("x ** 3}", "x * 3}", "Called with (2, 1) it gives 7."),
             ("x ** 3}", "x ** 2}", "Called with (2, 1) it gives 5, and 9 is right."),
             ("total, givens={twice: x ** 3}", "x ** 3 + y", "It is written as x ** 3 + y: keep"),
             ("total,", "total + y,", "Called with (2, 1) it gives 10.")],
    "05-3": [("T.sum(v) * T.ones_like(v)", "v", "it gives [6., 8.]"),
             ("2 * ", "", "It is half of what it should be"),
             ("2 * T.sum(v) * T.ones_like(v)", "T.grad(T.sum(v) ** 2, v)", "made by T.grad")],
    "06-2": [("numpy.zeros(64)", "numpy.zeros(64, int)", "It is a TensorType(int64, vector)"),
             (', "w"', "", "It has no name"),
             ("numpy.zeros(64)", "numpy.zeros((64, 1))", "It is a TensorType(float64, matrix)"),
             ("64", "46", "Its value has the shape (46,), and (64,) is asked for"),
             ("zeros(64)", "ones(64)", "It holds [1., 1., 1.,"),
             ('theano.shared(numpy.zeros(64), "w")', 'T.dvector("w")', "without a value"),
             ('theano.shared(numpy.zeros(64), "w")', "numpy.zeros(64)", "It is an array")],
    "06-3": [("T.mean", "T.sum", "The division by the number of"),
             ("T.grad(T.mean((data - m) ** 2), m)", "-T.grad(T.mean((data - m) ** 2), m)",
              "the negative of"),
             ("(data - m)", "(data - 2.0 + 0 * m)", "it gives"),
             ("T.grad(T.mean((data - m) ** 2), m)", "T.mean(-2 * (data - 2.0))",
              "reads no shared variable"),
             ("theano.shared(2.0,", "theano.shared(0.0,", "m is 0.0, and 2.0 is asked for")],
    "07-3": [("0.8 * p + 0.6 * q", "0.8 * (0.6 * p - 0.8 * q) + 0.6 * q",
              "as if the update of q saw new values"),
             (", q: 0.8 * p + 0.6 * q", "", "The update of q is missing"),
             ("0.6 * p - 0.8 * q,", "0.6 * p + 0.8 * q,", "It has a + where a − belongs"),
             (", updates={p: 0.6 * p - 0.8 * q, q: 0.8 * p + 0.6 * q}", "",
              "the update is missing"),
             ("[p, q],", "[q, p],", "The two results have changed places")],
    "08-3": [("k - 0.1", "k + 0.1", "the wrong way"),
             ("T.mean(", "T.sum(", "the sum where the mean"),
             ("k - 0.1 *", "-0.1 *", "stores the change alone"),
             ("0.1", "0.2", "Its steps are twice as long"),
             (", updates={k: k - 0.1 * T.grad(cost, k)}", "", "the update is missing")],
    "09-3": [("-yes * T", "yes * T", "a minus is missing"), ("(1 - q)", "(q)", "it gives"),
             ("T.mean(-yes", "-T.mean(-yes", "the negative of")],
    "10-3": [("T.sqrt(squares)", "T.sqrt(s)", "The second call gives inf"),
             ("0.9 * s + 0.1 *", "s +", "The second call gives 8.41"),
             ("T.sqrt(squares)", "squares", "sqrt is missing"),
             ("c - 0.1", "c + 0.1", "the wrong way"),
             ("s: squares, ", "", "update of s is missing")],
}  # fmt: skip
# What says the same in another way.
RIGHT = {
    "01-3": ("3 * 4", "numpy.zeros((3, 4)).size"),
    "02-3": ("T.tanh(T.dot(X, W) + b)", "T.tanh(b + X @ W)"),
    "03-3": ("T.sum(-2 * (xs - m))", "T.grad(T.sum((xs - m) ** 2), m)"),
    "04-3": ("{twice: x ** 3}", "[(twice, x * x * x)]"),
    "05-3": ("2 * T.sum(v) * T.ones_like(v)", "T.sum(v) * 2 + 0 * v"),
    "06-2": ("numpy.zeros(64)", "0.0 * numpy.arange(64)"),
    "06-3": ("T.grad(T.mean((data - m) ** 2), m)", "2 * (m - T.mean(data))"),
    "07-3": ("{p: 0.6 * p - 0.8 * q, q: 0.8 * p + 0.6 * q}",
             "[(q, 0.6 * q + 0.8 * p), (p, (3 * p - 4 * q) / 5)]"),
    "08-3": ("T.grad(cost, k)", "T.mean(2 * x * (k * x - t))"),
    "09-3": ("T.mean(-yes * T.log(q) - (1 - yes) * T.log(1 - q))",
             "-T.log(T.switch(a > 0, q, 1 - q)).mean()"),
    "10-3": ("squares, c: c - 0.1 * slope / T.sqrt(squares)",
             "squares, c: c - 0.1 * slope / (T.sqrt(squares) + 1e-9)"),
}  # fmt: skip


def changed(name, old, new):
    """The answer that the solution gives with something in it replaced."""
    solution = key_of(EXERCISES[name]).solution
    assert old in solution, f"{old!r} is not in {solution!r}"
    made = {}
    exec(f"{PROMISES}\n{solution.replace(old, new)}", made)
    return made["answer"]


def again(answer):
    """The answer as it comes back from a file."""
    return read(json.loads(json.dumps(written(answer))))


@pytest.mark.parametrize(("name", "old", "new", "remark"), [
    pytest.param(name, *change, id=f"{name}, {i + 1}")
    for name, changes in WRONG.items() for i, change in enumerate(changes)])
def test_a_wrong_answer_is_told_what_is_wrong_with_it(name, old, new, remark):
    key, answer = key_of(EXERCISES[name]), changed(name, old, new)
    wrong = judged(key, answer)
    assert wrong is not None and remark in wrong, wrong
    assert judged(key, again(answer)) == wrong


@pytest.mark.parametrize(("name", "old", "new"), [(n, *change) for n, change in RIGHT.items()])
def test_the_solution_and_what_says_the_same_are_right(name, old, new):
    key = key_of(EXERCISES[name])
    for answer in (key.answer(), changed(name, old, new)):
        assert judged(key, answer) is None
        assert judged(key, again(answer)) is None


def test_a_variable_that_keeps_a_list_or_was_trained_is_told():
    kept = judged(key_of(EXERCISES["06-2"]), tutor.shared([0.0] * 64, "w"))
    assert kept == "It keeps a list as it is: make the value an array."
    w = tutor.shared(np.zeros(64), "w")
    x = T.dvector("x")
    tutor.function([x], [], updates={w: w + x})(np.ones(64))
    assert judged(key_of(EXERCISES["06-2"]), w) == "It holds [1., 1., 1., ..., 1., 1., 1.]."
