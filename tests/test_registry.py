"""What keeps an op from being half there: every one can be found in `T`, is written so that it can
be read, and says which numbers it takes; a slip in any of these is an error or a failing test."""

import sys
from itertools import combinations

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.checking import in_words, is_balanced
from tutor.core.elementwise import ELEMENTWISE, Elementwise
from tutor.core.errors import BadValueError, NotHereError
from tutor.core.op import FUNCTIONS, Row
from tutor.notation import Notation

#: What programs reach otherwise: x[i], a, b = x, x.astype, theano.ifelse, gradients, rules.
INNER = {"getitem", "like_dtype", "unpack", "same_shape", "ifelse", "astype", "alloc_empty",
         "logsumexp", "log1mexp", "product_of_others", "relu_back"}


def reachable():
    """The names that programs find in `tutor.tensor` and its rooms."""
    found = set()
    for name, module in list(sys.modules.items()):
        if name.startswith("tutor.tensor"):
            found |= set(getattr(module, "__all__", vars(module)))
    return found


def hidden():
    """Elementwise ops and public functions of ops that programs cannot find."""
    names = reachable()
    lost = {key for key, op in ELEMENTWISE.items() if not names & {
        key, *[alias for alias, f in FUNCTIONS.items() if f is op]}}
    chapters = [module for name, module in sys.modules.items() if name.startswith("tutor.ops.")]
    public = {name for module in chapters for name in getattr(module, "__all__", ())}
    return (lost | (public - names)) - INNER


@pytest.fixture
def entered():
    """Ops that a test defines, and which are gone after it."""
    before, functions = dict(ELEMENTWISE), dict(FUNCTIONS)
    yield
    for table, was in ((ELEMENTWISE, before), (FUNCTIONS, functions)):
        for key in table.keys() - was.keys():
            del table[key]


def test_every_op_is_found_in_t() -> None:
    assert hidden() == set()


def test_an_op_that_is_not_in_ts_list_is_found_out(entered: None, monkeypatch) -> None:
    Elementwise("cube", "{0} * {0} * {0}", grad=None, doc="The third power.")
    monkeypatch.setattr("tutor.ops.shape.__all__", ["folded"])
    assert hidden() == {"cube", "folded"}


@pytest.mark.parametrize("latex", [
    "{{{0}", "{0}}}", "{0", r"\left({0}", r"{0}\right)", r"\right) {0} \left(", "{5}", "{name}",
    r"\begin{{cases}} {0}", "}}{0}{{"])
def test_a_notation_that_cannot_be_read_is_an_error_where_the_op_is_defined(latex, entered):
    assert not is_balanced(Notation("f({0})", latex), 1)
    with pytest.raises(BadValueError, match="cube"):
        Elementwise("cube", "{0} * {0}", grad=None, doc="The third power.", latex=latex)
    assert "cube" not in ELEMENTWISE


@pytest.mark.parametrize("latex", [
    r"\{{ {0} \}}", r"{0} \leftarrow {0}", r"\left\{{ {0} \right.",
    r"\left\lfloor {0} \right\rfloor", r"\begin{{cases}} {0} \\ 0 \end{{cases}}"])
def test_what_is_balanced_is_let_through(latex):
    assert is_balanced(Notation("f({0})", latex), 1)


def test_every_choice_of_kinds_has_words(entered: None) -> None:
    kinds = ["".join(c) for n in range(1, 6) for c in combinations("biufc", n)]
    assert len({in_words(k) for k in kinds}) == len(kinds)
    op = Elementwise("cube", "{0} * {0}", grad=None, doc="The third power.", accepts="fc")
    with pytest.raises(TypeError, match="cube is defined for real floats and complex numbers"):
        op(T.lscalar())
    assert op(T.dscalar()).dtype == "float64"
    assert in_words("cf") == in_words("fc")


@pytest.mark.parametrize("accepts", ["", "x", "biufd", "float"])
def test_a_letter_that_is_no_kind_is_an_error_where_the_op_is_defined(accepts, entered):
    with pytest.raises(BadValueError, match="cube accepts"):
        Elementwise("cube", "{0} * {0}", grad=None, doc="The third power.", accepts=accepts)


