"""The engines that `peers.py` writes its models with: what each calls an operation, and how it
computes a value, its derivatives, or a step of training.

`faces()` gives those that are installed. Each has `m`, its words, and a method for each `how`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.benchmarks.engines import Engine, pytensor_engine, tutor_engine

FIRST, SECOND, SMALL = 0.9, 0.999, 1e-8  # of Adam


def adam(w: Any, g: Any, a: Any, b: Any, t: Any, rate: float) -> list[Any]:
    """The new numbers, and the new state."""
    t, a, b = t + 1, FIRST * a + (1 - FIRST) * g, SECOND * b + (1 - SECOND) * g**2
    scale = (b / (1 - SECOND**t)) ** 0.5 + SMALL
    return [w - rate * (a / (1 - FIRST**t)) / scale, a, b, t]


def state_of_adam(w: Any) -> list[Any]:
    return [np.zeros_like(w), np.zeros_like(w), np.zeros((), w.dtype)]


class Graphs:
    """Theano's interface: `tutor` in one of its modes, or PyTensor."""

    def __init__(self, engine: Engine, more: dict[str, Any]) -> None:
        T = engine.T
        self.engine, self.name = engine, engine.name
        self.m = SimpleNamespace(
            tanh=T.tanh, sqrt=T.sqrt, concatenate=T.concatenate, softmax=engine.softmax,
            every=lambda step, x, start: engine.scan(step, [x], [start]),
            last=lambda step, x, starts: engine.scan(step, [x], starts)[0][-1],
            zeros=lambda shape: T.zeros(shape, dtype="float32"), **more)

    def __call__(self, model: Any) -> Callable[..., Any]:
        e = self.engine
        values = [np.asarray(v) for v in model.data]
        data = [e.T.TensorType(v.dtype.name, (None,) * v.ndim)() for v in values]
        p = [e.shared(v) for v in model.parameters]
        if model.how == "rows":
            rows = p[0][data[0]]
            cost = model.expression(self.m, rows)
            new = e.T.inc_subtensor(rows, -model.rate * e.grad(cost, rows))
            return e.function(data, cost, updates=[(p[0], new)])
        value = model.expression(self.m, p, *data)
        outputs, updates = value, []
        if model.how == "step":
            grads = e.grad(value, p)
            updates = [(w, w - model.rate * g) for w, g in zip(p, grads, strict=True)]
        elif model.how == "adam":
            held = [p[0], *[e.shared(v) for v in state_of_adam(model.parameters[0])]]
            w, *state = held
            news = adam(w, e.grad(value, w), *state, model.rate)
            updates = list(zip(held, news, strict=True))
        elif model.how == "gradient":
            outputs = [value, *e.grad(value, p)]
        elif model.how != "value":
            outputs = getattr(e, model.how)(value, data[0])
        return e.function(data, outputs, updates=updates)


def in_tutor(mode: str | None) -> Graphs:
    engine = tutor_engine(mode)
    nnet = engine.T.nnet
    return Graphs(engine, {
        "sigmoid": nnet.sigmoid, "relu": nnet.relu, "softplus": nnet.softplus,
        "conv": lambda x, w: nnet.conv2d(x, w, filter_flip=False),
        "pool": lambda x: engine.T.signal.pool.pool_2d(x, (2, 2), ignore_border=True),
        "crossentropy": lambda z, t: nnet.categorical_crossentropy(nnet.softmax(z), t).mean()})


def in_pytensor() -> Graphs:
    import pytensor

    pytensor.config.floatX = "float32"  # or numbers of Python's make float64 of everything
    engine = pytensor_engine()
    T = engine.T
    return Graphs(engine, {
        "sigmoid": T.sigmoid, "softplus": T.softplus, "relu": lambda x: T.maximum(x, 0),
        "crossentropy": lambda z, t: -T.special.log_softmax(z, axis=-1)[
            T.arange(t.shape[0]), t].mean()})


