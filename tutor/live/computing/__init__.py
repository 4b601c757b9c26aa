"""A run as a page that computes: it trains in the page, without a kernel and without the network.

Comes after the views. The functions of the run, those its pictures ask, and its data go into a
script of JavaScript, which a worker of the page runs; the page draws the scenes that come from it,
with the player of notebooks. What cannot be written in JavaScript is an error here.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor import optimizers
from tutor.compile.function import Function
from tutor.compile.javascript.module import module, script
from tutor.core.arrays import sum as sum_
from tutor.core.elementwise import add
from tutor.core.errors import BadValueError, TutorError
from tutor.core.types import TensorType
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs, rebuild
from tutor.gradient import grad
from tutor.live.inside import Inside
from tutor.live.landscape import Landscape
from tutor.live.lockstep import span_of
from tutor.live.maps import Curve, Plane
from tutor.live.mistakes import MistakesPanel
from tutor.live.predictions import BoundaryPanel, FitPanel, Model
from tutor.live.replay import CHARTS, SCRIPTS, STYLES
from tutor.live.training import Training, is_number
from tutor.pictures import assets
from tutor.pictures.charts import svg
from tutor.pictures.charts.heat import images_of
from tutor.pictures.computed import link
from tutor.pictures.html import document, in_script

if TYPE_CHECKING:
    from tutor.live.played import Played

HERE = "live/computing/"
WORKER = (*[f"{CHARTS}{name}.js" for name in ("axes", "changes", "bitmap")], HERE + "panels.js")
BYTES = 3_000_000  # of the batches that a page carries
RULES = ("sgd", "momentum", "adam")
ROWS = 8  # of data, from which on a step may take some of them
BATCHES = 1000  # that it carries at most
#: What the worker calls of the functions that modules carry.
CALLED = ("Tensor", "number", "packed", "scalar", "fromBase64", "sameList", "take", "array",
          "concatenate", "slice")


def page(played: Played) -> str:
    """The page, whole. Raises BadValueError where the run, or its data, has no form there."""
    still = f'<div class="tutor-still tutor-before-player">{svg.inline(played.view().now())}</div>'
    player = assets.script(*SCRIPTS, HERE + "page.js")
    program = in_script(Script(played).text())
    worker = f'<script type="text/plain" id="tutor-program">\n{program}\n</script>'
    style = assets.style(*STYLES, "live/replay.css", HERE + "page.css")
    return document(played.title, still + link() + worker, style, player)


class Script:
    """The script of a worker: functions by name, data, and what is told of each run."""

    def __init__(self, played: Played) -> None:
        self.played, self.view = played, played.view()
        self.functions: dict[str, Function] = {}
        self.tensors: dict[tuple[bytes, str, Any], int] = {}
        self.note = ""

    def text(self) -> str:
        """The whole script."""
        trainings = self.played.trainings
        made = [self.run(i, name, training)
                for i, (name, training) in enumerate(trainings.items())]
        start = {v: value for training in trainings.values()
                 for v, value in training.start.items()}
        written = module(self.functions, start, CALLED)
        runs = [self.told(run, training, written.keys)
                for run, training in zip(made, trainings.values(), strict=True)]
        kind, view = self.seen(written.keys, made)
        if isinstance(self.view.panel, MistakesPanel) and kind == "loss":
            self.note += ", without the panel that only a kernel draws"
        told = {"title": self.played.title, "kind": kind, "view": view, "runs": runs,
                "ground": self.view.ground(), "speed": 4 if len(runs) == 1 else 3,
                "note": self.note}
        arrays = [[base64.b64encode(data).decode(), dtype, list(shape)]
                  for data, dtype, shape in self.tensors]
        names = ", ".join(self.functions)
        return "\n".join([
            script(written), "" if written.keys else "const parameters = {};",
            f"self.functions = {{ {names} }};",
            f"const TENSORS = {json.dumps(arrays)}.map((told) => fromBase64(...told));",
            f"const TOLD = {json.dumps(told)};",
            assets.script(*WORKER, *[HERE + "inside.js"] * bool(self.view.inside),
                          HERE + "worker.js")])

    def run(self, i: int, name: str, training: Training) -> dict[str, Any]:
        """The functions of a run, and its data."""
        f = training.f
        self.functions[f"train{i}"] = f
        self.functions[f"loss{i}"] = training.beside(f.inputs, f._request.run.outputs[0])
        found: dict[str, Any] = {"name": name, "train": f"train{i}", "loss": f"loss{i}",
                                 "data": self.data(training)}
        found["rules"] = self.rules(training) if len(self.played.trainings) == 1 else []
        panel = self.view.panel
        if isinstance(panel, Curve):
            found["map"] = self.map(i, training, panel.landscapes[i])
        if isinstance(panel, FitPanel | BoundaryPanel | MistakesPanel):
            found["model"] = self.model(training, panel.model)
        inside = self.view.inside
        if inside:
            self.functions |= {"layers0": inside.looks, "norms0": inside.norms}
            held = inside.held
            found["held"] = None if held is None else self.numbers(training.f, held)
        return found

    def rules(self, training: Training) -> list[str]:
        """The rules by which a step can be made too, at the run's own learning rate, from slopes
        that are computed once for all of them; none where it has no rate, or no slopes."""
        cost, rate = training.f._request.run.outputs[0], training.rate
        read = set(graph_inputs([cost]))
        trained = [v for v in training.changes if v in read and is_number(v)]
        drawn = {v: new for v, new in training.changes.items()
                 if not isinstance(v.type, TensorType)}  # the state of random numbers
        if rate is None:
            return []
        try:
            slopes = grad(cost, trained)
            arrived = [v.type(f"slope_{i}") for i, v in enumerate(trained)]
            line = add(*[sum_(g * v) for g, v in zip(arrived, trained, strict=True)])
            made = {rule: dict(getattr(optimizers, rule)(line, trained, rate)) for rule in RULES}
        except TutorError:  # of what has no gradient
            return []
        self.functions["slopes"] = training.beside(training.f.inputs, [cost, *slopes], drawn)
        for rule, updates in made.items():
            self.functions[rule] = training.beside(arrived, [], updates)
        return [*RULES]

    def map(self, i: int, training: Training, landscape: Landscape) -> dict[str, Any]:
        """The loss and its slopes as functions of the place, and where a step leads from there."""
        cost = landscape.cost
        self.functions[f"at{i}"] = training.beside([*landscape.symbols, *training.f.inputs],
                                                   [cost, *landscape.slopes(cost)])
        self.functions[f"next{i}"] = landscape.following
        return {"loss": f"at{i}", "next": f"next{i}", "dtypes": landscape.dtypes,
                "vector": landscape.variables[0].ndim == 1, "moving": landscape.moving}

    def model(self, training: Training, model: Model) -> dict[str, Any]:
        """What the model says of points, with the parameters as they are."""
        points = model.symbol.type(model.symbol.name)
        (said,) = rebuild([model.expression], {model.symbol: points})
        self.functions["predict"] = training.beside([points], said)
        return {"name": "predict", "ndim": points.ndim, "dtype": points.dtype,
                "scalars": [v for v in model.parameters if v.ndim == 0]}

    def data(self, training: Training) -> dict[str, Any]:
        """The arguments of the steps: the same at all of them, or those of as many as fit."""
        batches = training.batches
        taken = self.several(training) if batches.varying else [
            self.numbers(training.f, batches.batch)]
        seen = batches.seen if batches.steady else ()
        fixed = [] if batches.varying else list(batches.batch)
        return {"batches": taken, "seen": self.numbers(training.f, seen), "steady": batches.steady,
                "rows": rows_of(fixed), "edit": self.edited(fixed)}

    def edited(self, fixed: Sequence[Any]) -> dict[str, int] | None:
        """The places of points and of what belongs to each among the arguments, where points can be
        added to them: of the plane with their labels, or of a line with what a model should say."""
        panel = self.view.panel
        columns = [i for i, v in enumerate(fixed) if np.shape(v)[1:] in ((), (1,))]
        if isinstance(panel, FitPanel):
            points, labels = ([i for i in columns if np.array_equal(np.sort(fixed[i], None), of)]
                              for of in (panel.x, np.sort(panel.t)))
        elif isinstance(panel, BoundaryPanel) and panel.labelled:
            n = len(panel.points)
            points = [i for i, v in enumerate(fixed) if np.shape(v) == (n, 2)]
            labels = [i for i in columns if len(fixed[i]) == n]
        else:
            return None
        if len(points) != 1 or len(labels) != 1:
            return None
        return {"points": points[0], "labels": labels[0]}

    def several(self, training: Training) -> list[list[int]]:
        """The batches of the first steps, asked for once more, as many as fit; equal arrays are
        carried once."""
        asked, found = copy.copy(training.batches), list[list[int]]()
        for step in range(BATCHES):
            try:
                asked.ask(step)
            except Exception as problem:
                if not found:
                    raise BadValueError(
                        f"data cannot be asked for the batch of step 0 again: {problem}",
                        fix="Pass arrays, or save the page without live=True.") from problem
                break
            before = dict(self.tensors)
            numbers = self.numbers(training.f, asked.batch)
            if found and sum(len(data) for data, _, _ in self.tensors) > BYTES:
                self.tensors = before
                break
            found.append(numbers)
        period = next((p for p in range(1, len(found) // 2 + 1)
                       if all(one == found[i % p] for i, one in enumerate(found))), None)
        if period is not None:
            return found[:period]
        self.note = (f", with the batches of the first {len(found)} steps, which come round again"
                     if len(found) > 1 else ", with the batch of the first step at all of them")
        return found

    def numbers(self, f: Function, values: Sequence[Any]) -> list[int]:
        """Arrays of data by their numbers."""
        return [self.number(value, getattr(v.type, "dtype", None))
                for v, value in zip(f.inputs, values, strict=False)]

    def number(self, value: Any, dtype: Any) -> int:
        """The number of an array of data."""
        array = np.asarray(value, dtype)
        key = array.tobytes(), array.dtype.name, array.shape
        return self.tensors.setdefault(key, len(self.tensors))

    def told(self, run: dict[str, Any], training: Training, keys: Mapping[SharedVariable, str]
             ) -> dict[str, Any]:
        """A run with the names of its shared variables."""
        panel, rate = self.view.panel, training.rate
        follows = [v for v in training.watch if is_number(v) and v.ndim == 0 and v in keys]
        if isinstance(panel, Curve):
            place = list(self.played.trainings.values()).index(training)
            follows = panel.landscapes[place].variables
        ends = None if rate is None else span_of(rate)
        if "model" in run:
            run["model"]["scalars"] = [[keys[v], v.name or "value"]
                                       for v in run["model"]["scalars"]]
        inside = self.view.inside
        if inside:
            run["inside"] = {**self.panels(inside, keys), "held": run.pop("held")}
        states = [v for rule in run["rules"] for v in self.functions[rule].graph.updates]
        changes = dict.fromkeys([*training.changes, *states])
        return {**run, "changes": [keys[v] for v in changes if v in keys],
                "follows": [keys[v] for v in follows],
                "rate": None if rate is None or ends is None else
                {"key": keys[rate], "name": rate.name, "low": ends[0], "high": ends[1]}}

    def panels(self, inside: Inside, keys: Mapping[SharedVariable, str]) -> dict[str, Any]:
        """The layers of a run, the panels by part and place, and the keys of what is trained."""
        used = [v for v in inside.training.changes if v.dtype.startswith("float") and v in keys]
        return {"names": [layer.name for layer in inside.layers], "shown": [*inside.shown],
                "weights": [keys[v] for v in inside.weights], "floats": [keys[v] for v in used],
                "panels": [panel.part for panel in self.view.more]}

    def seen(self, keys: Mapping[SharedVariable, str], made: Sequence[dict[str, Any]]
             ) -> tuple[str, dict[str, Any]]:
        """The kind of panel beside the loss, and what it shows; points that are among the data of
        these runs are read there."""
        panel = self.view.panel
        if isinstance(panel, Curve):
            kind = "contours" if isinstance(panel, Plane) else "landscape"
            return kind, {"axes": [[axis.low, axis.high] for axis in panel.axes],
                          "names": list(panel.one.names), "title": panel.title()}
        if isinstance(panel, FitPanel):
            return "fit", {"places": panel.places.tolist(), "points": panel.x[:, None].tolist(),
                           "truth": panel.t.tolist(), "ends": list(panel.axes[1].ends()),
                           "name": panel.model.symbol.name or "x"}
        if isinstance(panel, BoundaryPanel):
            frame = panel.frame(panel.box)
            among = any(run["data"]["edit"] for run in made)
            return "boundary", {"axes": [[axis.low, axis.high] for axis in frame],
                                "points": [] if among else panel.points.tolist(),
                                "truth": panel.truth.tolist(),
                                "known": panel.known.tolist(), "labelled": panel.labelled}
        if isinstance(panel, MistakesPanel) and panel.model.training.batches.steady:
            own, images, labels = panel.images()
            return "mistakes", {"images": self.number(own, panel.model.symbol.dtype),
                                "size": images.shape[1:], "labels": labels.tolist()}
        return self.watched(keys)

    def watched(self, keys: Mapping[SharedVariable, str]) -> tuple[str, dict[str, Any]]:
        """Watched numbers by step, or the array that is watched as a sheet or images."""
        kind = getattr(self.view, "kind", "loss")
        watch = [v for v in next(iter(self.played.trainings.values())).watch if v in keys]
        arrays = [v for v in watch if v.ndim and is_number(v)]
        if kind in ("weights", "images") and arrays:
            v, value = arrays[0], arrays[0].container.value
            images = images_of(value) if kind == "images" else None
            tiles = None if images is None else tiled(images, value)
            return kind, {"key": keys[v], "title": v.name or "watched", "tiles": tiles}
        names = [v.name or "value" for v in watch if v.ndim == 0 and is_number(v)]
        return ("values", {"watched": names}) if names and kind == "values" else ("loss", {})


def rows_of(fixed: Sequence[Any]) -> list[int]:
    """The places of the arguments of which a step may take some rows: all arrays have as many."""
    arrays = [i for i, v in enumerate(fixed) if np.ndim(v)]
    counts = {len(fixed[i]) for i in arrays}
    return arrays if len(arrays) > 1 and len(counts) == 1 and counts.pop() >= ROWS else []


def tiled(images: Any, value: Any) -> dict[str, Any]:
    """How images lie in the numbers of an array: the step from one to the next, and from one pixel
    to the next."""
    count, height, width = images.shape
    step = [1, count] if value.ndim == 2 else [height * width, 1]
    return {"count": count, "height": height, "width": width, "pixel": step}
