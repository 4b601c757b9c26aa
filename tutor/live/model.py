"""A model as a function of its input, with the parameters as they are, or were after any step.

Comes after training. What is drawn of a model, its border in the plane or its curve through points,
evaluates it at places where there is no data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.compile.compiled import Function
from tutor.core.errors import ArgumentError
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, rebuild
from tutor.live.beside import beside
from tutor.live.history import values_after
from tutor.live.training import Training

FIX = "Pass an expression of the points, or a function of them: predict=T.nnet.sigmoid(...)."


class Model:
    """What is predicted for given points; `predict` is an expression, or a function."""

    def __init__(self, training: Training, predict: Any) -> None:
        self.training = training
        if isinstance(predict, Function) and predict.outputs:
            predict = predict._request.run_outputs[0]
        if not isinstance(predict, Variable):
            raise ArgumentError("predict is what a model says about points, and got "
                                f"{quoted(predict)}.", fix=FIX)
        used = graph_inputs([predict])
        self.parameters = [v for v in used
                           if isinstance(v, SharedVariable) and v in training.changes]
        self.symbol = _symbol(used, self.parameters)
        wanted: list[Variable] = [v.type(v.name) for v in (self.symbol, *self.parameters)]
        replaced = dict(zip((self.symbol, *self.parameters), wanted, strict=True))
        (said,) = rebuild([predict], replaced)
        self._predict = beside(training.f, wanted, said)

    def said(self, points: NDArray[Any], step: int | None = None) -> NDArray[np.float64]:
        """What it says about each point, after a step or now; (n,) or (n, k)."""
        values = [v.container.value if step is None else
                  values_after(self.training.history, v, [step])[0] for v in self.parameters]
        said = np.asarray(self._predict(points.astype(self.symbol.dtype), *values), float)
        if said.shape[:1] != points.shape[:1] or said.ndim > 2:
            raise ArgumentError(f"predict gives {said.shape} for points of {points.shape}, and no "
                                "number or row of numbers for each.", fix=FIX)
        return said

    def data(self) -> tuple[NDArray[Any] | None, list[NDArray[Any]]]:
        """What the run gives for its input, if that can be told, and all other arrays there."""
        f = self.training.f
        arguments = dict(zip(f.inputs, self.training.batches.seen, strict=True))
        loss = graph_inputs([f._request.run_outputs[0]])
        arguments |= {v: v.get_value() for v in loss if isinstance(v, SharedVariable)
                      and v not in self.training.changes and isinstance(v.type, TensorType)}
        arrays = {v: np.asarray(value) for v, value in arguments.items() if np.ndim(value)}
        own = arrays.pop(self.symbol, None)
        return own, list(arrays.values())


def _symbol(used: Any, parameters: Any) -> Variable:
    """The input of a prediction: the only one it has, or the only data that it reads."""
    free = [v for v in used if not isinstance(v, (Constant, SharedVariable))]
    shared = [v for v in used if isinstance(v, SharedVariable) and v not in parameters
              and isinstance(v.type, TensorType) and v.ndim in (1, 2)]
    found: list[Variable] = [*(free or shared)]
    if len(found) != 1 or found[0].ndim not in (1, 2):
        names = ", ".join(map(str, free or shared)) or "no input"
        raise ArgumentError(f"predict depends on {names}, and not on points alone.", fix=FIX)
    return found[0]
