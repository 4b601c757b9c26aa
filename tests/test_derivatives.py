"""Products with Jacobians, whole ones, markers, undefined gradients, finite differences, user ops.

Jacobians are compared with one another: row by row (`jacobian`), forwards (`Rop`), backwards
(`Lop`); and what is differentiated twice with finite differences.
"""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import gradient
from tutor.core.errors import CostError, DisconnectedInputError, DTypeError, ShapeError
from tutor.core.graph import Apply, Variable
from tutor.core.op import Op
from tutor.errors import NullTypeGradError

rng = np.random.RandomState(8)
x, v, m, M = T.dvector("x"), T.dvector("v"), T.dmatrix("m"), T.dmatrix("M")
W, t, t3 = tutor.shared(rng.randn(5, 5)), tutor.shared(rng.rand(10)), tutor.shared(rng.rand(3))
X, U, V = rng.rand(5), rng.rand(5), rng.rand(3, 4)
states, _ = tutor.scan(lambda s, p: T.tanh(T.dot(W, p) + s), sequences=t, outputs_info=x)

OF_A_VECTOR = [
    x**2, T.exp(x) * x.sum(), x[:4], T.inc_subtensor(x[:3], t3), T.inc_subtensor(t[:4], x[:4]),
    T.set_subtensor(x[:3], t3), T.set_subtensor(t[:4], x[:4]), T.join(0, x, t), T.dot(x, W),
    x[:4].dimshuffle("x", 0).sum(axis=0), T.unbroadcast(x[:4].dimshuffle("x", 0), 0).sum(axis=1),
    x + T.cast(x, "int32"), T.nnet.softmax(x)[0], T.alloc(x.sum(), 5), T.sort(x), x[::-1].cumsum(),
    T.alloc(x, 2, 3, 5).flatten(), T.maximum(x, 0.5), T.switch(x > 0.5, x**2, x**3), abs(x),
    T.clip(x, 0.2, 0.7), x / x.sum(), T.stack([x[0], x[1] * x[2]]), x[T.arange(3)], states[-1],
    T.dot(x, x) * T.ones_like(x), T.floor(x * 3) + x, gradient.grad_scale(x, 1),
]  # fmt: skip
OF_A_MATRIX = [
    T.max(m, axis=0), m.flatten(), m.reshape((12,)), m.sum(axis=1), T.dot(m, T.ones(4)),
    T.nnet.softmax(m).sum(axis=0), T.diagonal(m), m.var(axis=0), T.dot(m, m.T).flatten(),
    T.prod(m, axis=0), T.nnet.sigmoid(m.T)[1],
]  # fmt: skip


@pytest.mark.parametrize("y", OF_A_VECTOR, ids=str)
def test_products_with_a_jacobian_are_those_of_its_rows(y: Variable) -> None:
    rows, forwards = T.jacobian(y, x), T.Rop(y, x, v)
    w = T.dvector("w")
    backwards = T.Lop(y, x, w)
    once, twice = T.dot(rows, v), T.grad((forwards**2).sum(), x, disconnected_inputs="ignore")
    other = T.grad((once**2).sum(), x, disconnected_inputs="ignore")
    f = tutor.function([x, v], [rows, forwards, once, twice, other], on_unused_input="ignore")
    jacobian, product, expected, slope, expected_slope = f(X, U)
    np.testing.assert_allclose(product, expected, atol=1e-12)
    np.testing.assert_allclose(slope, expected_slope, atol=1e-10)
    at = rng.rand(len(jacobian))
    left = tutor.function([x, w], backwards, on_unused_input="ignore")(X, at)
    np.testing.assert_allclose(left, at @ jacobian, atol=1e-12)


@pytest.mark.parametrize("y", OF_A_MATRIX, ids=str)
def test_a_jacobian_by_a_matrix_has_its_dimensions(y: Variable) -> None:
    f = tutor.function([m, M], [T.jacobian(y, m), T.Rop(y, m, M)], on_unused_input="ignore")
    rows, product = f(V, V[::-1])
    assert rows.shape[1:] == V.shape
    np.testing.assert_allclose(product, (rows * V[::-1]).sum(axis=(1, 2)), atol=1e-12)


