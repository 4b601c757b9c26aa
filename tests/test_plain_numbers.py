"""Numbers of Python's, and lists of them, as arguments: what their array is, or an error."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T


@pytest.mark.parametrize(("kind", "value"), [
    (T.dscalar, 3), (T.dscalar, 2.5), (T.dvector, [2**60 + 1, 1]), (T.lscalar, 3),
    (T.dvector, [1, 2]), (T.dvector, [1, 2.5]),
    (T.dvector, [float("nan"), 2**52]), (T.lvector, [1, -2**62]), (T.dmatrix, [[1, 2], [3, 4]]),
    (T.dmatrix, [[1.5, 2], [3, float("inf")]]), (T.lmatrix, [[1], [2]]), (T.dmatrix, [[], []])])
def test_plain_numbers_are_taken_as_their_array_is(kind, value):
    x = kind("x")
    f = tutor.function([x], [x, T.exp(x)])
    for found, wanted in zip(f(value), f(np.array(value, x.dtype)), strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("kind", "value"), [
    (T.dscalar, [1.0]), (T.dvector, 1.0), (T.dvector, ["1"]),
    (T.dvector, [10**400]), (T.dvector, [10**400, 1.0]),
    (T.dvector, [[1.0]]), (T.dvector, [None]), (T.lvector, [1.5]), (T.lvector, [2**63]),
    (T.dmatrix, [[1.0], [1.0, 2.0]]), (T.dmatrix, [1.0]),
    (T.drow, [[1.0], [2.0]])])
def test_plain_numbers_that_do_not_fit_are_refused(kind, value):
    x = kind("x")
    with pytest.raises(tutor.errors.TutorError):
        tutor.function([x], T.exp(x))(value)
