"""Exercises of the notebooks on networks: typical wrong answers, each told what is wrong with it.

A wrong answer is the solution with something in it changed, as a learner would have written it.
"""

import json

import pytest

from tutor.course.checks import judged, key_of
from tutor.course.exercises import EXERCISES, PROMISES
from tutor.course.written import read, written

# By exercise: what is replaced in the solution, by what, and what is said about it.
WRONG = {
    "11-1": [("-6, -12", "6, 12", "Number 3 of the 4, 6, is wrong. The sign is the wrong one."),
             ("[1, 6", "[9, 6", "Number 1 of the 4, 9"),
             ("[1, 6, -6, -12]", "-12", "the shape ()")],
    "11-2": [("24", "80", "Number 3 of the 3, 80"), ("20, 4, 24", "16, 5, 21", "Number 1 of the 3"),
             ("[20, 4, 24]", "[24]", "of the shape (3,)")],
    "11-3": [("4 *", "2 *", "It is half of what it should be"),
             ("T.maximum(0, 2 * x - 1)", "(2 * x - 1)", "A part, 0, is missing"),
             ("4 * T.maximum(0, 2 * x - 1)", "T.grad(T.maximum(0, 2 * x - 1) ** 2, x)",
              "made by T.grad")],
    "11-4": [("axis=0", "axis=1", "along the wrong axis"),
             ("T.sum(G, axis=0)", "T.mean(G, axis=0)", "the mean where the sum"),
             ("T.sum(G, axis=0)", "T.sum(G)", "Its shape is ()")],
    "11-5": [("T.dot(G.T, X)", "T.dot(X.T, G)", "It is transposed"),
             ("T.dot(G.T, X)", "-T.dot(G.T, X)", "the negative of"),
             ("T.dot(G.T, X)", "T.dot(G, X)", "It raises ShapeError")],
    "11-6": [("2 * (h - t)", "(h - t)", "It is half of"), ("(h - t)", "(t - h)", "the negative of"),
             (" / t.size", "", "the sum where the mean"),
             (" * (1 - h ** 2)", "", "A part of it is missing")],
    "12-1": [("z - T.max(z)", "z", "it gives [nan, nan]"),
             ("e / T.sum(e)", "T.nnet.softmax(z)", "Its shape is (1, 3), and the right one is of"),
             ("T.max(z)", "T.min(z)", "the min where the max"),
             ("T.sum(e)", "T.max(e)", "the max where the sum")],
    "12-2": [("numpy.log", "-numpy.log", "The sign is the wrong one"),
             ("numpy.log(10)", "0.1", "0.1 is not the value"), ("10", "2", "0.693147 is not")],
    "12-3": [("T.mean", "T.sum", "the sum where the mean"), ("-T.mean", "T.mean", "the negative"),
             ("T.log(P[T.arange(t.size), t])", "T.log(P)", "it gives"),
             ("T.log(P[T.arange(t.size), t])", "P[T.arange(t.size), t]", "log is missing")],
    "12-4": [(" / t.size", "", "the sum where the mean"),
             ("T.nnet.softmax(Z) - truth", "truth - T.nnet.softmax(Z)", "the negative"),
             ("softmax(Z)", "softmax(Z, axis=0)", "the wrong axis"),
             ("(T.nnet.softmax(Z) - truth) / t.size",
              "T.grad(T.nnet.categorical_crossentropy(T.nnet.softmax(Z), t).mean(), Z)",
              "made by T.grad")],
    "12-5": [("T.mean", "T.sum", "the sum where the mean"), ("argmax", "argmin", "it gives 0"),
             ("axis=1", "axis=0", "It raises ShapeError")],
    "12-6": [(", c: c - 0.1 * gc", "", "The update of c is missing"),
             (".mean()", ".sum()", "the sum where the mean"),
             ("W - 0.1 * gW, c: c - 0.1", "W + 0.1 * gW, c: c + 0.1", "the wrong way"),
             (", updates={W: W - 0.1 * gW, c: c - 0.1 * gc}", "", "the update is missing")],
    "13-1": [("T.tanh(T.dot(x, W) + b)", "(T.dot(x, W) + b)", "tanh is missing"),
             ("T.dot(x, W) + b", "T.dot(x, W)", "A part, b, is missing"),
             ("T.nnet.sigmoid(T.dot(hidden, v) + d)", "T.dot(hidden, v) + d", "sigmoid is missing"),
             ("T.dot(x, W)", "T.dot(W, x)", "It raises ShapeError")],
    "13-2": [("1 / numpy.sqrt(400)", "20", "20 is not"), ("numpy.sqrt(400)", "400", "0.0025"),
             ("1 /", "-1 /", "The sign")],
    "13-3": [(" + 10", "", "4800 is not"), (" + 64 +", " +", "4746 is not"),
             ("64 * 10", "0", "417")],
    "13-4": [("w - 0.01", "w + 0.01", "the wrong way"),
             ("T.mean(", "T.sum(", "the sum where the mean"),
             ("x: data[2 * i:2 * i + 2]", "x: data[i:i + 2]",
              "Called with (2) it gives 0.4392"),
             ("w - 0.01 *", "-0.01 *", "stores the change alone")],
    "13-5": [("axis=0", "axis=1", "the wrong axis"), ("> 0", "< 0", "It has a < where a > belongs"),
             ("T.mean(T.dot(H, W) + b > 0, axis=0)", "T.mean(T.dot(H, W) > 0, axis=0)",
              "A part, b, is missing"), (", axis=0", "", "Its shape is ()")],
    "13-6": [("range(20)", "range(0)", "of 360 are right, and 346 are asked for"),
             ("(held_back.x)", "(held_back.x[:100])", "the shape (100,)"),
             ("theano.function([x], T.argmax(p, axis=1))(held_back.x)", "p", "It is a variable")],
    "14-1": [("7, 12, -4", "-2, -3, 8", "The window is turned"),
             ("[7, 12, -4]", "[4, 7, 12, -4, -7]", "the shape (5,)"),
             ("-4", "4", "Number 3 of the 3, 4, is wrong. The sign is the wrong one.")],
    "14-2": [("24, 24", "28, 28", "That is the shape with a border"),
             ("20, 8", "20, 3", "The channels are added up"),
             ("24, 24", "23, 23", "It is off by one")],
    "14-3": [(" + 8", "", "The biases are missing"), ("+ 8", "+ 1", "a bias of its own"),
             ("+ 8", "+ 288", "not one for each place")],
    "14-4": [("v[:-2]", "v[2:]", "it gives"), ("T.sum(G * v[1:-1])", "T.mean(G * v[1:-1])",
              "the mean where the sum"), ("T.stack([T.sum(G * v[:-2]), T.sum(G * v[1:-1]), "
              "T.sum(G * v[2:])])", "G * v[1:-1]", "the right one is of the shape (3,)"),
             ("T.stack", "-T.stack", "the negative of")],
    "14-5": [(" / 4", "", "4 times what it should be"), (" / 4", " / 2", "It is twice"),
             (" + x[1::2, 1::2]", "", "A part of it is missing"),
             ("x[::2, 1::2]", "x[::2, ::2]", "it gives")],
    "14-6": [("(-1, 0, 1)", "(0, 0, 0)", "of 360 are right, and 325 are asked for"),
             ("(moved.reshape(-1, 64))", "(moved.reshape(-1, 64)[:9])", "the shape (9,)"),
             ("numpy.tile(training.y, 3)", "numpy.repeat(training.y, 3)", "of 360 are right")],
    "15-1": [("2 * x ** 2", "x ** 2 + x ** 2", "It has 3 operations, and 2 are enough"),
             ("2 * x ** 2", "x ** 2", "It is half of"),
             ("2 * x ** 2", "(2 * x) ** 2", "It is twice"),
             ("2 * x ** 2", "2 * x", "The power 2 is missing")],
    "15-2": [("4, 3", "1, 3", "what does the second one assume"),
             ("3, 2", "2, 2", "the third is more than rounding"),
             ("3, 2", "3, 1", "Each product rounds"), ("[1", "[4", "Number 1 of the 4")],
    "15-3": [("2 * T.sin(x / 2) ** 2", "(1 - T.cos(x))", "At x = 1e-09 it gives 0"),
             ("2 * T.sin", "T.sin", "It is half of"),
             ("T.sin(x / 2)", "T.sin(x)", "it gives 2"),
             (" / x ** 2", "", "it gives 5e-19")],
    "15-4": [("assumes", "rounding", "which licence says that"),
             ("y * log(x)", "x * log(y)", "At x = 2 and y = 3 that is 2.19722"),
             ('"log(x ** y)", "y * log(x)"', '"y * log(x)", "log(x ** y)"', "It does not fit"),
             ("log(x)", "ln(x)", "has ln(…) in it, which is no operation")],
    "15-5": [("[-2.0, -3.0]", "[2.0, 3.0]", "There both of them give 1.79176"),
             ("-3.0", "3.0", "There both of them give nan"),
             ("[-2.0, -3.0]", "-2.0", "a list of 2 finite numbers"),
             ("-3.0", "numpy.inf", "a list of 2 finite numbers")],
    "16-1": [("element, mean: 0.9", "mean, element: 0.9", "arguments of the step have changed"),
             ("0.1 * element", "element", "10 times what it should be"),
             ("answer, _ =", "_, answer =", "It is a "),
             ("sequences=v,\n                        outputs_info=0.0)",
              "sequences=v, outputs_info=0.0)[0][-1], 0", "Its shape is ()")],
    "16-2": [("r[-1]", "r", "Its shape is (5,)"), ("r[-1]", "r[0]", "At a = 2, n = 5 it gives 1.5"),
             ("outputs_info=1.0", "outputs_info=2.0", "At a = 9, n = 1 it gives 3.25"),
             ("r[-1]", "T.sqrt(a)", "it gives 3")],
    "16-3": [("9", "10", "0.000976562 is not"), ("0.5 ** 9", "0.5 * 9", "4.5 is not"),
             ("0.5 ** 9", "-0.5 ** 9", "The sign is the wrong one")],
    "16-4": [("minimum", "maximum", "It uses maximum where minimum"),
             ("T.sqrt(T.sum(g ** 2))", "T.sum(g ** 2)", "sqrt is missing"),
             ("g * T.minimum(1, 5 / length)", "5 * g / length", "it gives [ 3., -4.]"),
             ("g * T", "T", "Its shape is ()")],
    "16-5": [(", T.eq(T.sum(s), 0)", ", True", "it gives True"), (">= 0", "> 0", "it gives False"),
             ("T.cumsum(s)", "s", "it gives False"), ("T.and_", "T.or_", "it gives True")],
    "16-6": [("[-1]", "[0]", "An index is off by one"), ("a - 0.1", "a + 0.1", "the wrong way"),
             ("T.tanh(a * h + x)", "a * h + x", "Called with"),
             (" ** 2", "", "The power 2 is missing"),
             (", updates={a: a - 0.1 * T.grad(cost, a)}", "", "the update is missing")],
    "17-1": [("[[3, 2], [1, 6]]", "[[3, 1], [2, 6]]", "is not the value"),
             ("6", "3", "Number 4 of"),
             ("[[3, 2], [1, 6]]", "[3, 2]", "of the shape (2, 2)")],
    "17-2": [("T.diag(6 * v)", "6 * v", "Its shape is (2,)"), ("6", "3", "It is half of"),
             ("6 * v", "3 * v ** 2", "it gives")],
    "17-3": [("x - (", "x + (", "The two sides of − have"), ("x - (4", "-(4", "it gives"),
             (" / (12 * x ** 2)", "", "A part of it is missing"), ("- 3)", "+ 3)", "it gives")],
    "17-4": [("w - step", "w + step", "the wrong way"), ("w - step", "step", "it gives"),
             (", updates={w: w - step}", "", "the update is missing"),
             ("T.slinalg.solve(T.hessian(cost, w), T.grad(cost, w))", "T.grad(cost, w)",
              "it gives")],
    "17-5": [("gradient * p", "gradient", "A part, p, is missing"),
             ("v ** 4", "v ** 2", "it gives"),
             ("T.grad(T.sum(gradient * p), v)", "gradient * p", "it gives")],
    "18-1": [("[1, 0", "[0, 0", "Number 1 of the 6, 0"),
             ("0, 0, 1]", "0, 0, 0]", "Number 6 of the 6"),
             ("[1, 0, 1, 0, 0, 1]", "3", "the shape ()")],
    "18-2": [(" + 1e-12)", ")", "its derivative at [0., 0.] is [nan, nan]"),
             (" + 1e-12)", ") + 1e-12", "its derivative at [0., 0.] is [nan, nan]"),
             ("1e-12", "1", "it gives 5.09902"), ("T.sqrt", "", "sqrt is missing")],
    "18-3": [(" + 1e-12", "", "it gives"), ("axis=1", "axis=0", "the wrong axis"),
             ("T.sqrt(T.sum(X ** 2, axis=1, keepdims=True) + 1e-12)",
              "T.sum(X ** 2, axis=1, keepdims=True)", "it gives")],
    "18-4": [("m + T.log", "T.log", "A part of it is missing"),
             ("T.exp(v - m)", "T.exp(v)", "A part of it"),
             ("T.max(v)", "0", "it gives inf"), ("T.exp(v - m)", "(v - m)", "exp is missing")],
    "18-5": [("T.mean", "T.sum", "the sum where the mean"), ("y * T", "(1 - y) * T", "it gives"),
             ("T.nnet.softplus(-z) + (1 - y) * T.nnet.softplus(z)", "T.nnet.softplus(-z)",
              "A part of"),
             ("T.mean(y * T.nnet.softplus(-z) + (1 - y) * T.nnet.softplus(z))",
              "-T.mean(y * T.log(T.nnet.sigmoid(z)) + (1 - y) * T.log(1 - T.nnet.sigmoid(z)))",
              "it gives nan")],
    "18-6": [("T.switch(bad, w, new)", "new", "it gives nan"),
             ("(bad, w, new)", "(bad, new, w)", "gives"),
             (" - 0.1", " + 0.1", "the wrong way"), ("T.or_(T.isnan(new), T.isinf(new))",
                                                      "T.isnan(new)", "Called with (-3) it gives")],
    "20-1": [("27", "26", "3.2581 is not"), ("numpy.log(27)", "27", "27 is not"),
             ("numpy.log", "-numpy.log", "The sign is the wrong one")],
    "20-2": [(" / T.sqrt(Q.shape[1])", "", "A part of it is missing"),
             ("T.dot(Q, K.T)", "T.dot(K, Q.T)", "It raises ShapeError"),
             ("T.sqrt(Q.shape[1])", "Q.shape[1]", "sqrt is missing"),
             ("T.nnet.softmax(T.dot(Q, K.T)", "(T.dot(Q, K.T)", "softmax is missing")],
    "20-3": [("before > 0", "before < 1", "it gives an array"),
             ("-1e9", "0", "it gives an array"),
             ("T.nnet.softmax(T.switch(before > 0, S, -1e9))", "T.nnet.softmax(S) * before",
              "it gives"),
             ("before > 0, S, -1e9)", "before > 0, S, -1e9), axis=0", "wrong axis")],
    "20-4": [(" + 13 * 16", "", "3936 is not"), (" + 16 * 27", "", "3712 is not"),
             ("4 * 16 * 16", "16 * 16", "3376 is not")],
    "20-5": [(") / tau", ") * tau", "It has a × where a ÷ belongs"),
             ("T.sum(e)", "T.max(e)", "the max where the sum"),
             (" / tau", "", "A part, tau, is missing")],
}  # fmt: skip