def test_a_hessian_its_product_and_the_form_of_results() -> None:
    cost = (states**2).sum()
    products = [T.dot(T.hessian(cost, x), v), gradient.hessian_vector_product(cost, x, v),
                T.Rop(T.grad(cost, x), x, v)]  # fmt: skip
    slow, quick, forwards = tutor.function([x, v], products)(X, U)
    np.testing.assert_allclose(quick, slow, rtol=1e-9)
    np.testing.assert_allclose(forwards, slow, rtol=1e-9)
    f = tutor.function([x, v], T.grad(cost, x), on_unused_input="ignore")
    near = (f(X + 1e-6 * U, U) - f(X - 1e-6 * U, U)) / 2e-6
    np.testing.assert_allclose(slow, near, rtol=1e-5)
    y = x**2
    for form in (list, tuple):
        assert type(T.jacobian(y, form([x]))) is form
        assert type(T.hessian(y.sum(), form([x]))) is form
        assert type(T.Lop(y, form([x]), v)) is form
        assert type(T.Rop(form([y]), x, v)) is form
        assert type(T.jacobian(y.sum(), form([x]))) is form
    assert isinstance(T.Rop(y, [x], [v]), Variable)
    assert T.jacobian(y, x).type is T.dmatrix


def test_rop_of_several_variables_and_without_a_point() -> None:
    y = T.dot(m, x)
    both = T.Rop(y, [m, x], [M, v])
    only = T.Rop(y, [m, x], [M, None])
    f = tutor.function([m, x, M, v], [both, only], on_unused_input="ignore")
    big, other = rng.rand(3, 5), rng.rand(3, 5)
    total, part = f(big, X, other, U)
    np.testing.assert_allclose(part, other @ X)
    np.testing.assert_allclose(total, other @ X + big @ U)


def test_rop_without_a_way() -> None:
    cut = [x.shape[0], T.argmax(x), (m**2).sum(), gradient.disconnected_grad(x), m]
    for y in cut:
        with pytest.raises(DisconnectedInputError, match="does not depend"):
            T.Rop(y, x, v)
    assert T.Rop(cut[3], x, v, "ignore").eval({x: X}).tolist() == [0] * 5
    assert T.Rop(cut[3], x, v, "ignore", "None") is None
    with pytest.warns(UserWarning, match="does not depend"):
        left = T.Rop(cut[3], x, v, "warn", "Disconnected")
    assert isinstance(left.type, gradient.DisconnectedType)
    assert T.Rop(gradient.zero_grad(x), x, v).eval({x: X, v: U}).tolist() == [0] * 5
    with pytest.raises(ShapeError, match="dimensions"):
        T.Rop(x**2, x, m)
    with pytest.raises(CostError, match="Flatten"):
        T.jacobian(m**2, m)
    with pytest.raises(DTypeError, match="vector"):
        T.hessian((m**2).sum(), m)


S = T.dscalar("s")
MARKED = [
    (S * gradient.consider_constant(S), S),
    (S * gradient.consider_constant(T.exp(S)), T.exp(S)),
    (gradient.consider_constant(S), 0 * S),
    (S**2 * gradient.zero_grad(S), 2 * S**2),
    (S**2 * gradient.disconnected_grad(S), 2 * S**2),
    (gradient.grad_clip(S, -1, 1) ** 2, T.clip(2 * S, -1, 1)),
    (gradient.grad_clip(S, -100, 100) ** 3, 3 * S**2),
    (gradient.grad_scale(S, -2) ** 2, -4 * S),
]


@pytest.mark.parametrize(("cost", "slope"), MARKED, ids=str)
def test_what_changes_a_gradient_on_its_way_is_gone_when_compiled(
    cost: Variable, slope: Variable
) -> None:
    f = tutor.function([S], [cost, tutor.grad(cost, S), slope], on_unused_input="ignore")
    _, found, expected = f(1.7)
    assert found == pytest.approx(expected)
    names = {node.op.name for node in tutor.core.walk.toposort(f.graph.outputs)}
    assert not {name for name in names if name.startswith(("grad_", "zero_", "consider", "disc"))}


