"""What cannot be is said when the graph is built, with an error of our own: never a bare one."""

import inspect
import itertools
import warnings

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.elementwise import Elementwise
from tutor.core.errors import TutorError
from tutor.core.op import Op
from tutor.core.types import TensorType

HOSTILE = [None, True, "a", "", b"x", 1.5, np.nan, np.inf, -1, 0, 10**30, -(10**30), 1j, {}, set(),
           object(), [], (), [1, [2, 3]], ["a"], [None], (0, 0), [10**30], np.array(["a"]),
           np.array(None), np.float64(2), np.zeros((0, 2)), int, T.lscalar, T.matrix, len,
           slice(None), Ellipsis, range(3), T.dscalar("s"), T.dvector("v"), T.dmatrix("m"),
           T.zscalar("z"), T.lvector("l"), T.tensor("bool", (False,), "mask")]
MODULES = {"T": T, "T.nnet": T.nnet, "T.nlinalg": T.nlinalg, "T.slinalg": T.slinalg,
           "T.signal.pool": T.signal.pool, "T.signal.conv": T.signal.conv, "T.fft": T.fft}
SIGNATURES = [(f"{where}.{name}", getattr(module, name)) for where, module in MODULES.items()
              for name in sorted(module.__all__)
              if (callable(getattr(module, name)) and not isinstance(getattr(module, name),
                                                                    (type, TensorType))
              and type(getattr(module, name)).__name__ != "FloatX" and name[-1:] != "s")
              or name in ("abs_", "cos", "arccos", "ones", "zeros", "mean")]
GOOD = [T.dmatrix("A"), T.dmatrix("B"), T.dmatrix("C")]


def arity(function):
    if isinstance(function, Elementwise):
        return function.nin, function.nin
    function = function.make_node if isinstance(function, Op) else function
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 0, 3
    needed = sum(p.default is p.empty for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
    return needed, sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)


@pytest.mark.parametrize(("name", "function"), SIGNATURES, ids=[n for n, _ in SIGNATURES])
def test_hostile_arguments_give_a_result_or_an_error_of_our_own(name, function):
    least, most = arity(function)
    for n in range(least, min(most, 5) + 1):
        for place, bad in itertools.product(range(n), HOSTILE):
            arguments = [*GOOD, 0, 0][:n]
            arguments[place] = bad
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)  # of arguments that are left out
                    function(*arguments)
            except TutorError as error:
                assert str(error).strip()
            except Exception as error:
                words = ", ".join(map(repr, arguments))
                pytest.fail(f"{name}({words}): {type(error).__name__}: {error}")


@pytest.mark.parametrize("name", [
    "sum", "prod", "mean", "var", "std", "min", "max", "argmin", "argmax", "any", "all", "dot",
    "dimshuffle", "reshape", "flatten", "transpose", "swapaxes", "clip", "repeat", "cumsum",
    "diagonal", "norm", "sort", "argsort", "nonzero", "astype", "take", "round", "squeeze", "fill",
    "__add__", "__getitem__", "__matmul__", "__pow__", "__lt__", "__and__"])
def test_hostile_arguments_of_methods(name):
    for x, bad in itertools.product([T.dmatrix("A"), T.lvector("n"), T.dscalar("s")], HOSTILE):
        try:
            getattr(x, name)(*[0] * (name == "swapaxes"), bad)
        except TutorError as error:
            assert str(error).strip()
        except Exception as error:
            pytest.fail(f"{x}.{name}({bad!r}): {type(error).__name__}: {error}")


