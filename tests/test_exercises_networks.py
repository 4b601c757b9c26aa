"""Exercises of the notebooks on networks: typical wrong answers, each told what is wrong with it.

A wrong answer is the solution with something in it changed, as a learner would have written it.
"""

import json

import pytest
from test_exercises import WRONG as BEFORE
from test_exercises_other_words import MORE
from test_exercises_sections import WRONG as SECTIONS

import tutor
from tutor.compile.function import Function
from tutor.core.graph import Variable
from tutor.course.checks import judged, key_of
from tutor.course.definition import Definition, free
from tutor.course.exercises import EXERCISES, PROMISES
from tutor.course.key.checks import CHECKS
from tutor.course.key.slips import SLIPS
from tutor.course.written import read, written

# By exercise: what is replaced in the solution, by what, and what is said about it.
WRONG = {
    "11-1": [("[1, 6", "[9, 6", "Number 1 of the 4, 9"),
             ("[1, 6, -6, -12]", "-12", "It is a number, and the answer is a list of 4")],
    "11-2": [("[20, 4, 24]", "[24]", "a list of 3 numbers")],
    "11-3": [("T.maximum(0, 2 * x - 1)", "(2 * x - 1)", "The maximum with 0 is missing"),
             ("4 * T.maximum(0, 2 * x - 1)", "T.grad(T.maximum(0, 2 * x - 1) ** 2, x)",
              "made by T.grad")],
    "11-4": [("axis=0", "axis=1", "along the wrong axis"),
             ("T.sum(G, axis=0)", "T.mean(G, axis=0)", "the mean where the sum"),
             ("T.sum(G, axis=0)", "T.sum(G)", "Its shape is ()")],
    "11-5": [("T.dot(G.T, X)", "T.dot(X.T, G)", "It is transposed"),
             ("T.dot(G.T, X)", "-T.dot(G.T, X)", "the negative of"),
             ("T.dot(G.T, X)", "T.dot(G, X)", "It raises ShapeError")],
    "11-6": [("2 * (h - t)", "(h - t)", "It is half of"), ("(h - t)", "(t - h)", "the negative of"),
             (" / t.size", "", "The division by the number of elements of t is missing")],
    "12-1": [("z - T.max(z)", "z", "it gives [nan, nan]"),
             ("T.max(z)", "T.min(z)", "the min where the max"),
             ("z - T.max(z)", "z", "as it is written (the compiler repairs it"),
             ("z - T.max(z)", "z", "Nothing is taken away from z"),
             ("T.max(z)", "T.mean(z)", "the mean where the max"),
             ("T.max(z)", "z[0]", "and [0., 1., 0.] is right."),
             (" / T.sum(e)", "", "A division is missing"),
             ("T.sum(e)", "T.max(e)", "the max where the sum")],
    "12-2": [("numpy.log", "-numpy.log", "The sign is the wrong one"),
             ("numpy.log(10)", "0.1", "0.1 is not the value"), ("10", "2", "0.693147 is not")],
    "12-3": [("T.mean", "T.sum", "the sum where the mean"), ("-T.mean", "T.mean", "the negative"),
             ("T.log(P[T.arange(t.size), t])", "T.log(P)", "it gives"),
             ("T.log(P[T.arange(t.size), t])", "P[T.arange(t.size), t]", "log is missing")],
    "12-4": [("T.nnet.softmax(Z) - truth", "truth - T.nnet.softmax(Z)", "the negative"),
             ("softmax(Z)", "softmax(Z, axis=0)", "the wrong axis"),
             ("(T.nnet.softmax(Z) - truth) / t.size",
              "T.grad(T.nnet.categorical_crossentropy(T.nnet.softmax(Z), t).mean(), Z)",
              "made by T.grad")],
    "12-5": [("axis=1", "axis=0", "it gives"),
             ('own.dimshuffle(0, "x")', "own", "or an axis the wrong one?")],
    "12-6": [("V - 0.1 * gV, d: d - 0.1", "V - 0.5 * gV, d: d - 0.5", "Its steps are 5 times"),
             (", d: d - 0.1 * gd", "", "The update of d is missing"),
             (".mean()", ".sum()", "the sum where the mean"),
             ("V - 0.1 * gV, d: d - 0.1", "V + 0.1 * gV, d: d + 0.1", "the wrong way"),
             (", updates={V: V - 0.1 * gV, d: d - 0.1 * gd}", "", "the update is missing")],
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
             ("2 * i:2 * i", "i:i", "Called with (1) it gives 1.25. The rows begin at 2 * i"),
             ("w - 0.01 *", "-0.01 *", "stores the change alone")],
    "13-5": [("axis=0", "axis=1", "the wrong axis"),
             ("T.mean(T.dot(H, W) + b > 0, axis=0)", "T.mean(T.dot(H, W) > 0, axis=0)",
              "A part, b, is missing"), (", axis=0", "", "Its shape is ()")],
    "13-6": [("range(20)", "range(0)", "of 360 are right, and 346 are asked for"),
             ("(held_back.x)", "(held_back.x[:100])", "the shape (100,)"),
             ("theano.function([x], T.argmax(p, axis=1))(held_back.x)", "p", "It is a variable")],
    "14-1": [("[7, 12, -4]", "[4, 7, 12, -4, -7]", "the shape (5,)"),
             ("-4", "4", "Number 3 of the 3, 4, is wrong. The sign is the wrong one.")],
    "14-2": [("24, 24", "28, 28", "That is the shape with a border")],
    "14-3": [(" + 8", "", "The biases are missing")],
    "14-4": [("v[:-2]", "v[2:]", "it gives"), ("v[:-2]", "v", "is a part of one of them meant?"),
             ("T.stack([T.sum(G * v[:-2]), T.sum(G * v[1:-1]), T.sum(G * v[2:])])", "G * v[1:-1]",
              "the right one is of the shape (3,)"), ("T.stack", "-T.stack", "the negative of")],
    "14-5": [(" / 4", "", "4 times what it should be"), (" / 4", " / 2", "It is twice"),
             (" + x[1::2, 1::2]", "", "A part of it is missing"),
             ("x[::2, 1::2]", "x[::2, ::2]", "it gives")],
    "14-6": [("updates=updates", "updates={}", "It changes nothing: the update"),
             ("theano.optimizers.adam(cost, [F, b, W, c], 0.01)",
              "[(v, v + 0.2 * T.grad(cost, v)) for v in [F, b, W, c]]", "It rises before"),
             ("theano.optimizers.adam(cost, [F, b, W, c], 0.01)", "{W: W + 0.001 * W}",
              "The cost rises, from"),
             ("0.01)", "0.0001)", "The cost falls from"),
             ("rng.randn(8, 1, 3, 3) / 3", "numpy.zeros((8, 1, 3, 3))", "stays where it is"),
             ("cost, updates=", "p, updates=", "Its output is an array"),
             ('T.nnet.conv2d(x.reshape((-1, 1, 8, 8)), F, border_mode="half")',
              'x.reshape((-1, 1, 8, 8)) * T.sum(F, axis=(1, 2, 3)).dimshuffle("x", 0, "x", "x")',
              "There is no conv in its cost"),
             ("p, t).mean()", "p, t).sum()", "is it the sum over the examples"),
             ("answer =", "warm = theano.function([x, t], cost, updates=updates)\n"
              "digits = theano.course.digits()\n"
              "for k in range(90):\n    warm(digits.x[k:1400:14], digits.y[k:1400:14])\nanswer =",
              "so it has been trained already")],
    "14-7": [("theano.function([x], T.argmax(p, axis=1))(shifted.reshape(-1, 64))", "held_back.y",
              "Not one is wrong"),
             ("(-1, 0, 1)", "(0, 0, 0)", "of 360 are right, and 325 are asked for"),
             ("(shifted.reshape(-1, 64))", "(shifted.reshape(-1, 64)[:9])", "the shape (9,)"),
             ("numpy.tile(training.y, 3)", "numpy.repeat(training.y, 3)", "of 360 are right")],
    "14-8": [(" + w[0] * P[2:]", "", "A part of it is missing"),
             ("w[1] * P[1:-1]", "w[1] * P[2:]", "it gives")],
    "15-1": [("2 * x ** 2", "x ** 2 + x ** 2", "It has 3 operations, and 2 are enough"),
             ("2 * x ** 2", "x ** 2", "It is half of"),
             ("2 * x ** 2", "(2 * x) ** 2", "It is twice"),
             ("2 * x ** 2", "2 * x", "The power 2 is missing")],
    "15-2": [("[1", "[4", "Number 1 of the 4")],
    "15-3": [("2 * T.sin", "T.sin", "It is half of"), ("T.sin(x / 2)", "T.sin(x)", "it gives 2"),
             (" / x ** 2", "", "it gives 5e-19"),
             ("2 * T.sin(x / 2) ** 2 / x ** 2",
              "T.switch(abs(x) < 2e-8, 0.5, (1 - T.cos(x)) / x ** 2)", "digits are lost"),
             (" / x ** 2", " / x ** 2 + 1e-6", "digits are lost")],
    "15-4": [("assumes", "rounding", "At x = -2 and y = 2 that is nan, and it should be 1.38629"),
             ('log(x)", "assumes"', 'log(abs(x))", "exact"', "At x = -2 and y = 3 that is"),
             ('log(x ** y)", "y * log(x)', 'log(X ** Y)", "Y * log(X)', "are small"),
             ("y * log(x)", "x * log(y)", "At x = 2 and y = 3 that is 2.19722"),
             ('"y * log(x)"', '"1"', "puts the plain number 1 in the place of"),
             ('"log(x ** y)", "y * log(x)"', '"y * log(x)", "log(x ** y)"', "It does not fit"),
             ("log(x)", "ln(x)", "has ln(…) in it, which is no operation"),
             ("y * log(x)", "y * log(x ** 1)", "the pow is still there"),
             ("assumes", "surely", "is no licence"),
             ('["log(x ** y)", "y * log(x)", "assumes"]', '"log(x ** y)"', "It is a string")],
    "15-5": [("[-2.0, -3.0]", "[2.0, 3.0]", "There both of them give 1.79176"),
             ("-3.0", "3.0", "There both of them give nan"),
             ("[-2.0, -3.0]", "-2.0", "a list of 2 finite numbers"),
             ("-3.0", "numpy.inf", "a list of 2 finite numbers")],
    "16-1": [("element, mean: 0.9", "mean, element: 0.9", "have changed places in it"),
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
             ("g * T.minimum(1, 5 / length)", "g / length * T.minimum(length, 5)",
              "At g = [0., 0.] it gives [nan, nan]"), ("g * T", "T", "Its shape is ()")],
    "16-5": [(", T.eq(T.sum(s), 0)", ", True", "it gives True"), (">= 0", "> 0", "it gives False"),
             ("T.cumsum(s)", "s", "it gives False"), ("T.and_", "T.or_", "it gives True")],
    "16-6": [("[-1]", "[0]", "An index is off by one"), ("k - 0.1", "k + 0.1", "the wrong way"),
             ("T.tanh(k * h + element)", "k * h + element", "Called with"),
             (" ** 2", "", "The power 2 is missing"),
             (", updates={k: k - 0.1 * T.grad(cost, k)}", "", "the update is missing")],
    "17-1": [("[[3, 2], [1, 6]]", "[[3, 1], [2, 6]]", "is not the value"),
             ("[[3, 2], [1, 6]]", "[3, 2]", "a list of 2 rows")],
    "17-2": [("numpy.linalg.eigvalsh(hessian)", "[9, 3]", "the right numbers in another order")],
    "17-3": [("x - (4", "-(4", "it gives"), ("- 3)", "+ 3)", "it gives")],
    "17-4": [("w - step", "w + step", "the wrong way"), ("w - step", "step",
                                                             "The second call gives 2.31"),
             (", updates={w: w - step}", "", "the update is missing"),
             ("T.slinalg.solve(T.hessian(cost, w), T.grad(cost, w))", "T.grad(cost, w)",
              "The second call gives 5.4")],
    "17-5": [("T.sum(v ** 2) ** 2", "T.sum(v ** 4)", "it gives"),
             ("T.grad(T.sum(gradient * p), v)", "T.dot(T.hessian(T.sum(v ** 2) ** 2, v), p)",
              "It makes a table")],
    "18-1": [("[1, 0, 1, 0, 0, 1]", "3", "a list of 6 numbers")],
    "18-2": [(" + 1e-12)", ")", "its derivative at [0., 0.] is [nan, nan]"),
             (" + 1e-12)", ") + 1e-12", "its derivative at [0., 0.] is [nan, nan]"),
             ("1e-12", "1", "it gives 5.09902"), ("T.sqrt", "", "sqrt is missing"),
             ("T.sqrt(T.sum(v ** 2) + 1e-12)",
              "T.switch(T.eq(T.sum(v ** 2), 0), 1.0, T.sqrt(T.sum(v ** 2) + 1e-12))",
              "At [0., 0.] it gives 1, and about 0 is right")],
    "18-3": [("X / T.sqrt(T.sum(X ** 2, axis=1, keepdims=True) + 1e-12)",
              "T.switch(T.eq(X, 0), X, X / T.sqrt(T.sum(X ** 2, axis=1, keepdims=True) + 1e-12))",
              "and its derivative at [[ 0., 4.], [-3., 1.]] is"),
             (" + 1e-12", "", "it gives"), ("axis=1", "axis=0", "the wrong axis"),
             ("T.sqrt(T.sum(X ** 2, axis=1, keepdims=True) + 1e-12)",
              "T.sum(X ** 2, axis=1, keepdims=True)", "it gives")],
    "18-4": [("m + T.log", "T.log", "A part of it is missing"),
             ("T.exp(v - m)", "T.exp(v)", "Nothing is taken away from v"),
             ("T.max(v)", "0", "it gives inf"), ("T.exp(v - m)", "(v - m)", "exp is missing")],
    "18-5": [("T.mean", "T.sum", "the sum where the mean"), ("y * T", "(1 - y) * T", "it gives"),
             ("T.nnet.softplus(-z) + (1 - y) * T.nnet.softplus(z)", "T.nnet.softplus(-z)",
              "A part of"),
             ("T.mean(y * T.nnet.softplus(-z) + (1 - y) * T.nnet.softplus(z))",
              "-T.mean(y * T.log(T.nnet.sigmoid(z)) + (1 - y) * T.log(1 - T.nnet.sigmoid(z)))",
              "it gives nan")],
    "18-6": [("T.switch(bad, u, new)", "new", "The third call, with (2), gives nan"),
             ("(bad, u, new)", "(bad, new, u)", "gives"), (" - 0.1", " + 0.1", "the wrong way")],
    "19-1": [("8 * 1 / 8 + 0 * 2 / 8 + 16 * 5 / 8", "16", "the best key alone")],
    "19-2": [("softmax(S)", "softmax(S, axis=0)", "the wrong axis"),
             ("T.nnet.softmax(S)", "S", "softmax is missing"),
             ("T.dot(T.nnet.softmax(S), V)", "T.nnet.softmax(S)", "Its shape is (3, 4)")],
    "19-3": [("numpy.sqrt(64)", "-8", "The sign is the wrong one")],
    "19-4": [("(v - T.sum(w * v))", "(T.sum(w * v) - v)", "the negative of"),
             ("w * (v - T.sum(w * v))", "T.grad(T.sum(w * v), s)", "made by T.grad")],
    "19-5": [(" / T.sqrt(Wq.shape[1])", "", "A division is missing"),
             ("T.dot(Q, K.T)", "T.dot(K, Q.T)", "Wq and Wk have changed places"),
             ("T.sqrt(Wq.shape[1])", "Wq.shape[1]", "sqrt is missing"),
             ("K.T) / T.sqrt(Wq.shape[1])", "K.T) / T.sqrt(Wq.shape[1]), axis=0",
              "the wrong axis")],
    "19-6": [("T.lt", "T.le", "It has a ≤ where a < belongs"),
             ("T.lt", "T.gt", "It has a > where a <"), ("S, -1e9", "S, 0", "it gives")],
    "20-1": [("27", "26", "3.2581 is not"), ("numpy.log(27)", "27", "27 is not"),
             ("numpy.log", "-numpy.log", "The sign is the wrong one")],
    "20-2": [("T.dot(Q, K.T)", "T.dot(K, Q.T)", "It raises ShapeError")],
    "20-3": [("before > 0", "before < 1", "it gives [[0. , 0.8808, 0.1192]"),
             ("T.nnet.softmax(T.switch(before > 0, S, -1e9))", "T.nnet.softmax(S) * before",
              "it gives"), ("before > 0, S, -1e9)", "before > 0, S, -1e9), axis=0", "wrong axis")],
    "20-4": [(" + 13 * 16", "", "3936 is not"), (" + 16 * 27", "", "3712 is not"),
             ("4 * 16 * 16", "16 * 16", "3376 is not")],
    "20-5": [("z / tau", "z * tau", "It has a × where a ÷ belongs"),
             (" / tau", "", "The division by tau is missing")],
    "21-1": [("4", "7", "That is the tree")],
    "21-2": [("-g * z / y", "g * z / y", "the negative of"),
             ("-g * z / y", '-g * T.dscalar("x") / y ** 2', "the answer needs y and z and g alone"),
             ("-g * z / y", "-z / y", "it gives 2.6")],
    "21-3": [("2", "24", "all orders of four things")],
    "21-4": [("4", "12", "That is the true derivative")],
    "21-5": [("s * T.tanh(s)", "T.tanh(s)", "is not the value"),
             ("[float(second(number)) for number in (-1.0, 0.5, 2.0)]", "second(-1.0)",
              "a list of 3 numbers")],
    "22-1": [("-x / 2)", "x / 2)", "a minus is missing"),
             ("x ** 2", "x", "The power 2 is missing")],
    "22-2": [("axis=1", "axis=0", "the wrong axis"), ("T.sum", "T.mean", "the mean where the sum")],
    "22-3": [("T.dot(x, W.T)", "T.dot(x, W)", "It raises ShapeError"),
             (" + 0.01 * T.sum(W ** 2)", "", "A part of it is missing"),
             ("T.mean((", "T.sum((", "the sum where the mean"),
             ("0.01 * T.sum(W", "0.01 * T.mean(W", "the mean where the sum"),
             ("T.maximum(0, T.dot(x, W.T) + b)", "T.dot(x, W.T) + b",
              "The maximum with 0 is missing")],
    "22-4": [("24", "53", "That is so for float64")],
    "23-1": [("numpy.mean", "numpy.sum", "is not the value")],
    "23-2": [("numpy.sqrt(0.96 * 0.04 / 360)", "0.96 * 0.04 / 360", "take its root")],
    "23-3": [("range(16)", "range(0)", "of the digits held back, and 96 % are required"),
             ("ways = [(0, 1), (1, 1), (-1, 1), (1, 2), (-1, 2)]", "ways = [(0, 1)]",
              "look at moved"),
             ("T.argmax(p, axis=1)", "p", "Of three images it makes"),
             ('[x], T.argmax(p, axis=1), name="read"', "[x, t], cost", "a single matrix of images"),
             ('T.argmax(p, axis=1), name="read"', "T.argmax(p, axis=0)", "three labels")],
}  # fmt: skip