def test_a_gradient_that_is_cut_off_or_undefined() -> None:
    with pytest.raises(DisconnectedInputError):
        tutor.grad(gradient.disconnected_grad(x).sum(), x)
    tutor.grad((x + gradient.disconnected_grad(x)).sum(), x)
    node = gradient.disconnected_grad(x).owner
    assert node is not None
    assert node.op.connection_pattern(node) == [[False]]
    cost = gradient.undefined_grad(x).sum()
    with pytest.raises(NullTypeGradError, match="does not exist for input 0") as raised:
        tutor.grad(cost, x)
    assert isinstance(raised.value, TypeError)
    null = tutor.grad(cost, x, null_gradients="return")
    assert isinstance(null.type, gradient.NullType)
    with pytest.raises(TypeError):
        tutor.function([x], null, on_unused_input="ignore")
    with pytest.raises(CostError, match="undefined"):
        tutor.grad(null, x)


def test_integers() -> None:
    n, k = T.iscalar("n"), T.iscalar("k")
    assert tutor.grad(n, n).eval({n: 12}) == 1
    assert tutor.grad(n * 2.5, n).eval({n: 3}) == 2.5
    assert tutor.grad(T.sqr(n * 2) * 1.5, n).eval({n: 3}) == 0  # n * 2 is a whole number too
    g = T.dscalar("g")
    assert tutor.grad(None, n, known_grads={n: g}) is g
    cost = n + k
    for kind, error in ((gradient.NullType(), NullTypeGradError),
                        (gradient.DisconnectedType(), DisconnectedInputError)):  # fmt: skip
        with pytest.raises(error):
            tutor.grad(cost, [cost, n], known_grads={cost: kind()})

    def slopes(kind: str) -> np.ndarray:
        whole = T.TensorType(kind, (False, False))("whole")
        cost = T.nnet.sigmoid(T.dot(whole, m) + x).sum()
        return tutor.function([whole, m, x], tutor.grad(cost, whole))(big, V[:, :4], U[:4])

    big = np.arange(6).reshape(2, 3).astype("int32")
    np.testing.assert_allclose(slopes("int32"), slopes("float64"))


def test_known_gradients_hold_where_they_are_given() -> None:
    full, p, n, c = T.arange(10), T.dscalar("p"), T.iscalar("n"), T.dvector("c")
    ft, ct = full[n], c[n]
    power = p**ft
    y = ct * power
    cost = T.sqr(y)
    inputs, values = [c, n, p], (rng.randn(10), 3, 0.7)
    true = tutor.function(inputs, T.grad(cost, inputs, disconnected_inputs="ignore"))(*values)
    for layer in ([cost], [y], [ct, power], [ct, p, ft], [c, n, full, p]):
        known = dict(zip(layer, T.grad(cost, layer, disconnected_inputs="ignore"), strict=True))
        found = T.grad(None, inputs, known_grads=known, disconnected_inputs="ignore")
        for a, b in zip(true, tutor.function(inputs, found)(*values), strict=True):
            np.testing.assert_allclose(a, b)


def test_layers_one_after_the_other() -> None:
    w1, w2 = tutor.shared(rng.randn(3, 4)), tutor.shared(rng.randn(4, 2))
    a1 = T.tanh(T.dot(x, w1))
    cost2 = T.sqr(T.tanh(T.dot(a1, w2)) - v).sum() + T.sqr(w2.sum())
    cost1 = T.sqr(w1.sum())
    [g2], [at1] = tutor.subgraph_grad(wrt=[w2], end=[a1], cost=cost2)
    parts = tutor.subgraph_grad(wrt=[w1], end=[x], start={a1: at1}, cost=cost1, details=True)
    [g1], _, [from_start], [from_cost] = parts
    whole = T.grad(cost1 + cost2, [w2, w1])
    f = tutor.function([x, v], [g2, g1, *whole, from_start + from_cost])
    values = f(rng.randn(3), rng.randn(2))
    np.testing.assert_allclose(values[0], values[2])
    np.testing.assert_allclose(values[1], values[3])
    np.testing.assert_allclose(values[4], values[1])


