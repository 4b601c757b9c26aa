"""The rules of `tutor.optimizers` against the published formulas, written down in plain NumPy."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import optimizers
from tutor.core.errors import ArgumentError

STEPS = 50
ALL = {name: getattr(optimizers, name) for name in optimizers.__all__}
Gradient = Callable[[np.ndarray], np.ndarray]


# The formulas: each yields the parameter after every step.


def plain_sgd(p: Any, gradient: Gradient, eta: float) -> Iterator[Any]:
    while True:
        p = p - eta * gradient(p)
        yield p


def plain_momentum(p: Any, gradient: Gradient, eta: float, mu: float) -> Iterator[Any]:
    v = 0 * p
    while True:
        v = mu * v - eta * gradient(p)
        p = p + v
        yield p


def plain_nesterov(p: Any, gradient: Gradient, eta: float, mu: float) -> Iterator[Any]:
    """As Nesterov has it: the gradient is that of the place looked ahead to, which is yielded."""
    v = 0 * p
    while True:
        v = mu * v - eta * gradient(p + mu * v)
        p = p + v
        yield p + mu * v


def plain_adagrad(p: Any, gradient: Gradient, eta: float, eps: float) -> Iterator[Any]:
    seen = []
    while True:
        g = gradient(p)
        seen.append(g)
        p = p - eta * g / (np.sqrt(sum(old ** 2 for old in seen)) + eps)
        yield p


def plain_rmsprop(p: Any, gradient: Gradient, eta: float, rho: float, eps: float) -> Iterator[Any]:
    s = 0 * p
    while True:
        g = gradient(p)
        s = rho * s + (1 - rho) * g * g
        p = p - eta * g / (np.sqrt(s) + eps)
        yield p


def plain_adadelta(p: Any, gradient: Gradient, eta: float, rho: float, eps: float) -> Iterator[Any]:
    squares, steps = 0 * p, 0 * p
    while True:
        g = gradient(p)
        squares = rho * squares + (1 - rho) * g ** 2
        step = -np.sqrt(steps + eps) / np.sqrt(squares + eps) * g
        steps = rho * steps + (1 - rho) * step ** 2
        p = p + eta * step
        yield p


def plain_adam(p: Any, gradient: Gradient, eta: float, b1: float, b2: float,
               eps: float) -> Iterator[Any]:
    m, v, t = 0 * p, 0 * p, 0
    while True:
        t += 1
        g = gradient(p)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g ** 2
        p = p - eta * (m / (1 - b1 ** t)) / (np.sqrt(v / (1 - b2 ** t)) + eps)
        yield p


def plain_adamax(p: Any, gradient: Gradient, eta: float, b1: float, b2: float,
                 eps: float) -> Iterator[Any]:
    m, u, t = 0 * p, 0 * p, 0
    while True:
        t += 1
        g = gradient(p)
        m, u = b1 * m + (1 - b1) * g, np.maximum(b2 * u, np.abs(g))
        p = p - eta / (1 - b1 ** t) * m / (u + eps)
        yield p


CASES = {
    "sgd": (plain_sgd, {"learning_rate": 0.02}),
    "momentum": (plain_momentum, {"learning_rate": 0.02, "momentum": 0.8}),
    "nesterov": (plain_nesterov, {"learning_rate": 0.02, "momentum": 0.8}),
    "adagrad": (plain_adagrad, {"learning_rate": 0.3, "epsilon": 1e-6}),
    "rmsprop": (plain_rmsprop, {"learning_rate": 0.05, "decay": 0.8, "epsilon": 1e-6}),
    "adadelta": (plain_adadelta, {"learning_rate": 2.0, "decay": 0.7, "epsilon": 1e-3}),
    "adam": (plain_adam, {"learning_rate": 0.1, "beta1": 0.7, "beta2": 0.95, "epsilon": 1e-6}),
    "adamax": (plain_adamax, {"learning_rate": 0.1, "beta1": 0.7, "beta2": 0.95, "epsilon": 1e-6}),
}
STEEP = np.array([[1.0], [6.0], [0.3], [15.0]])


def start(dtype: str) -> np.ndarray:
    return np.random.RandomState(4).randn(4, 1).astype(dtype)


def trained(name: str, dtype: str, **options: Any) -> tuple[Any, dict[Any, Any], Any]:
    """A column of parameters in a valley that is steeper in some directions, and a little wavy."""
    p = tutor.shared(start(dtype), "p", broadcastable=(False, True))
    cost = T.sum(T.constant(STEEP.astype(dtype), dtype=dtype) * (p - 1) ** 2 / 2 + T.cos(p))
    updates = ALL[name](cost, [p], **options)
    return p, updates, tutor.function([], cost, updates=updates)


def steep(p: np.ndarray) -> np.ndarray:
    found: np.ndarray = STEEP.astype(p.dtype) * (p - 1) - np.sin(p)
    return found


def test_every_rule_is_tried() -> None:
    assert set(CASES) == set(ALL)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_fifty_steps_are_those_of_the_formula(name: str, dtype: str) -> None:
    formula, options = CASES[name]
    p, _, f = trained(name, dtype, **options)
    expected = formula(start(dtype), steep, *options.values())
    for number, wanted in zip(range(STEPS), expected, strict=False):
        f()
        value = p.get_value()
        tolerance = 1e-9 if dtype == "float64" else 2e-4
        assert value == pytest.approx(wanted, rel=tolerance, abs=tolerance), f"step {number + 1}"
        assert value.dtype == dtype and value.shape == (4, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_what_a_rule_remembers_is_of_the_parameters_type(name: str, dtype: str) -> None:
    p, updates, f = trained(name, dtype)
    f()
    kept = [v for v in updates if v is not p and v.ndim]
    assert len(kept) == {"sgd": 0, "adam": 2, "adamax": 2, "adadelta": 2}.get(name, 1)
    for v in kept:
        assert v.type == p.type and v.name.startswith("p_")
        assert v.get_value().dtype == dtype and v.get_value().shape == (4, 1)
    assert all(updates[v].type == v.type for v in updates)
    assert next(iter(updates)) is p


@pytest.mark.parametrize("rate", ["float32", "float64", "int64"])
@pytest.mark.parametrize("name", CASES)
def test_a_shared_rate_acts_on_the_next_step(name: str, rate: str) -> None:
    eta = tutor.shared(np.asarray(1, rate), "learning_rate")
    p, updates, f = trained(name, "float32", learning_rate=eta)
    fixed, _, g = trained(name, "float32", learning_rate=1.0)
    f(), g()
    assert np.array_equal(p.get_value(), fixed.get_value())
    eta.set_value(np.asarray(0, rate))
    f()
    drift = p.get_value() - fixed.get_value()
    assert eta not in updates
    # A rate of 0 stops all but what rolls on.
    assert drift.any() == (name in ("momentum", "nesterov"))


@pytest.mark.parametrize("name", CASES)
def test_a_run_has_the_rate_as_its_slider_and_watches_what_is_trained(name: str) -> None:
    eta, c = tutor.shared(0.1, "learning_rate"), tutor.shared(0.0, "c")
    y = (c - 3) ** 2
    f = tutor.function([], y, updates=ALL[name](y, c, learning_rate=eta))
    run = tutor.live.Descent(f, [])
    assert run.training.rate is eta and run.training.watch == [c]
    run.run(5)
    first = run.history.loss
    run.reset()
    run.run(5)  # from the start again: what is remembered was reset too
    assert np.array_equal(run.history.loss, first) and first[-1] < first[0]


@pytest.mark.parametrize("name", CASES)
def test_several_parameters_each_go_their_own_way(name: str) -> None:
    a, b = tutor.shared(2.0, "a"), tutor.shared(np.array([1.0, -2.0]), "b")
    alone = tutor.shared(2.0, "a")
    f = tutor.function([], [], updates=ALL[name](a ** 2 + T.sum(b ** 4), [a, b]))
    g = tutor.function([], [], updates=ALL[name](alone ** 2, alone))
    for _ in range(5):
        f(), g()
    assert a.get_value() == alone.get_value() and len(set(abs(b.get_value()))) == 2


@pytest.mark.parametrize("name", CASES)
def test_a_gradient_of_zero_moves_nothing(name: str) -> None:
    c = tutor.shared(np.zeros(3), "c")
    y = T.sum(c ** 2)
    f = tutor.function([], y, updates=ALL[name](y, c))
    f(), f()
    assert np.array_equal(c.get_value(), np.zeros(3))


def test_the_defaults_are_those_of_the_papers() -> None:
    c, d = tutor.shared(1.0, "c"), tutor.shared(1.0, "d")
    f = tutor.function([], [], updates=optimizers.adam(c ** 2, c))
    g = tutor.function([], [], updates=optimizers.adam(d ** 2, d, 0.001, 0.9, 0.999, 1e-8))
    for _ in range(3):
        f(), g()
    assert c.get_value() == d.get_value()


C = tutor.shared(1.0, "c")
MISTAKES = [
    (lambda: optimizers.sgd(3.0, [C]), TypeError, "the cost is an expression"),
    (lambda: optimizers.sgd(C ** 2, []), TypeError, "a list of shared variables"),
    (lambda: optimizers.sgd(C ** 2, "c"), TypeError, "a list of shared variables"),
    (lambda: optimizers.sgd(C ** 2, [T.dscalar("x")]), TypeError, "only shared variables"),
    (lambda: optimizers.sgd(C ** 2, [C, C]), TypeError, "stands twice"),
    (lambda: optimizers.sgd(C ** 2, [tutor.shared(1, "n")]), TypeError, "only floats"),
    (lambda: optimizers.sgd(C ** 2, [tutor.shared(1.0, "d")]), ValueError, "d"),
    (lambda: optimizers.sgd(C * T.dvector("x"), [C]), TypeError, "scalar"),
    (lambda: optimizers.sgd(C ** 2, C, learning_rate=0), ValueError, "learning_rate is positive"),
    (lambda: optimizers.sgd(C ** 2, C, learning_rate=-1), ValueError, "learning_rate is positive"),
    (lambda: optimizers.sgd(C ** 2, C, float("nan")), ValueError, "learning_rate is positive"),
    (lambda: optimizers.adam(C ** 2, C, float("inf")), ValueError, "learning_rate is positive"),
    (lambda: optimizers.sgd(C ** 2, C, "fast"), TypeError, "learning_rate is a number"),
    (lambda: optimizers.sgd(C ** 2, C, T.dvector("r")), TypeError, "no number"),
    (lambda: optimizers.momentum(C ** 2, C, momentum=1), ValueError, "less than 1"),
    (lambda: optimizers.rmsprop(C ** 2, C, decay=-0.1), ValueError, "decay is at least 0"),
    (lambda: optimizers.adam(C ** 2, C, beta2=1.5), ValueError, "beta2 is at least 0"),
    (lambda: optimizers.adam(C ** 2, C, epsilon=0), ValueError, "epsilon is positive"),
]


@pytest.mark.parametrize("wrong", ["0.1", True, np.array("0.1"), np.bool_(1), b"1", C > 0])
@pytest.mark.parametrize(("name", "word"), [(n, word) for n in CASES for word in CASES[n][1]])
def test_a_text_or_a_truth_is_no_number_of_a_rule(name, word, wrong):
    with pytest.raises(ArgumentError, match=rf"{word} is .*"):
        ALL[name](C ** 2, C, **{word: wrong})


@pytest.mark.parametrize(("make", "kind", "words"), MISTAKES)
def test_a_mistake_is_said_at_once(make: Callable[[], Any], kind: type, words: str) -> None:
    with pytest.raises(kind, match=words) as error:
        make()
    assert isinstance(error.value, tutor.errors.TutorError)


def test_they_load_late() -> None:
    probe = ("import sys, tutor; assert 'tutor.optimizers' not in sys.modules; "
             "tutor.optimizers.adam; print('tutor.optimizers' in sys.modules)")
    done = subprocess.run([sys.executable, "-W", "error", "-c", probe], check=True,
                          capture_output=True, text=True)
    assert done.stdout.strip() == "True"