def made(name, wrong):
    """The wrong answer that a slip stands for, of what the right one is made of."""
    model = key_of(EXERCISES[name]).answer()
    given = model.inputs if isinstance(model, Function) else (
        free([model]) if isinstance(model, Variable) else [model])
    answer = wrong(*given)
    if isinstance(model, Variable) and isinstance(answer, Definition):
        return answer.outputs[0]
    expression = isinstance(model, Function) and not isinstance(answer, Definition)
    return tutor.function(given, answer) if expression else answer


@pytest.mark.parametrize("name", [name for name in SLIPS if SLIPS[name]])
def test_a_slip_of_the_key_is_told_by_its_words(name):
    for wrong, words in SLIPS[name]:
        assert words in str(judged(key_of(EXERCISES[name]), made(name, wrong)))


def cases():
    return [pytest.param(name, *change, id=f"{name}, {i + 1}")
            for table in (WRONG, MORE) for name, changes in table.items()
            for i, change in enumerate(changes)]


def changed(name, old, new):
    """The answer that the solution gives with something in it replaced."""
    solution = key_of(EXERCISES[name]).solution
    assert old in solution, f"{old!r} is not in {solution!r}"
    made = {}
    exec(f"{PROMISES}\n{solution.replace(old, new)}", made)
    return made["answer"]