class InJax:
    """JAX by hand: one compiled function of parameters and data."""

    name = "JAX"

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp
        from jax import lax, nn

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.m = SimpleNamespace(
            tanh=jnp.tanh, sqrt=jnp.sqrt, concatenate=jnp.concatenate, softmax=nn.softmax,
            sigmoid=nn.sigmoid, relu=nn.relu, softplus=nn.softplus,
            zeros=lambda shape: jnp.zeros(shape, "float32"),
            conv=lambda x, w: lax.conv(x, w, (1, 1), "VALID"),
            pool=lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2),
                                             "VALID"),
            every=lambda step, x, start: lax.scan(lambda h, x_t: (step(x_t, h),) * 2, start, x)[1],
            last=lambda step, x, starts: lax.scan(lambda s, x_t: (step(x_t, *s), None),
                                                  tuple(starts), x)[0][0],
            crossentropy=lambda z, t: -nn.log_softmax(z)[jnp.arange(len(t)), t].mean())

    def __call__(self, model: Any) -> Callable[..., Any]:
        jax, how = self.jax, model.how
        held = [jax.numpy.asarray(v) for v in model.parameters]
        if how == "adam":
            held += [jax.numpy.asarray(v) for v in state_of_adam(model.parameters[0])]

        def value(p: Any, *data: Any) -> Any:
            return model.expression(self.m, p, *data)

        def stepped(p: Any, *data: Any) -> Any:
            if how == "rows":
                cost, g = jax.value_and_grad(lambda rows: model.expression(self.m, rows))(
                    p[0][data[0]])
                return cost, [p[0].at[data[0]].add(-model.rate * g)]
            if how == "adam":
                cost, (g,) = jax.value_and_grad(value)(p[:1], *data)
                return cost, adam(p[0], g, *p[1:], model.rate)
            cost, grads = jax.value_and_grad(value)(p, *data)
            return cost, [w - model.rate * g for w, g in zip(p, grads, strict=True)]

        if how in ("step", "rows", "adam"):
            program = jax.jit(stepped)

            def step(*data: Any) -> Any:
                cost, held[:] = program(held, *self._arrays(data))
                return np.asarray(cost)

            return step
        made = {"value": value, "gradient": jax.value_and_grad(value),
                "jacobian": jax.jacobian(value, 1), "hessian": jax.hessian(value, 1)}[how]
        derived = jax.jit(made)
        return lambda *data: jax.tree.map(np.asarray, derived(held, *self._arrays(data)))

    def _arrays(self, data: Any) -> list[Any]:
        return [np.asarray(v) if isinstance(v, list) else v for v in data]


class InTorch:
    """PyTorch, as it runs by itself: an operation at a time."""

    name = "PyTorch"

    def __init__(self, threads: int) -> None:
        import torch
        from torch.nn import functional as F

        torch.set_num_threads(threads)
        self.torch = torch
        self.m = SimpleNamespace(
            tanh=torch.tanh, sqrt=torch.sqrt, concatenate=torch.cat, zeros=torch.zeros,
            sigmoid=torch.sigmoid, relu=torch.relu, softplus=F.softplus, conv=F.conv2d,
            softmax=lambda x: torch.softmax(x, -1), pool=lambda x: F.max_pool2d(x, 2),
            crossentropy=F.cross_entropy, last=self._last, every=self._every)

    def _last(self, step: Any, x: Any, states: Any) -> Any:
        for x_t in x:
            states = step(x_t, *states)
        return states[0]

    def _every(self, step: Any, x: Any, h: Any) -> Any:
        states = [h := step(x_t, h) for x_t in x]
        return self.torch.stack(states)

    def __call__(self, model: Any) -> Callable[..., Any]:
        torch, how = self.torch, model.how
        p = [torch.tensor(v, requires_grad=how != "rows") for v in model.parameters]
        optimizer = (torch.optim.Adam if how == "adam" else torch.optim.SGD)(
            p, model.rate) if how in ("step", "adam") else None

        def run(*data: Any) -> Any:
            x = [torch.from_numpy(v) if isinstance(v, np.ndarray) else
                 torch.tensor(v, dtype=torch.float64) for v in data]
            if how in ("jacobian", "hessian"):
                derive = getattr(torch.autograd.functional, how)
                return derive(lambda v: model.expression(self.m, p, v), x[0],
                              vectorize=True).detach().numpy()
            if how == "rows":
                rows = p[0][x[0]].requires_grad_()
                cost = model.expression(self.m, rows)
                cost.backward()
                p[0].index_add_(0, x[0], rows.grad, alpha=-model.rate)
                return cost.detach().numpy()
            value = model.expression(self.m, p, *x)
            if how == "gradient":
                return [v.detach().numpy() for v in (value, *torch.autograd.grad(value, p))]
            if optimizer is not None:
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
            return value.detach().numpy()

        return run


def faces(threads: int) -> Iterator[Any]:
    """The engines that are installed here, each ready to make a program of a model."""
    makers: list[tuple[str, Callable[[], Any]]] = [
        ("tutor", lambda: in_tutor(None)), ("jax", lambda: in_tutor("jax")), ("jax", InJax),
        ("torch", lambda: InTorch(threads)), ("pytensor", in_pytensor)]
    for package, make in makers:
        if importlib.util.find_spec(package) is not None:
            yield make()
