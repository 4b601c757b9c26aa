"""What Theano itself pickled, and how values are compared: both go by the types of variables.

The pickles are made by stand-ins of Theano's classes: the names, and what each kept of itself.
"""

import pickle
import sys
from types import ModuleType

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.ops.shared import random_state_type
from tutor.ops.variables import TensorVariable
from tutor.theano.comparing import assert_allclose
from tutor.theano.finder import bound

NAMES = {
    "TensorType": "theano.tensor.type",
    "TensorVariable": "theano.tensor.var",
    "TensorConstant": "theano.tensor.var",
    "TensorSharedVariable": "theano.tensor.sharedvar",
    "RandomStateType": "theano.tensor.raw_random",
    "RandomStateSharedVariable": "theano.tensor.shared_randomstreams",
    "Container": "theano.gof.link",
    "scratchpad": "theano.gof.utils",
}


@pytest.fixture
def old():
    """Run as a program written for Theano."""
    with bound():
        yield


@pytest.fixture
def made(monkeypatch):
    """A function that makes what a class of Theano's kept; while it is there, it can be pickled."""
    kinds = {name: type(name, (), {"__module__": module}) for name, module in NAMES.items()}
    for module in ("theano", "theano.tensor", "theano.gof", *set(NAMES.values())):
        monkeypatch.setitem(sys.modules, module, ModuleType(module))
    for name, module in NAMES.items():
        setattr(sys.modules[module], name, kinds[name])

    def make(kind, /, **kept):
        thing = kinds[kind]()
        vars(thing).update(kept)
        return thing

    yield make


def variable(made, kind, type_, name, **more):
    return made(kind, tag=made("scratchpad", trace=[]), type=type_, owner=None, index=None,
                name=name, auto_name="auto_3", **more)


def tensor_type(made, dtype, pattern):
    return made("TensorType", dtype=dtype, broadcastable=pattern, name=None,
                numpy_dtype=np.dtype(dtype), sparse_grad=False)


def loaded(monkeypatch, text):
    for name in [name for name in sys.modules if name.partition(".")[0] == "theano"]:
        monkeypatch.delitem(sys.modules, name)
    with bound():
        return pickle.loads(text)


@pytest.mark.parametrize("protocol", range(5))
def test_shared_variables_that_theano_pickled_load(made, monkeypatch, protocol):
    values = np.array([[1.0, 2.0]])
    row = tensor_type(made, "float64", (True, False))
    place = made("Container", type=row, name="w", storage=[values], readonly=False, strict=False,
                 allow_downcast=None)
    w = variable(made, "TensorSharedVariable", row, "w", container=place)
    x = variable(made, "TensorVariable", tensor_type(made, "float32", ()), "x")
    c = variable(made, "TensorConstant", tensor_type(made, "int8", ()), None,
                 data=np.array(3, "int8"), cached=True)
    text = pickle.dumps({"params": [w], "x": x, "c": c}, protocol=protocol)
    found = loaded(monkeypatch, text)
    (w,), x, c = found["params"], found["x"], found["c"]
    assert (w.type, x.type, c.type) == (T.drow, T.fscalar, T.bscalar)
    assert (w.name, type(x), w.tag.trace) == ("w", TensorVariable, [])
    f = tutor.function([x], (w * c * x).sum(), updates=[(w, w + 1)])
    assert (f(2), f(2)) == (18, 30)
    w.set_value([[0, 0]])
    assert pickle.loads(pickle.dumps(w)).get_value().tolist() == [[0, 0]]


def test_a_random_state_that_theano_pickled_loads(made, monkeypatch):
    kind, state = made("RandomStateType"), np.random.RandomState(3)
    place = made("Container", type=kind, name=None, storage=[state], readonly=False, strict=False,
                 allow_downcast=None)
    text = pickle.dumps(variable(made, "RandomStateSharedVariable", kind, None, container=place))
    rng = loaded(monkeypatch, text)
    assert rng.type is random_state_type
    with bound():
        assert rng.type.values_eq(rng.get_value(), np.random.RandomState(3))
        assert not rng.type.values_eq(rng.get_value(), np.random.RandomState(4))


def test_a_type_says_what_it_is():
    with pytest.raises(TypeError, match="dtype"):
        T.TensorType()


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(("a", "b", "same", "near"), [
    ([1.0, NAN], [1.0, NAN], True, True),
    ([1.0], [1.0 + 1e-7], False, True),
    ([1.0], [1.0001], False, False),
    ([INF, 1.0], [INF, 1.0], True, True),
    ([INF], [1.0], False, False),
    ([1.0, 1.0], [1.0], False, False),
])
def test_values_are_compared_as_their_type_does_it(old, a, b, same, near):
    a, b = np.array(a), np.array(b)
    assert (T.dvector.values_eq(a, b), T.dvector.values_eq_approx(a, b)) == (same, near)
    assert not T.dvector.values_eq(a, a.astype("float32"))
    assert T.dvector.values_eq(np.ones(1), np.ones(1, "float32"), force_same_dtype=False)


def test_what_may_differ_follows_the_dtype(old):
    one, more = np.ones(1, "float32"), np.full(1, 1 + 1.5e-5, "float32")
    assert T.fvector.values_eq_approx(one, more)
    assert not T.dvector.values_eq_approx(one.astype(float), more.astype(float))
    assert T.fvector.values_eq_approx(one, more + 1, atol=2)
    assert T.dvector.values_eq_approx(np.array([NAN]), np.ones(1), allow_remove_nan=True)
    assert T.lvector.values_eq_approx(np.array([3]), np.array([3]))
    assert_allclose(one, more.astype(float))
    with pytest.raises(AssertionError):
        assert_allclose(one.astype(float), more.astype(float))


def test_values_count_as_equal_by_theanos_names_too(old):
    from theano.tensor import type as room

    one, infinite, none = np.ones(1), np.array([INF]), np.array([NAN])
    assert room.values_eq_approx(one, one + 1e-9) and not room.values_eq_approx(one, one + 1)
    assert room.values_eq_approx_remove_inf(infinite, one)
    assert room.values_eq_approx_remove_nan(none, one)
    assert not room.values_eq_approx_remove_nan(infinite, one)
    both = room.values_eq_approx_remove_inf_nan
    assert both(infinite, one) and both(none, one) and not both(one, one + 1)
