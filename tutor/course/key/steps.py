"""Wrong training steps that people arrive at, by exercise, and what each of them tells.

Comes before the checks, beside the wrong formulas. A step is a definition: a cost of some inputs,
and updates of what starts at a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tutor import optimizers, tensor
from tutor.core.gradient import grad
from tutor.core.graph import Variable
from tutor.core.variables import SharedVariable
from tutor.course.definition import Definition
from tutor.loops import scan
from tutor.ops.shared import shared

Step = Callable[..., Definition]


def stepping(cost: Any, updates: Mapping[Any, Any], *inputs: Any) -> Definition:
    """A function of these inputs that gives a cost and updates what starts at its value now."""
    state: dict[Variable, Any] = {
        v: v.get_value() for v in updates if isinstance(v, SharedVariable)}
    return Definition(list(inputs), [cost], [cost], dict(updates), state, state)


def ball(rule: Callable[[Any, Any], Mapping[Any, Any]]) -> Step:
    """Exercise 10-1 with another rule, of the cost and of c."""
    def made() -> Definition:
        c = shared(0.0)
        cost = (c - 3) ** 2
        return stepping(cost, rule(cost, c))
    return made


def turning(new: Callable[[Any, Any], tuple[Any, Any]]) -> Step:
    """Exercise 07-3 with other values in the place of p and q."""
    def made() -> Definition:
        p, q = shared(1.0), shared(0.0)
        updates = dict(zip((p, q), new(p, q), strict=True))
        return stepping(p, updates)._replace(outputs=[p, q], run=[p, q], form=())
    return made


def fading(squares: Callable[[Any, Any], Any], under: Callable[[Any, Any], Any] | None = None
           ) -> Step:
    """Exercise 10-3 with another memory, or another number under the root, of the old memory and of
    the slope."""
    def made() -> Definition:
        c, s = shared(0.0), shared(0.0)
        cost = (c - 3) ** 2
        slope = grad(cost, c)
        new = squares(s, slope)
        size = tensor.sqrt(under(s, slope) if under else new)
        return stepping(cost, {s: new, c: c - 0.1 * slope / size})
    return made


def rows(part: Callable[[Any, Any], Any]) -> Step:
    """Exercise 13-4 with other rows, of the data and of i."""
    def made(i: Any) -> Definition:
        data, w = tensor.constant(np.arange(12.0).reshape(6, 2)), shared(np.array([1.0, -0.5]))
        cost = tensor.mean(tensor.dot(part(data, i), w) ** 2)
        return stepping(cost, {w: w - 0.01 * grad(cost, w)}, i)
    return made


def newton(step: Callable[[Any, Any], Any]) -> Step:
    """Exercise 17-4 with another step, of the Hessian and of the gradient."""
    def made() -> Definition:
        w = shared(np.array([2.0, -1.0]))
        cost = tensor.exp(w[0]) + w[0] * w[1] + w[1] ** 2
        gradient = grad(cost, w)
        hessian = tensor.stack([grad(gradient[0], w), grad(gradient[1], w)])
        return stepping(cost, {w: w - step(hessian, gradient)})
    return made


def remembering(cost_of: Callable[[Any, Any], Any], start: float = 0.0) -> Step:
    """Exercise 16-6 with another cost, of all that the memory was and of r, or another start."""
    def made(z: Any, r: Any) -> Definition:
        k = shared(0.5)
        h, _ = scan(lambda element, h: tensor.tanh(k * h + element), sequences=z,
                    outputs_info=start)
        cost = cost_of(h, r)
        return stepping(cost, {k: k - 0.1 * grad(cost, k)}, z, r)
    return made


def guarded(stored: Callable[[Any, Any], Any]) -> Step:
    """Exercise 18-6 with something else that is stored, of the old u and the new one."""
    def made(x: Any) -> Definition:
        u = shared(4.0)
        cost = tensor.sqrt(u) * x
        return stepping(cost, {u: stored(u, u - 0.1 * grad(cost, u))}, x)
    return made


STEPS: dict[str, list[tuple[Step, str]]] = {
    "07-3": [
        (turning(lambda p, q: (0.6 * p + 0.8 * q, 0.6 * q - 0.8 * p)),
         "It turns the other way: the minus belongs to p.")],
    "10-1": [
        (ball(lambda cost, c: optimizers.nesterov(cost, c, 0.25, 0.5)),
         "That is Nesterov's rule: the velocity alone moves c here.")],
    "10-3": [
        (fading(lambda s, g: s + g ** 2), "That is AdaGrad: the memory is to fade."),
        (fading(lambda s, g: 0.1 * s + 0.9 * g ** 2), "0.9 and 0.1 have changed places."),
        (fading(lambda s, g: 0.9 * s + g ** 2), "The new square counts a tenth in a mean."),
        (fading(lambda s, g: 0.9 * s + 0.1 * g ** 2, lambda s, g: s + g ** 2),
         "Under the root is a memory that does not fade: use the new s, which is stored.")],
    "13-4": [
        (rows(lambda data, i: data[i:i + 2]), "The rows begin at 2 * i, and not at i."),
        (rows(lambda data, i: data[2 * i:2 * i + 1]),
         "The end of a slice is not part of it: that is one row, and not two.")],
    "16-6": [
        (remembering(lambda h, r: tensor.sum((h - r) ** 2)),
         "That is the cost of every h, added up: only the last counts."),
        (remembering(lambda h, r: tensor.mean((h - r) ** 2)),
         "That is the mean cost of every h: only the last counts."),
        (remembering(lambda h, r: (h[-1] - r) ** 2, 0.5), "The memory starts at 0: 0.5 is k.")],
    "17-4": [
        (newton(lambda H, g: g), "That is plain descent: solve H s = g for the step."),
        (newton(lambda H, g: g / tensor.diag(H)),
         "That divides by the diagonal alone: solve H s = g for the step.")],
    "18-6": [
        (guarded(lambda u, new: new), "The call before has made u nan, and it stays so."),
        (guarded(lambda u, new: tensor.switch(tensor.isnan(new), u, new)),
         "The fourth call, with inf, has made u −inf: inf is to be caught as well."),
        (guarded(lambda u, new: tensor.switch(new > 0, new, u)),
         "In the sixth call the new u is negative, and neither nan nor infinite: it is stored.")],
}  # fmt: skip