def test_the_table_of_kinds_is_the_words_of_what_ops_accept() -> None:
    for op in ELEMENTWISE.values():
        assert set(op.accepts) <= set("biufc") and in_words(op.accepts)
    assert tutor.function([], T.exp(0.0))() == 1


@pytest.mark.parametrize(("expression", "said", "message"), [
    ("{0} ** 3", {}, "does not say its gradient"),
    ("x ** 3", {"grad": None}, "has no place for an operand"),
    ("cubed({0})", {"grad": None}, "calls cubed, which NumPy does not have"),
    ("{0} **", {"grad": None}, "is no Python"),
    ("{0} ** 3", {"grad": None, "scalar": "cubed({0})"}, "calls cubed, which math does not have"),
    ("{0} ** 3", {"grad": None, "scalar": "sin({0"}, "is no Python"),
    ("{0} ** 3", {"grad": lambda x, g: g}, "takes 2 arguments"),
    ("{0} ** {1}", {"grad": lambda x, y, z, g: g}, "gives 1 cotangent, and it has 2 inputs"),
    ("{0} ** 3", {"grad": lambda x, y, g: 2}, "gives 2 where vectors arrive"),
    ("{0} ** 3", {"grad": lambda x, y, g: T.sum(g)}, "gives sum.* where vectors arrive"),
    ("{0} + {2}", {"grad": None}, "has no place for {1}"),
    ("{0} + {1} + {2} + {3} + {4}", {"grad": None}, "has 5 operands"),
    ("{0}.real", {"grad": None}, "gives the memory of its operand"),
    ("add.reduce({0})", {"grad": None}, r"makes \(\) of the shape"),
    ("{0} ** 3", {"grad": None, "dtype": "float64"}, "the dtype of cube is a rule"),
    ("{0} ** 3", {"grad": None, "zero_sign": "lots"}, "zero_sign of cube cannot be 'lots'"),
    ("{0} ** 3", {"grad": None, "result_sign": "plus"}, "result_sign of cube cannot be 'plus'"),
    ("{0} ** 3", {"grad": None, "domain": 3}, "the domain of cube is two numbers"),
])
def test_what_is_wrong_in_a_row_is_an_error_that_names_it(expression, said, message, entered):
    with pytest.raises(BadValueError, match=message) as found:
        Elementwise("cube", expression, doc="The third power.", **said)
    assert "cube" in str(found.value) and "Fix:" in str(found.value)
    assert "cube" not in ELEMENTWISE


def test_a_row_that_forgets_its_gradient_is_an_error_where_it_is_asked_for():
    class Half(Row):
        """Half of x."""

        name, numpy = "half", "{0} / 2"

    x = T.dscalar("x")
    with pytest.raises(NotHereError, match="half does not say its gradient"):
        T.grad(Half()(x), x)


@pytest.mark.parametrize("given", [lambda g: [g, g], T.sum, lambda g: 2.0])
def test_a_row_whose_gradient_does_not_fit_is_an_error(given):
    class Half(Row):
        """Half of x."""

        name, numpy = "half", "{0} / 2"

        def types(self, x):
            return [x.type]

        def vjp(self, x, y, g):
            return given(g)

    x = T.dvector("x")
    with pytest.raises(BadValueError, match="the gradient of half gives"):
        T.grad(T.sum(Half()(x)), x)


def test_a_row_says_what_numbers_it_accepts_and_hands_out_no_memory_though_it_forgets_to_say_so():
    class Backwards(Row):
        """The elements in reverse."""

        name, numpy, accepts, wrt = "backwards", "{0}[::-1]", "biuf", ()

    with pytest.raises(TypeError, match="backwards is defined for real numbers"):
        Backwards()(T.zvector())
    s = tutor.shared(np.arange(3.0))
    tutor.function([], Backwards()(s))()[0] = -99
    assert s.get_value().tolist() == [0, 1, 2]


def test_an_op_cannot_take_the_name_of_another():
    with pytest.raises(BadValueError, match="there is an op exp already"):
        Elementwise("exp", "exp({0})", grad=None, doc="Another one.")
    assert ELEMENTWISE["exp"] is T.exp
