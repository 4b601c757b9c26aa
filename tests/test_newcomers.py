"""What newcomers type: each slip is told what it is, in which line it stands, and how to mend it.

`SLIPS` are expressions as a learner writes them, with the words that the message has to have.
"""

import inspect
import math
import pickle

import numpy
import pytest

import tutor as theano
import tutor.tensor as T
from tutor.core.errors import ArgumentError, TutorError
from tutor.signatures import answering
from tutor.theano.finder import answering as hooked

x, y = T.dscalar("x"), T.dscalar("y")
v, m, i = T.dvector("v"), T.dmatrix("m"), T.lscalar("i")
z = x * 2
c = theano.shared(0.0, "c")
run = theano.live.Descent(theano.function([], (c - 1) ** 2, updates={c: c + 1}))
kept = theano.shared([1.0, 2.0, 3.0])
f = theano.function([x], z)
NAMES = {**globals(), "math": math, "numpy": numpy}

SLIPS = {
    # called, or not compiled yet
    "z(3)": ("x * 2 is a symbol, not a function", "f = function([x], y), then f(3.0)"),
    "x(y + 1)": ("x is a symbol, not a function", "A product is written with *"),
    "c()": ("c is a symbol, not a function", "y.eval({x: 3.0})"),
    "v.shape()": ("not a function", "without parentheses"),
    "m.T()": ("not a function", "without parentheses"),
    # a call that does not fit
    "T.grad(z)": ("grad needs wrt", "Write grad(cost, wrt)"),
    "T.grad(cost=z)": ("grad needs wrt", "Write grad(cost, wrt)"),
    "theano.grad()": ("grad needs cost and wrt", "Write grad(cost, wrt)"),
    "T.grad(z, x, wrt=x)": ("grad got wrt twice", "Write grad(cost, wrt)"),
    "theano.function([x], z, update={c: c + 1})": ("no argument 'update'", "Did you mean updates?"),
    "theano.function([x], z, given={x: 1})": ("no argument 'given'", "Did you mean givens?"),
    "theano.function()": ("function needs inputs", "Write function(inputs)"),
    "theano.optimizers.sgd(z, c, rate=1)": ("no argument 'rate'", "Did you mean learning_rate?"),
    "theano.scan(lambda a: a, sequence=v)": ("'sequence'", "Did you mean sequences?"),
    "T.sum(v, axes=0)": ("sum has no argument 'axes'", "Did you mean axis?"),
    "v.sum(dim=0)": ("sum has no argument 'dim'", "it also takes axis"),
    "T.dot(v)": ("dot needs b", "Write dot(a, b)"),
    "T.dot(v, v, v)": ("dot takes 2 arguments and got 3", "Write dot(a, b)"),
    "T.nlinalg.det(m, 3)": ("det takes 1 argument and got 2", "Write det(x)"),
    "T.nnet.relu()": ("relu needs x", "Write relu(x"),
    "theano.live.Descent()": ("Descent needs f", "Write Descent(f)"),
    "theano.live.Descent(f, dat=3)": ("no argument 'dat'", "Did you mean data?"),
    "theano.live.Race()": ("Race needs runs", "Write Race(runs)"),
    "theano.show()": ("show needs obj", "Write show(obj)"),
    "c.set_value()": ("set_value needs new_value", "Write set_value(new_value)"),
    "theano.shared()": ("shared needs value", "Write shared(value)"),
    "z.eval(x=3)": ("got x=3", "Write y.eval({x: 3})"),
    "T.dscalar('x', dtype='float32')": ("got dtype='float32' as well", "its sizes"),
    "T.dmatrix('m', 3, 3)": ("got 3, 3 as well", "sizes are those of the values"),
    "T.matrix(3, 3)": ("a name is a string, not the int 3", "a size is known when values arrive"),
    "theano.function([v], v.sum(), v * 2)": ("v * 2 is neither", "one list: function([x], [y, z])"),
    "theano.function([x], z, [y, x])": ("[y, x] is neither", "one list: function([x], [y, z])"),
    "theano.function([x, y], c, updates={c: [x, y]})": ("the list [x, y]", "one expression"),
    "theano.function([x], z, {y: x})": ("{y: x} is neither", "givens={v: …}"),
    "theano.function([x], z, [(c, c + 1)])": ("[(c, c + 1)] is neither", "updates={c: …}"),
    "theano.function([x], z, givens={x * 2: x})": ("no part of what is computed", "givens={u: …}"),
    "theano.function([x, y], v.sum(), givens={v: [x, y]})": ("the list [x, y]", "T.stack([x, y])"),
    "theano.function([x], m, givens={m: [[x, 1]]})": ("[[x, 1]]", "T.stacklists([[x, 1]])"),
    "T.grad(z, x, x)": ("a list of variables, and it is x", "T.grad(T.grad(y, x), x)"),
    "T.diff(z, x)": ("differences of neighbours", "T.grad(y, x)"),
    "z.diff(x)": ("no attribute 'diff'", "T.grad(y, x). The differences of neighbours are T.diff"),
    "[*T.dscalar('x, y')]": ("one symbol, whose name is 'x, y'", 'T.dscalars("x", "y")'),
    "[*T.scalar('x y z')]": ("one symbol", 'T.dscalars("x", "y", "z")'),
    "run.run()": ("run needs steps, and got 0 arguments", "Write run(steps)"),
    "run.step(steps=1, fast=2)": ("step has no argument 'fast'", "Write step()"),
    "run.save()": ("save needs path", "Write save(path)"),
    # powers, truth, loops, elements
    "x ^ 2": ("xor is defined for integers and bools", "x ** 2"),
    "~x": ("invert is defined for integers and bools", "~(x > 0)"),
    "x > 0 & x < 2": ("and_ is defined for", "(x > 0) & (x < 2)"),
    "not x": ("x is neither true nor false yet", "T.invert"),
    "x and y": ("x is neither true nor false yet", "T.and_"),
    "x or y": ("x is neither true nor false yet", "T.or_"),
    "1 if x else 2": ("x is neither true nor false yet", "T.switch(condition, a, b)"),
    "1 if x > 0 else 2": ("x > 0 is neither true nor false yet", "T.switch(condition, a, b)"),
    "0 < x < 2": ("neither true nor false yet", "T.and_(a < x, x < b)"),
    "max(x, 0)": ("neither true nor false yet", "T.switch"),
    "bool(c)": ("c is neither true nor false yet", "x is None"),
    "[a for a in v]": ("how many elements it has", "T.sum(x)"),
    "sum(v)": ("how many elements it has", "T.sum(x)"),
    "len(v)": ("its length is known when values arrive", "x.shape[0]"),
    "range(i)": ("i is a symbol: it has no number yet", "y.eval({x: 3.0})"),
    "v.__setitem__(0, 1)": ("its elements cannot be assigned", "T.set_subtensor(x[i], value)"),
    "v.__delitem__(0)": ("its elements cannot be assigned", "T.set_subtensor"),
    # numbers and arrays of others
    "math.sin(x)": ("x is a symbol: it has no number yet", "T.sin(x)"),
    "float(z)": ("x * 2 is a symbol", "y.eval({x: 3.0})"),
    "f'{x:.2f}'": ("x is a symbol: it has no number yet", "y.eval({x: 3.0})"),
    "numpy.linalg.norm(v)": ("NumPy cannot make an array of it", "the function of the same name"),
    "x + 'a'": ("the str 'a' is not made of numbers", "Pass a number"),
    "x + T.exp": ("exp is a function, not a variable", "Call it: T.exp(x)"),
    "x + T.dscalar": ("is a type, not a variable", 'Call it to make one: T.dscalar("x")'),
    "x + f": ("<function f(x)> is a compiled function", "Call it for a number: f(x)"),
    "f * 2": ("<function f(x)> is a compiled function", "Call it for a number: f(x)"),
    "f.eval({x: 1})": ("a compiled function has no attribute", "Call it for its value: f(x)"),
    "f.get_value()": ("a compiled function has no attribute", "f.outputs[0]"),
    # shared variables
    "c.set_value(c + 1)": ("and c + 1 is a symbol", "c.set_value(c.get_value() + 1)"),
    "c.set_value(x)": ("c holds a value, and x is a symbol", "updates={c: x}"),
    "setattr(c, 'value', 3)": ("c.value cannot be set to 3", "c.set_value(3)"),
    "setattr(c, 'set_value', 3)": ("c.set_value cannot be set to 3", "c.set_value(3)"),
    "setattr(x, 'value', 3)": ("x has no value yet", "y.eval({x: 3})"),
    "c.value": ("no attribute 'value'", "s.get_value() is its value"),
    "(c + 1).set_value(2)": ("no attribute 'set_value'", "After c += 1, c is the expression c + 1"),
    "x.get_value()": ("no attribute 'get_value'", "Only a shared variable has a value"),
    "kept * x": ("keeps the list [1.0, 2.0, 3.0] as it is", "shared(numpy.array([1.0, 2.0, 3.0]))"),
    "kept + 1": ("keeps the list [1.0, 2.0, 3.0] as it is", "shared(numpy.array([1.0, 2.0, 3.0]))"),
    "T.exp(kept)": ("keeps the list [1.0, 2.0, 3.0]", "shared(numpy.array([1.0, 2.0, 3.0]))"),
    "kept[0]": ("keeps the list [1.0, 2.0, 3.0]", "shared(numpy.array([1.0, 2.0, 3.0]))"),
    "theano.shared([[1, 2], [3]]) + 1": ("as it is", "Rows of different lengths do not make"),
    "theano.shared({1: 2}) * 2": ("keeps the dict {1: 2} as it is", "shared(0.0)"),
    "setattr(x, 'dtype', 'float32')": ("cannot be set to 'float32'", "T.cast(x, 'float32')"),
    "setattr(v, 'shape', (3,))": ("cannot be set to (3,)", "x.reshape((2, 3))"),
    # names that stand elsewhere
    "T.sigmoid(x)": ("no 'sigmoid'", "It is T.nnet.sigmoid."),
    "T.relu": ("no 'relu'", "It is T.nnet.relu."),
    "T.softmax": ("no 'softmax'", "It is T.nnet.softmax."),
    "T.RELU": ("no 'RELU'", "It is T.nnet.relu."),
    "T.nnet.exp": ("no 'exp'", "It is T.exp."),
    "T.nlinalg.kron": ("no 'kron'", "It is T."),
    "T.function": ("no 'function'", "It is theano.function."),
    "T.gradient": ("no 'gradient'", "Write T.grad."),
    "T.ln": ("no 'ln'", "Write T.log."),
    "T.pi": ("no 'pi'", "Write numpy.pi."),
    "T.PI": ("no 'PI'", "Write numpy.pi."),
    "T.abs(x)": ("no 'abs'", "Write abs(x), or T.abs_(x)."),
    "T.int64": ("no 'int64'", 'T.lscalar("x") for a variable, and "int64" for a dtype'),
    "T.uint8": ("no 'uint8'", 'T.scalar("x", dtype="uint8")'),
    "T.dtensor2('m')": ("no 'dtensor2'", "Write T.dmatrix."),
    "T.tensor0": ("no 'tensor0'", "Write T.scalar."),
    "T.if_": ("no 'if_'", "T.switch(condition, a, b)"),
    "T.sinus": ("no 'sinus'", "Did you mean T.sin or"),
    "theano.exp(x)": ("no attribute 'exp'", "It is T.exp."),
    "theano.adam": ("no attribute 'adam'", "It is theano.optimizers.adam."),
    "theano.Descent": ("no attribute 'Descent'", "It is theano.live.Descent."),
    "theano.func": ("no attribute 'func'", "Did you mean theano.function?"),
    "theano.course.chek": ("no 'chek'", "Did you mean theano.course.check?"),
    "x.backward()": ("no attribute 'backward'", "T.grad(y, x)"),
    "v.length": ("no attribute 'length'", "x.shape[0]"),
    "theano.optimizers.sgd(z, x)": ("only shared variables can be trained", "theano.shared(value"),
    # what the course gives
    "theano.course.check([], 3)": ("there is no exercise []", "Write the name in quotes"),
    "theano.course.digits().split('a')": ("held_back is 'a'", "from 1 to 1796"),
    "theano.course.digits().split(9, 'a')": ("a seed is a whole number", "seed=234"),
    "theano.course.images([[[1]]], columns=0)": ("columns is 0", "from 1 up"),
    "theano.course.images([[[1]]], columns=2.5)": ("columns is 2.5", "a whole number"),
    "theano.course.images([[[1]]], scale=0)": ("scale is 0", "above 0"),
    "theano.course.images([[[1]]], labels=3)": ("labels are a list", "labels=digits.y[:20]"),
    "theano.course.images([[[1]]], sides=('ab', 'a'))": ("of 1 rows, and", 'sides=("abc"'),
    "theano.course.images([[[1]]], sides=3)": ("sides is 3", 'sides=("abc"'),
    "theano.course.images('a')": ("'a' is not", "Pass an array"),
    "theano.course.images(x)": ("x is not", "w.get_value()"),
    "T.shared_randomstreams.RandomStreams('a')": ("and it is 'a'", "RandomStreams(seed=234)"),
    "T.shared_randomstreams.RandomStreams(-1)": ("and it is -1", "RandomStreams(seed=234)"),
    "T.shared_randomstreams.RandomStreams(x)": ("and it is x", "RandomStreams(seed=234)"),
    "theano.function([x], z, profile=3)": ("profile is True, False or a name", "profile=True"),
    "theano.explore(z, {x: 3})": ("wrt is a variable", "explore(y, values={x: 3.0})"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_what_it_is_where_it_stands_and_how_to_mend_it(slip):
    what, fix = SLIPS[slip]
    with pytest.raises(TutorError) as told:
        eval(compile(slip, "cell.py", "eval"), NAMES)
    error = told.value
    assert what in error.what and fix in error.fix, error
    assert "cell.py, line 1" in str(error), error
    assert error.__cause__ is None


def test_what_is_given_a_value_may_be_a_plain_variable_without_influence():
    assert theano.function([x], z, givens={y: x, z: x + 1})(1) == 2
    assert theano.function([], c, updates={c: z}, givens={z: c + 1})() == 0
    with hooked(unused_givens=True):  # as in a program written for Theano
        assert theano.function([x], z, givens={x * 2: x})(1) == 2


def test_shared_rows_of_different_lengths_are_shown_as_they_are():
    rows = theano.shared([[1, 2], [3]])
    assert "[[1, 2], [3]]" in rows._repr_mimebundle_()["text/html"]


def test_a_symbol_is_rounded_and_printed():
    assert round(x).eval({x: 2.5}) == 2 and round(x, 1).eval({x: 2.26}) == 2.3
    assert pow(i, 2, 3).eval({i: 5}) == 1
    assert f"{x}" == "x"


@pytest.mark.parametrize(("front", "written"), [("tutor", "tutor"), ("theano", "theano"),
                                                ("tt", "tt"), (None, "tutor")])
def test_a_fix_calls_this_package_what_the_program_calls_it(front, written):
    names = {"sgd": theano.optimizers.sgd, "x": x, "T": T} | ({front: theano} if front else {})
    with pytest.raises(TutorError) as told:
        exec("def train():\n    sgd(x, x)\ntrain()", names)
    assert f"Make it with {written}.shared(value, name)." in told.value.fix


def test_the_line_is_told_once_in_a_notebook():
    for slip in ("z(3)", "not x", "T.grad(z)"):
        with pytest.raises(TutorError) as told:
            exec(compile(slip, "cell.py", "exec"), NAMES)
        shown = told.value._render_traceback_()
        assert sum("cell.py, line 1" in line for line in shown) == 1


def test_an_error_from_inside_a_function_stays_what_it_is():
    def wrong(a):
        return a + "b"

    with pytest.raises(TypeError) as told:
        answering(wrong)(1)
    assert not isinstance(told.value, ArgumentError)


def test_public_functions_stay_what_programs_take_them_for():
    for function in (T.dot, theano.grad, theano.function, theano.shared, T.nnet.relu, T.sum):
        assert pickle.loads(pickle.dumps(function)) is function
    assert T.grad is theano.grad and T.dot.__doc__ and T.dot.__name__ == "dot"


class Thing:
    """What no function takes."""

    def __repr__(self):
        return "<thing>"


WRONG = ("a", None, Thing(), {"a": 1}, T.dscalar, len, -1, 2.5, ["a"], 1j, x)
ROOMS = (theano, T, T.nnet, T.nlinalg, T.slinalg, T.fft, T.signal.pool, theano.optimizers,
         theano.course, theano.gradient)  # fmt: skip
OTHER = {"pull_back", "shared_constructor", "save", "generic", "disconnected_type"}


def public():
    """The functions of the public rooms, by name."""
    for room in ROOMS:
        for name in sorted(getattr(room, "__all__", None) or dir(room)):
            function = getattr(room, name)
            known = name.startswith("_") or name in OTHER or isinstance(function, type)
            if callable(function) and not known and not isinstance(function, type(T.dscalar)):
                yield name, function


def wrong_calls():
    """Calls with wrong arguments: all of them wrong, one of them, or one that may be left out."""
    for name, function in public():
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        needed = len([p for p in plain if p.default is p.empty])
        needed = getattr(function, "nin", max(needed, 1))
        for value in WRONG:
            yield name, function, [value] * needed, {}
            for i in range(needed):
                yield name, function, [value if j == i else m for j in range(needed)], {}
            for p in parameters:
                if p.default is not p.empty and value is not None:
                    yield name, function, [m] * needed, {p.name: value}


@pytest.mark.filterwarnings("ignore")
def test_wrong_arguments_of_any_public_function_are_one_clear_error(sampled, capsys):
    bare = []
    for name, function, args, kwargs in sampled(list(wrong_calls()), 3000):
        try:
            function(*args, **kwargs)
        except TutorError:
            pass
        except Exception as error:
            bare.append((name, args, kwargs, error))
    assert not bare