def cases():
    return [pytest.param(name, *change, id=f"{name}, {i + 1}")
            for name, changes in WRONG.items() for i, change in enumerate(changes)]


def changed(name, old, new):
    """The answer that the solution gives with something in it replaced."""
    solution = key_of(EXERCISES[name]).solution
    assert old in solution, f"{old!r} is not in {solution!r}"
    made = {}
    exec(f"{PROMISES}\n{solution.replace(old, new)}", made)
    return made["answer"]


def test_every_exercise_has_three_wrong_answers():
    assert {*WRONG} == {name for name in EXERCISES if name > "11"}
    assert all(len(changes) >= 3 for changes in WRONG.values())


@pytest.mark.parametrize(("name", "old", "new", "remark"), cases())
def test_a_wrong_answer_is_told_what_is_wrong_with_it(name, old, new, remark):
    key, answer = key_of(EXERCISES[name]), changed(name, old, new)
    wrong = judged(key, answer)
    assert wrong is not None and remark in wrong, wrong
    assert judged(key, read(json.loads(json.dumps(written(answer))))) == wrong


@pytest.mark.parametrize("name", WRONG)
def test_the_solution_is_right_when_it_comes_out_of_a_file(name):
    key = key_of(EXERCISES[name])
    assert judged(key, read(json.loads(json.dumps(written(key.answer()))))) is None
