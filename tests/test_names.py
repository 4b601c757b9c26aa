"""A variable may have any name, as may a function, an output and a loop's variables: programs are
written with names of their own where one is a word of theirs, is no word of Python's, or would be
taken for another.
"""

import ast
import pickle
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor.compile.loops import source_of
from tutor.core.errors import DTypeError

N = 20_000
WORDS = ("performance performed enter leave len float range zip min type shape lambda None x_ "
         "new_1 named total placed checking")


def feature(a, b):
    """Functions that between them use every kind of line, of variables with these names."""
    x, w = T.dvector(a), tutor.shared(np.zeros(N), b)
    count = tutor.shared(0, "k")
    yield [x], [T.exp(x) * 2 + 1, w[::2].sum(), T.cast(x, "int64").sum()], {
        w: w - x * 0.5, count: count + 1}, [np.ones(N)]
    some, i = tutor.shared(np.zeros((400, 60)), b), T.lvector("i")
    yield [x, i], [x.sum()], {some: T.inc_subtensor(some[i], x[0])}, [np.ones(3), [1, 1]]
    y, u = T.dmatrix(a), tutor.shared(np.eye(200), b)
    new = u - T.dot(y.T, y) * 0.1
    yield [y], [T.tanh(T.dot(y, u)) + y, y[::2]], {u: new}, [np.ones((200, 200))]
    s, c = T.dscalar(a), tutor.shared(2.0, b)
    yield [s], [T.exp(s) * s + T.gammaln(s)], {}, [3.0]
    yield [s], [s * c], {c: c + s}, [3.0]
    rows, start = T.dmatrix(a), T.dvector(b)
    sums, _ = tutor.scan(lambda row, before: before + row * start, rows, T.zeros(3))
    yield [rows, start], [sums, tutor.grad(sums.sum(), rows)], {}, [np.ones((4, 3)), np.ones(3)]
    line, k = T.dvector(a), T.dscalar(b)
    powers, _ = tutor.scan(lambda v, before: before * k + v, line, T.constant(1.0, dtype="float64"))
    yield [line, k], [powers], {}, [np.ones(4), 2.0]
    inner = tutor.OpFromGraph([s, T.dscalar(b)], [s * 2], on_unused_input="ignore")
    yield [s], [inner(s, 1.0)], {}, [3.0]


def values(a, b, **options):
    found = []
    for inputs, outputs, updates, arguments in feature(a, b):
        f = tutor.function(inputs, outputs, updates=updates, **options)
        found += [np.asarray(v) for _ in range(2) for v in f(*arguments)]
        found += [v.get_value() for v in updates]
    return found


def names_of_programs():
    """What the programs of all features name, read off the programs."""
    names = set(WORDS.split())
    for inputs, outputs, updates, _ in feature("p", "q"):
        call = type(tutor.function(inputs, outputs, updates=updates)).__call__
        names |= {*call.__globals__, *call.__code__.co_names, *call.__code__.co_varnames}
        for v in outputs:
            if "for{" in str(v):
                names |= set(re.findall(r"[A-Za-z_]\w*", source_of(v)))
    return sorted(n for n in names if not n.startswith("__"))


NAMES = names_of_programs()
WANTED = values("p", "q")


@pytest.mark.parametrize("pair", [*zip(NAMES[::2], NAMES[1::2], strict=False), (NAMES[-1], "q")])
def test_a_variable_may_be_called_as_a_program_calls_its_own(pair):
    for a, b in (pair, pair[::-1]):
        for got, wanted in zip(values(a, b), WANTED, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_the_names_are_read_off_the_programs():
    assert {"w_shared", "LARGE", "enter", "steps", "ready", "room", "total_", "placed_"} <= {
        *NAMES, "w_shared"}
    assert len(NAMES) > 60


HARD = ["µ", "μ", "ϕ", "φ", "ℓ", "l", "x₁", "x1", "x²", "ω₀", "ϵ", "ε", "½", "", " ", "a b", "3",
        "named", "self", "x0", "v2", "c1", "s1", "total", "total_", "perform_1", "blocks1_",
        "a\nimport os", "\x00", "\x1b[2J", "\u202e", "\ud800", "'", '"', "\\", "{0}", "%s", "#",
        "x\u0302", "𝐱", "ﬁ", "ſ", "名前", "__class__", "_x", "if", "None", "w" * 99, "é",
        "e\u0301"]


def any_names():
    return st.one_of(st.sampled_from(HARD), st.text(max_size=8),
                     st.text(st.characters(), min_size=1, max_size=3))


@settings(max_examples=25, deadline=None)
@given(any_names(), any_names(), st.sampled_from([None, "FAST_COMPILE", "DebugMode"]))
def test_any_two_strings_are_names(a, b, mode):
    for got, wanted in zip(values(a, b, mode=mode, name=b), WANTED, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize("a", HARD)
def test_a_name_is_told_and_harms_no_program(a):
    x, y, w = T.dscalar(a), T.dscalar(a), tutor.shared(5.0, a)
    f = tutor.function([x, y], {a: x - y * w, f"{a} ": x}, updates={w: w + 1}, name=a)
    assert f(7.0, 1.0) == {a: 2.0, f"{a} ": 7.0} and w.get_value() == 6
    assert f(7.0, 1.0, output_subset=[a]) == {a: 1.0}
    tree = ast.parse(f.source)
    assert len(tree.body) == 1 and len(tree.body[0].args.args) == 2
    assert f.source.replace("\n", "").isprintable()
    again = pickle.loads(pickle.dumps(f))
    assert again(7.0, 1.0)[a] == 0 and again.inputs[0].name == a
    with pytest.raises(TypeError) as problem:
        f(7.0)
    text = str(problem.value)
    assert text.encode() and not re.search("[\\x00-\\x09\\x0b-\\x1f\\u202e]", text)
    single = tutor.function([x], x * 3)
    assert single(**{a: 2.0}) == 6 if a else single(2.0) == 6
    with pytest.raises(TypeError, match="takes 1 argument"):
        single(1.0, 2.0)


@pytest.mark.parametrize("name", ["µ", "ϵ", "ϕ", "ℓ", "x₁", "𝐱", "e\u0301"])
def test_a_keyword_finds_the_argument_that_python_takes_it_for(name):
    x, y = T.dscalar(name), T.dscalar("y")
    f = tutor.function([x, y], x - y)
    assert f(y=1.0, **{unicodedata.normalize("NFKC", name): 3.0}) == f(y=1.0, **{name: 3.0}) == 2


def test_plain_names_and_greek_ones_stay_as_they_are():
    x, w, b = T.dvector("x"), tutor.shared(np.ones(3), "W"), tutor.shared(0.5, "θ")
    f = tutor.function([x], T.tanh(x * w) + b)
    assert f.source.startswith("def f(x):\n    W = W_shared.value") and "# θ is" not in f.source
    g = tutor.function([T.dscalar("x₁")], [], on_unused_input="ignore")
    assert g.source.splitlines()[:2] == ["def f(x1):", "    # x1 is x₁"]


def test_a_name_is_text():
    kinds = [T.dscalar("x"), T.dscalar("x") + 1, tutor.shared(1.0), T.constant(1.0)]
    for v in kinds:
        with pytest.raises(DTypeError, match="a name is a string, not the int 3"):
            v.name = 3
        v.name = "y"
        assert v.name == "y" and (setattr(v, "name", None), v.name)[1] is None
    with pytest.raises(DTypeError, match="a name is a string"):
        T.constant(1.0, name=3)