@pytest.mark.parametrize(("wrong", "kind", "words"), [
    (lambda: T.dot(T.dmatrix(), T.dmatrix()).sum(axis=2), IndexError, "axis 2"),
    (lambda: T.sum(T.dmatrix(), axis=(0, 0)), IndexError, "twice"),
    (lambda: T.sum(T.dmatrix(), axis=True), TypeError, "True"),
    (lambda: T.sum(T.dmatrix(), axis=np.nan), TypeError, "nan"),
    (lambda: T.argmax(T.dmatrix(), axis=(0, 0)), IndexError, "twice"),
    (lambda: T.stack([T.dvector(), T.dmatrix()]), ValueError, "1, 2"),
    (lambda: T.concatenate([T.dvector(), T.dmatrix()]), ValueError, "1, 2"),
    (lambda: T.concatenate([]), TypeError, "list"),
    (lambda: T.dmatrix() @ 3, TypeError, "scalar"),
    (lambda: T.dot(np.zeros((2, 3)), np.zeros((2, 3))), ValueError, "do not match"),
    (lambda: T.tensordot(T.dmatrix(), T.dmatrix(), 3), ValueError, "3 axes"),
    (lambda: T.tensordot(T.dmatrix(), T.dmatrix(), [[0], [0, 1]]), ValueError, "pairs"),
    (lambda: T.dmatrix().dimshuffle(0), ValueError, "leaves out"),
    (lambda: T.dmatrix().dimshuffle(0, 1, 1), ValueError, "twice"),
    (lambda: T.dmatrix().dimshuffle(0, 5), IndexError, "axis 5"),
    (lambda: T.dmatrix().reshape(2, 3), ValueError, "tuple"),
    (lambda: T.dmatrix().reshape((-1, -1)), ValueError, "-1"),
    (lambda: T.dmatrix().reshape((2.5, 2)), TypeError, "2.5"),
    (lambda: T.dvector().reshape(T.lvector("shape")), ValueError, "ndim="),
    (lambda: T.lvector() & 1.5, TypeError, "integers"),
    (lambda: T.zscalar() < T.zscalar(), None, ""),
    (lambda: T.max(T.zvector()), TypeError, "order"),
    (lambda: T.cast(T.zvector(), "float64"), TypeError, "imaginary"),
    (lambda: T.cast(T.dvector(), "float12"), TypeError, "float12"),
    (lambda: T.round(T.dvector(), "up"), ValueError, "half_to_even"),
    (lambda: T.nnet.categorical_crossentropy(T.dmatrix(), T.dvector()), TypeError, "cast"),
    (lambda: T.nnet.categorical_crossentropy(T.dvector(), T.dmatrix()), ValueError, "2"),
    (lambda: T.arange(T.dvector()), TypeError, "scalars"),
    (lambda: T.arange(0, 5, 0), ValueError, "steps of 0"),
    (lambda: T.alloc(0.0, 2.5), TypeError, "2.5"),
    (lambda: T.diag(T.dscalar()), ValueError, "matrices"),
    (lambda: T.sort(T.dvector(), kind="bogo"), ValueError, "quicksort"),
    (lambda: T.exp(), TypeError, "1 argument"),
    (lambda: T.switch(1, 2), TypeError, "3 arguments"),
    (lambda: T.exp("a"), TypeError, "a"),
    (lambda: T.dscalar() + None, TypeError, "None"),
    (lambda: T.dscalar() + T.dscalar, TypeError, "Call it"),
    (lambda: T.dscalar + 1, TypeError, "Call it"),
    (lambda: tutor.Variable("x"), TypeError, "T.dscalar"),
    (lambda: T.dscalar().tanhh, AttributeError, "Did you mean tanh"),
    (lambda: T.dscalar().softmax(), AttributeError, "T.nnet.softmax(x)"),
    (lambda: T.dscalar().numpy(), AttributeError, "no value yet"),
    (lambda: T.nlinalg.matrix_inverse(T.dmatrix("m")).eval({"m": [[1, 1], [1, 1]]}), ValueError,
     "pinv"),
    (lambda: T.slinalg.cholesky(T.dmatrix("m")).eval({"m": [[1, 2], [2, 1]]}), ValueError,
     "above 0"),
])
def test_an_error_says_what_where_and_how_to_mend_it(wrong, kind, words):
    if kind is None:
        wrong()
        return
    with pytest.raises(kind) as caught:
        wrong()
    assert isinstance(caught.value, TutorError)
    assert words in str(caught.value)
    assert "Fix" in str(caught.value)


def test_building_a_graph_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = T.dmatrix("x")
        T.exp(x * np.inf) + np.nan
        T.as_tensor_variable(1e400)