@pytest.mark.parametrize("name", [name for name in EXERCISES if name not in CHECKS])
def test_what_has_no_check_of_its_own_asks_for_numbers(name):
    answer = key_of(EXERCISES[name]).answer()
    assert not isinstance(answer, (Variable, Function)), (
        f"write a check for {name} in tutor/course/key/checks.py")


def test_every_exercise_has_three_wrong_answers():
    """Its slips, in key/solutions.toml, are wrong answers, and so are rows of the tables here."""
    tables = (SLIPS, BEFORE, SECTIONS, WRONG)
    told = {name: sum(len(table.get(name, ())) for table in tables) for name in EXERCISES}
    lacking = {name: count for name, count in told.items() if count < 3}
    assert not lacking, f"write slips in tutor/course/key/solutions.toml for {lacking}"


@pytest.mark.parametrize(("name", "old", "new", "remark"), cases())
def test_a_wrong_answer_is_told_what_is_wrong_with_it(name, old, new, remark):
    key, answer = key_of(EXERCISES[name]), changed(name, old, new)
    wrong = judged(key, answer)
    assert wrong is not None and remark in wrong, wrong
    assert judged(key, read(json.loads(json.dumps(written(answer))))) == wrong


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_right_when_it_comes_out_of_a_file(name):
    key = key_of(EXERCISES[name])
    assert judged(key, read(json.loads(json.dumps(written(key.answer()))))) is None
