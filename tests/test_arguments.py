"""What functions and methods take: many arguments, keywords, symbols in place of numbers."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.theano import nnet_names, op_names

M = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(("op", "reduced"), [(T.add, np.add.reduce), (T.mul, np.multiply.reduce)])
def test_sums_and_products_take_as_many_arguments_as_there_are(op, reduced):
    x, v = T.dmatrix(), T.fvector()
    values = np.arange(6.0).reshape(2, 3), np.array([2, 3, 5], "float32")
    for parts in ([x], [x, v, x], [x, 2, v, 0.5], [v, v, v, v, v]):
        given = [*zip((x, v), values, strict=True)]
        got = op(*parts).eval({a: b for a, b in given if a in parts})
        wanted = reduced(np.broadcast_arrays(*[dict(given).get(part, part) for part in parts]))
        assert got.dtype == (v.dtype if parts[0] is v else x.dtype)
        np.testing.assert_allclose(got, wanted)
    gradients = T.grad(op(x, v, x).sum(), [x, v])
    f = tutor.function([x, v], gradients)
    g = tutor.function([x, v], T.grad(op(op(x, v), x).sum(), [x, v]))
    for a, b in zip(f(*values), g(*values), strict=True):
        np.testing.assert_allclose(a, b)


@pytest.mark.parametrize(("build", "wanted"), [
    (lambda x: x.clip(a_min=1, a_max=3), np.clip(M, 1, 3)),
    (lambda x: x.clip(1, a_max=3), np.clip(M, 1, 3)),
    (lambda x: x.norm(L=1), np.abs(M).sum()),
    (lambda x: x.norm(L=2, axis=0, keepdims=True), np.sqrt((M**2).sum(0, keepdims=True))),
    (lambda x: x.dot(right=[1.0, 2.0, 3.0]), M @ [1, 2, 3]),
    (lambda x: x.fill(value=7.0), np.full_like(M, 7)),
    (lambda x: x.reshape(shape=(3, 2)), M.reshape(3, 2)),
    (lambda x: T.eq(x, 3.0).astype("int8").choose(choices=[x, -x]), np.where(M == 3, -M, M)),
    (lambda x: T.transpose(x, axes=(1, 0)), M.T),
    (lambda x: T.transpose(x, (1, 0)), M.T),
    (lambda x: T.transpose(x, 1, 0), M.T),
    (lambda x: T.swapaxes(y=x, axis1=0, axis2=1), M.T),
    (lambda x: T.as_tensor_variable(x=x), M),
    (lambda x: T.nnet.softmax(c=x).argmax(axis=1), [2, 2]),
    (lambda x: nnet_names.softmax_graph(c=x).argmax(axis=1), [2, 2]),
    (lambda x: T.nnet.logsoftmax(c=x).argmax(axis=1), [2, 2]),
])
def test_keywords_are_those_of_theano(build, wanted):
    x = T.dmatrix("x")
    np.testing.assert_allclose(build(x).eval({x: M}), wanted)


@pytest.mark.parametrize("build", [T.sort, T.argsort])
def test_an_axis_out_of_range_is_found_when_it_arrives(build):
    x, axis = T.dmatrix("x"), T.lscalar("axis")
    f = tutor.function([x, axis], build(x, axis))
    with pytest.raises(AssertionError, match="no such axis in 2 dimensions"):
        f(M, 2)


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_choices_may_be_one_tensor(mode):
    a, c = T.lmatrix("a"), T.dmatrix("c")
    f = tutor.function([a, c], [T.choose(a, c, mode=mode), T.grad(T.choose(a, c).sum(), c)])
    numbers = np.array([[1, 0, 1], [0, 0, 1]])
    got, slope = f(numbers, M)
    np.testing.assert_array_equal(got, np.choose(numbers, M, mode=mode))
    np.testing.assert_array_equal(slope, [[1, 2, 0], [1, 0, 2]])
    r = T.drow("r")  # a choice of one element stretches
    one = T.choose(a, r, mode="clip").eval({a: numbers, r: M[:1]})
    np.testing.assert_array_equal(one, np.broadcast_to(M[0], (2, 3)))


def test_a_number_that_is_none_of_a_choice():
    a, c = T.lvector("a"), T.dmatrix("c")
    numbers = np.array([2, -1, 0])
    for mode in ("wrap", "clip"):
        for choices in (c, [c[0], c[1]]):
            got = T.choose(a, choices, mode=mode).eval({a: numbers, c: M})
            np.testing.assert_array_equal(got, np.choose(numbers, M, mode=mode))
    for choices in (c, [c[0], c[1]]):
        with pytest.raises(AssertionError, match="none of a choice"):
            T.choose(a, choices).eval({a: numbers, c: M})


def test_numpy_counts_with_symbols_in_a_list():
    x, v = T.dmatrix("x"), T.dvector("v")
    assert np.prod([x.shape[0], 3, x.shape[1]]).eval({x: M}) == 18
    assert np.sum(np.array([x.shape[0], 3])).eval({x: M}) == 5
    mixed = T.as_tensor_variable(np.array([x.shape[1], 2]))
    assert mixed.eval({x: M}).tolist() == [3, 2]
    assert x.reshape(np.array([x.shape[1], 2])).eval({x: M}).shape == (3, 2)
    assert T.as_tensor_variable(np.array(x)) is x
    np.testing.assert_allclose(np.dot(x, v).eval({x: M, v: [1, 0, 2]}), M @ [1, 0, 2])
    assert np.concatenate([x, x], axis=1).eval({x: M}).shape == (2, 6)
    assert np.vstack([x, np.pad(x, 0)]).eval({x: M}).tolist() == [*M.tolist(), *M.tolist()]
    assert np.median(x, axis=0).eval({x: M}).tolist() == np.median(M, axis=0).tolist()


@pytest.mark.parametrize("wrong", [
    lambda x: np.array(x, dtype=float), lambda x: np.linalg.inv(x), lambda x: np.corrcoef(x),
    lambda x: np.asarray([x, 1.0], dtype="float64")])
def test_what_numpy_cannot_do_with_a_symbol_says_so(wrong):
    with pytest.raises(TypeError, match="NumPy cannot make an array of it"):
        wrong(T.dmatrix("x"))


@pytest.mark.parametrize("wrong", [
    lambda x: T.max(x, axis=3), lambda x: T.argmax(x, axis=-3), lambda x: x.sum(axis=(0, 2)),
    lambda x: T.cumsum(x, axis=2), lambda x: T.addbroadcast(x, 2), lambda x: T.sort(x, axis=2),
    lambda x: T.concatenate([x, x], axis=2)])
@pytest.mark.parametrize("kind", [ValueError, IndexError])
def test_an_axis_that_is_not_there_is_an_error_of_both_kinds(wrong, kind):
    with pytest.raises(kind, match="no axis"):
        wrong(T.dmatrix())


def test_a_part_takes_no_more_dimensions_than_it_has():
    v, x = T.dvector(), T.dmatrix()
    for write in (T.set_subtensor, T.inc_subtensor):
        with pytest.raises(TypeError, match="cannot take"):
            write(v[:2], x)


@pytest.mark.parametrize(("sorter", "kind"), [(T.imatrix(), ValueError), (T.fvector(), TypeError)])
def test_a_sorter_is_a_vector_of_positions(sorter, kind):
    with pytest.raises(kind, match="a sorter"):
        T.searchsorted(T.dvector(), 2.0, sorter=sorter)


def test_sums_are_added_up_in_the_dtype_that_is_asked_for():
    x, i = T.fvector(), T.ivector()
    cancelling = np.array([1e8, 1, -1e8], "float32")
    for build, wanted in ((T.sum, 1.0), (T.mean, 1 / 3), (T.prod, -1e16)):
        got = build(x, acc_dtype="float64")
        assert got.dtype == "float32"
        np.testing.assert_allclose(got.eval({x: cancelling}), wanted, rtol=1e-6)
    assert x.sum(dtype="float64", acc_dtype="float64").dtype == "float64"
    assert i.sum(acc_dtype="float64").eval({i: [1, 2]}) == 3
    for v, dtype in ((i, "int8"), (x, "int64"), (T.dvector(), "float32")):
        with pytest.raises(TypeError, match="would lose something"):
            v.sum(acc_dtype=dtype)


def test_a_product_may_leave_out_zeros():
    x = T.dmatrix("x")
    values = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 0.0]])
    product = op_names.ProdWithoutZeros(axis=1)(x)
    assert product.eval({x: values}).tolist() == [6, 0]


@pytest.mark.parametrize("build", [T.exp, T.sqrt, lambda x: T.sum(x), lambda x: T.nnet.softmax(x)])
def test_an_op_says_its_gradient_without_its_outputs(build):
    x, g = T.dmatrix("x"), T.dmatrix("g")
    out = build(x)
    g = g if out.ndim else g.sum()
    (found,) = out.owner.op.grad([x], [g])
    wanted = T.grad(None, x, known_grads={out: g})
    f = tutor.function([x, *tutor.core.walk.graph_inputs([g])], [found, wanted])
    np.testing.assert_allclose(*f(M + 1, M - 2))


def test_shapes_of_images_and_filters_may_be_a_constant_vector():
    x, w = T.dtensor4("x"), T.dtensor4("w")
    y = nnet_names.old_conv2d(x, w, image_shape=T.as_tensor_variable([1, 2, 3, 3]),
                           filter_shape=T.constant([4, 2, 2, 2]))
    f = tutor.function([x, w], y)
    assert f(np.ones((1, 2, 3, 3)), np.ones((4, 2, 2, 2))).shape == (1, 4, 2, 2)
    with pytest.raises(ValueError, match="filters"):
        f(np.ones((1, 2, 3, 3)), np.ones((3, 2, 2, 2)))


@pytest.mark.parametrize("kind", [ValueError, TypeError])
def test_what_an_op_refuses_as_it_runs_is_an_error_of_both_kinds(kind):
    x = T.dtensor4("x")
    f = tutor.function([x], T.nnet.images2neibs(x, (2, 2)))
    with pytest.raises(kind, match="do not fill"):
        f(np.ones((1, 1, 3, 3)))