class Square(Op):
    """A user's op, with a gradient that is right or not."""

    __props__ = ("factor",)

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def make_node(self, x: Variable) -> Apply:
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: list, outputs: list) -> None:
        outputs[0][0] = inputs[0] ** 2

    def grad(self, inputs: list, output_gradients: list) -> list:
        return [output_gradients[0] * inputs[0] * self.factor]


def test_verify_grad_finds_a_wrong_gradient() -> None:
    point = [np.ones((2, 3))]
    gradient.verify_grad(Square(2.0), point, rng=np.random.RandomState(1))
    with pytest.raises(gradient.GradientError, match="argument 0, of shape") as raised:
        gradient.verify_grad(Square(1.0), point, rng=np.random.RandomState(1))
    assert raised.value.rel_err == pytest.approx(1 / 3, rel=1e-4)
    assert gradient.verify_grad.E_grad is gradient.GradientError
    gradient.verify_grad(Square(1.0), point, rng=np.random.RandomState(1), rel_tol=0.5)
    gradient.verify_grad(T.dot, [V, V.T.astype("float32")], rng=np.random)
    for wrong in (lambda: gradient.verify_grad(T.exp, point),
                  lambda: gradient.verify_grad(T.exp, [np.ones(2, int)], rng=rng)):  # fmt: skip
        with pytest.raises(TypeError, match="Fix"):
            wrong()


class Strange(Op):
    """A user's op whose gradient is whatever it is told."""

    def __init__(self, given: object) -> None:
        self.given = given

    def make_node(self, *inputs: Variable) -> Apply:
        return Apply(self, inputs, [T.dscalar()])

    def grad(self, inputs: list, output_gradients: list) -> object:
        return self.given


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (None, TypeError, "no list"),
        ([None], TypeError, "None for input 0"),
        ([x, x], ValueError, "2 results for 1"),
        ([gradient.grad_not_implemented("op", 0, x, "too hard")], NullTypeGradError, "too hard"),
        ([gradient.grad_undefined("op", 0, x, "a step")], NullTypeGradError, "a step"),
        ([gradient.DisconnectedType()()], DisconnectedInputError, "does not depend"),
    ],
)
def test_what_a_users_op_may_give(given: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        tutor.grad(Strange(given)(x), x)


def test_a_connection_pattern_keeps_an_undefined_gradient_away() -> None:
    class Two(Op):
        def make_node(self, x: Variable) -> Apply:
            return Apply(self, [x], [x.type(), T.dscalar()])

        def connection_pattern(self, node: Apply) -> list[list[bool]]:
            return [[True, False]]

        def grad(self, inputs: list, output_gradients: list) -> list:
            return [inputs[0].zeros_like()]

    first, second = Two()(x)
    cost = Strange([first.zeros_like(), gradient.NullType()()])(first, second)
    assert tutor.grad(cost, x).type is x.type


def test_a_gradient_that_is_not_there_comes_back_as_asked() -> None:
    left = tutor.grad(x.sum(), m, None, "ignore", return_disconnected="Disconnected")
    assert left.type == gradient.disconnected_type
    assert str(left) == "⟨disconnected⟩"
    assert gradient.format_as(True, False, x) == [x]
    f = T.dot(x, T.dot(W, x))
    f.name = "f"
    assert T.grad(f, x).name == "(df/dx)"
    assert T.grad(f, x, add_names=False).name is None
    assert len(T.grad(f, [x, x])) == 2


def test_what_a_forward_product_was_made_of_is_used_by_it():
    W, V, x = T.dmatrix("W"), T.dmatrix("V"), T.dvector("x")
    products = [T.Rop(T.dot(x, W), W, V), *T.Rop([T.dot(x, W) * 2], [W], [V])]
    f = tutor.function([W, V, x], products)
    assert [v.tolist() for v in f(np.eye(2), np.ones((2, 2)), [1, 2])] == [[3, 3], [6, 6]]
    with pytest.raises(tutor.errors.UnusedInputError):
        tutor.function([W, V, x], T.dot(x, V))


@pytest.mark.parametrize("product", [T.Lop, T.Rop])
def test_a_point_has_the_dimensions_of_its_variable(product):
    x = T.dvector("x")
    with pytest.raises(ShapeError, match="has 1 dimensions, and its eval_point s has 0"):
        product(x ** 2, x, T.dscalar("s"))
