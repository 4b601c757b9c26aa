"""`tutor.optimizers`: rules of gradient descent, each from a cost and parameters to updates.

A rule returns a dict from shared variables to expressions, for `function(..., updates=)`: the
parameters, and what the rule remembers between steps, which is in shared variables named after the
parameters. Any number a rule takes may be a shared scalar, so that it changes between steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tutor.core.elementwise import cast, maximum, sqr, sqrt
from tutor.core.errors import ArgumentError, BadValueError, CostError, DTypeError
from tutor.core.graph import Variable, quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.derivatives.cost import grad
from tutor.names import naming_the_nearest
from tutor.ops.shared import shared
from tutor.signatures import answering

__all__ = ["adadelta", "adagrad", "adam", "adamax", "momentum", "nesterov", "rmsprop", "sgd"]
__getattr__ = naming_the_nearest("tutor.optimizers", "tutor.optimizers.", __all__)

Updates = dict[SharedVariable, Variable]
Params = SharedVariable | Sequence[SharedVariable]
KEPT = frozenset(("momentum", "decay", "beta1", "beta2"))  # parts that are kept of what was


@answering
def sgd(cost: Variable, params: Params, learning_rate: Any = 0.01) -> Updates:
    """Gradient descent: a step against the gradient g, as long as the slope is steep.

        p ← p − η g

    A. Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées, 1847; with
    a new sample for every step, H. Robbins and S. Monro, A stochastic approximation method, 1951.

    Raises CostError for a cost that is no scalar, ArgumentError for a parameter that is not shared,
    DisconnectedInputError for one that the cost does not depend on.

    >>> import tutor
    >>> c = tutor.shared(0.0, "c")
    >>> y = (c - 3) ** 2
    >>> step = tutor.function([], y, updates=sgd(y, c, learning_rate=0.25))
    >>> step(), step(), c.get_value()
    (array(9.), array(2.25), array(2.25))
    """
    return {p: p - rate * g for p, g, rate in _each(cost, params, learning_rate=learning_rate)}


@answering
def momentum(cost: Variable, params: Params, learning_rate: Any = 0.01,
             momentum: Any = 0.9) -> Updates:
    """Gradient descent of a heavy ball, which keeps a part μ of its velocity v.

        v ← μ v − η g,   p ← p + v

    B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.

    Raises what `sgd` raises: CostError, ArgumentError, DisconnectedInputError.

    >>> import tutor
    >>> c = tutor.shared(0.0, "c")
    >>> y = (c - 3) ** 2
    >>> updates = momentum(y, c, learning_rate=0.25, momentum=0.5)
    >>> list(updates)
    [c, c_velocity]
    >>> step = tutor.function([], y, updates=updates)
    >>> step(), step(), c.get_value()
    (array(9.), array(2.25), array(3.))
    """
    updates: Updates = {}
    for p, g, rate, keep in _each(cost, params, learning_rate=learning_rate, momentum=momentum):
        v = _state(p, "velocity")
        velocity = keep * v - rate * g
        updates |= {p: p + velocity, v: velocity}
    return updates


@answering
def nesterov(cost: Variable, params: Params, learning_rate: Any = 0.01,
             momentum: Any = 0.9) -> Updates:
    """Momentum whose gradient is taken where the velocity will have led.

        v ← μ v − η g,   p ← p + μ v − η g

    Here p is the place looked ahead to, at which cost and gradient are computed, so that one
    gradient a step is enough: p = q + μ v, where the paper's own q ← q + v.

    Y. Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²),
    1983; in this form Y. Bengio, N. Boulanger-Lewandowski and R. Pascanu, Advances in optimizing
    recurrent networks, 2013.

    Raises what `sgd` raises: CostError, ArgumentError, DisconnectedInputError.

    >>> import tutor
    >>> c = tutor.shared(0.0, "c")
    >>> y = (c - 3) ** 2
    >>> step = tutor.function([], y, updates=nesterov(y, c, learning_rate=0.25, momentum=0.5))
    >>> step(), step(), c.get_value()
    (array(9.), array(0.5625), array(3.1875))
    """
    updates: Updates = {}
    for p, g, rate, keep in _each(cost, params, learning_rate=learning_rate, momentum=momentum):
        v = _state(p, "velocity")
        velocity = keep * v - rate * g
        updates |= {p: p + keep * velocity - rate * g, v: velocity}
    return updates


@answering
def adagrad(cost: Variable, params: Params, learning_rate: Any = 0.01,
            epsilon: Any = 1e-8) -> Updates:
    """Steps that shrink, for each number on its own, with the squares it has summed up in s.

        s ← s + g²,   p ← p − η g / (√s + ε)

    J. Duchi, E. Hazan and Y. Singer, Adaptive subgradient methods for online learning and
    stochastic optimization, 2011.

    Raises what `sgd` raises: CostError, ArgumentError, DisconnectedInputError.

    >>> import tutor
    >>> c = tutor.shared(0.0, "c")
    >>> y = (c - 3) ** 2
    >>> step = tutor.function([], y, updates=adagrad(y, c, learning_rate=1))
    >>> step(), step().round(6)  # the first step is as long as the learning rate
    (array(9.), np.float64(4.0))
    """
    updates: Updates = {}
    for p, g, rate, little in _each(cost, params, learning_rate=learning_rate, epsilon=epsilon):
        s = _state(p, "squares")
        squares = s + sqr(g)
        updates |= {p: p - rate * g / (sqrt(squares) + little), s: squares}
    return updates


@answering
def rmsprop(cost: Variable, params: Params, learning_rate: Any = 0.001, decay: Any = 0.9,
            epsilon: Any = 1e-8) -> Updates:
    """Steps divided by the root of a running mean s of the squares, which forgets old ones.

        s ← ρ s + (1 − ρ) g²,   p ← p − η g / (√s + ε)

    T. Tieleman and G. Hinton, Lecture 6.5: RMSProp, COURSERA: Neural networks for machine
    learning, 2012; ε is everyone's addition, against a division by zero.

    Raises what `sgd` raises: CostError, ArgumentError, DisconnectedInputError.

    >>> import tutor
    >>> c = tutor.shared(0.0, "c")
    >>> y = (c - 3) ** 2
    >>> step = tutor.function([], y, updates=rmsprop(y, c, learning_rate=0.1, decay=0.75))
    >>> step(), step().round(6)
    (array(9.), np.float64(7.84))
    """
    updates: Updates = {}
    for p, g, rate, keep, little in _each(cost, params, learning_rate=learning_rate, decay=decay,
                                          epsilon=epsilon):
        s = _state(p, "mean_square")
        squares = _mean(keep, s, sqr(g))
        updates |= {p: p - rate * g / (sqrt(squares) + little), s: squares}
    return updates


@answering
def adadelta(cost: Variable, params: Params, learning_rate: Any = 1.0, decay: Any = 0.95,
             epsilon: Any = 1e-6) -> Updates:
    """Steps in the parameter's own unit: as long as the last ones were, by a mean d of squares.

        s ← ρ s + (1 − ρ) g²,   u = g √(d + ε) / √(s + ε),   d ← ρ d + (1 − ρ) u²,   p ← p − η u

    M. D. Zeiler, ADADELTA: an adaptive learning rate method, 2012, where η is 1.

    Raises what `sgd` raises: CostError, ArgumentError, DisconnectedInputError.

    >>> import tutor
    >>> c = tutor.shared(0.0, "c")
    >>> y = (c - 3) ** 2
    >>> step = tutor.function([], y, updates=adadelta(y, c))
    >>> step(), step().round(6)  # it begins slowly
    (array(9.), np.float64(8.973187))
    """
    updates: Updates = {}
    for p, g, rate, keep, little in _each(cost, params, learning_rate=learning_rate, decay=decay,
                                          epsilon=epsilon):
        s, d = _state(p, "mean_square"), _state(p, "mean_square_step")
        squares = _mean(keep, s, sqr(g))
        step = g * sqrt(d + little) / sqrt(squares + little)
        updates |= {p: p - rate * step, s: squares, d: _mean(keep, d, sqr(step))}
    return updates


@answering
def adam(cost: Variable, params: Params, learning_rate: Any = 0.001, beta1: Any = 0.9,
         beta2: Any = 0.999, epsilon: Any = 1e-8) -> Updates:
    """A running mean m of the gradient, divided by the root of one of its squares, s.

        t ← t + 1,   m ← β₁ m + (1 − β₁) g,   s ← β₂ s + (1 − β₂) g²
        p ← p − η m̂ / (√ŝ + ε),   where m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ)

    D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.

    Raises what `sgd` raises: CostError, ArgumentError, DisconnectedInputError.

    >>> import tutor
    >>> c = tutor.shared(0.0, "c")
    >>> y = (c - 3) ** 2
    >>> updates = adam(y, c, learning_rate=0.5)
    >>> list(updates)
    [c, c_mean, c_mean_square, adam_steps]
    >>> step = tutor.function([], y, updates=updates)
    >>> step(), step().round(6)  # the first step is as long as the learning rate
    (array(9.), np.float64(6.25))
    """
    t = _counter("adam_steps")
    updates: Updates = {}
    for p, g, rate, little, keep, kept in _each(cost, params, learning_rate=learning_rate,
                                                  epsilon=epsilon, beta1=beta1, beta2=beta2):
        m, s = _state(p, "mean"), _state(p, "mean_square")
        mean, squares = _mean(keep, m, g), _mean(kept, s, sqr(g))
        step = mean / _share(beta1, p, t) / (sqrt(squares / _share(beta2, p, t)) + little)
        updates |= {p: p - rate * step, m: mean, s: squares}
    return updates | {t: t + 1}


@answering
def adamax(cost: Variable, params: Params, learning_rate: Any = 0.002, beta1: Any = 0.9,
           beta2: Any = 0.999, epsilon: Any = 1e-8) -> Updates:
    """Adam with the largest gradient of late, u, in place of the mean square.

        t ← t + 1,   m ← β₁ m + (1 − β₁) g,   u ← max(β₂ u, |g|)
        p ← p − η / (1 − β₁ᵗ) · m / (u + ε)

    D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 2; ε is an
    addition, for a number whose gradient has always been zero.

    Raises what `sgd` raises: CostError, ArgumentError, DisconnectedInputError.

    >>> import tutor
    >>> c = tutor.shared(0.0, "c")
    >>> y = (c - 3) ** 2
    >>> step = tutor.function([], y, updates=adamax(y, c, learning_rate=0.5))
    >>> step(), step().round(6)
    (array(9.), np.float64(6.25))
    """
    t = _counter("adamax_steps")
    updates: Updates = {}
    for p, g, rate, little, keep, kept in _each(cost, params, learning_rate=learning_rate,
                                                  epsilon=epsilon, beta1=beta1, beta2=beta2):
        m, u = _state(p, "mean"), _state(p, "largest")
        mean, largest = _mean(keep, m, g), maximum(kept * u, abs(g))
        step = mean / _share(beta1, p, t) / (largest + little)
        updates |= {p: p - rate * step, m: mean, u: largest}
    return updates | {t: t + 1}


def _each(cost: Any, params: Any, **numbers: Any) -> Iterator[tuple[Any, ...]]:
    """Each parameter with the gradient of the cost, and with these numbers in its dtype."""
    pairs = _gradients(cost, params)
    checked = [_number(name, value) for name, value in numbers.items()]
    for p, g in pairs:
        yield p, g, *(cast(n, p.dtype) if isinstance(n, Variable) else n for n in checked)


def _number(name: str, value: Any) -> Any:
    """A number of a rule: one written down, or a scalar that may change between steps."""
    if isinstance(value, Variable):
        if not isinstance(value.type, TensorType) or value.ndim != 0 or (
                value.dtype.startswith(("complex", "bool"))):
            raise ArgumentError(f"{name} is {quoted(value)}, which is {value.type} and no number.",
                                fix=f"Pass a number, or tutor.shared(0.1, {name!r}).")
        return value
    try:
        if np.asarray(value).dtype.kind in "bSUV":  # float would read "0.1" and True
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} is a number, or a shared scalar, and this is {quoted(value)}.",
                            fix=f"Pass a number, or tutor.shared(0.1, {name!r}).") from None
    # A part that is kept may be 0, which keeps nothing; a step or a divisor may not.
    if not (0 <= number < 1 if name in KEPT else 0 < number < math.inf):
        limit = "at least 0 and less than 1" if name in KEPT else "positive and finite"
        raise BadValueError(f"{name} is {limit}, and this is {quoted(value)}.",
                            fix=f"Pass another {name}.")
    return number


def _mean(keep: Any, old: Variable, new: Variable) -> Variable:
    """A running mean, of which so much is kept."""
    mean: Variable = keep * old + (1 - keep) * new
    return mean


def _share(keep: Any, p: SharedVariable, t: SharedVariable) -> Variable:
    """How much of such a mean there is after t + 1 steps, the others having been zero.

    Computed in float64 whatever the parameter is: 1 − 0.999 has few digits in float32.
    """
    whole = cast(keep if isinstance(keep, Variable) else float(keep), "float64")
    return cast(1 - whole ** (t + 1), p.dtype)


def _gradients(cost: Any, params: Any) -> list[tuple[SharedVariable, Variable]]:
    """Each parameter with the gradient of the cost."""
    if not isinstance(cost, Variable):
        raise CostError(f"the cost is an expression, and this is {quoted(cost)}.",
                        fix="Pass the variable that is made small, then the parameters.")
    given = [params] if isinstance(params, Variable) else params
    if not isinstance(given, (list, tuple)) or not given:
        raise ArgumentError(f"params is a list of shared variables, and this is {quoted(params)}.",
                            fix="Pass what is trained: sgd(cost, [W, b]).")
    for p in given:
        if not isinstance(p, SharedVariable):
            raise ArgumentError(f"only shared variables can be trained, and {quoted(p)} is none.",
                                fix="Make it with tutor.shared(value, name).")
        if not str(getattr(p.type, "dtype", "")).startswith("float"):
            raise DTypeError(f"only floats can be trained, and {quoted(p)} is {p.type}.",
                             where=(("made at", p.origin),),
                             fix="Make it of floats: tutor.shared(np.zeros(3), name).")
    if len(set(given)) < len(given):
        raise ArgumentError("a parameter stands twice in params.", fix="Name each one once.")
    return list(zip(given, grad(cost, list(given)), strict=True))


def _state(p: SharedVariable, word: str) -> SharedVariable:
    """The accumulator of a rule for a parameter: zeros of its type and size."""
    zeros = np.zeros_like(p.get_value(borrow=True))
    name = f"{p.name or 'parameter'}_{word}"
    return shared(zeros, name, broadcastable=p.broadcastable)


def _counter(name: str) -> SharedVariable:
    """How many steps were made; an integer, which nobody takes for a parameter."""
    return shared(np.asarray(0, "int64"), name)
