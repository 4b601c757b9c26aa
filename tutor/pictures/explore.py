"""`explore`: an expression to step through, with values and derivatives on its graph.

Comes after the page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tutor import quiet
from tutor.checking import truth
from tutor.compile.compiled import Function
from tutor.containers import Container
from tutor.core.errors import ArgumentError, DTypeError, plural
from tutor.core.graph import Variable
from tutor.misfits import describe
from tutor.pictures import page, svg
from tutor.pictures.display import listed
from tutor.pictures.html import framed
from tutor.pictures.loops import unrolled
from tutor.pictures.stage import data
from tutor.pictures.steppable import Steppable, expressions
from tutor.pictures.story import Story
from tutor.pictures.turning import Turning
from tutor.pictures.turning import page as turned
from tutor.pictures.values import checked
from tutor.signatures import answering

if TYPE_CHECKING:
    from tutor.pictures.widget import ExploreWidget


class Exploration(Steppable):
    """The steps of one evaluation; shows itself. `steps` are its steps in words, `values` the value
    of each variable of the graph, `gradients` the derivatives by variable."""

    def __init__(self, story: Story, turning: Turning | None = None, live: bool = False) -> None:
        self.story, self.turning = story, turning
        self._frame = ""  # the page that computes, inside of a notebook
        if live:
            self._frame = framed(self.html(live=True), self.data["title"])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        found = super()._repr_mimebundle_(include, exclude)
        if self._frame:
            found["text/html"] = f'<div class="tutor-before-explore">{self._frame}</div>'
        return found

    @property
    def steps(self) -> list[str]:
        """Every step in words."""
        return [step.words for step in self.story.steps]

    @property
    def values(self) -> dict[Variable, Any]:
        """The value of each variable that was computed."""
        return dict(self.story.values)

    @property
    def gradients(self) -> dict[Variable, Any]:
        """The value of the derivative with respect to each of `wrt`."""
        pairs = zip(self.story.wrt, self.story.gradients, strict=True)
        return {v: self.story.values.get(g) for v, g in pairs}

    @property
    def suspect(self) -> Variable | None:
        """The result of the operation that failed or first gave nan or infinity, if one did."""
        node = self.story.found.suspect
        return None if node is None else node.outputs[0]

    def __repr__(self) -> str:
        lines = [f"{i:3d}  {step.phase:8s} {step.words}"
                 for i, step in enumerate(self.story.steps, 1)]
        wrong = page.verdict(self.story)
        return "\n".join([*lines, *([wrong] if wrong else [])])

    def html(self, live: bool = False) -> str:
        """A page of its own, which steps without a kernel; `live`, its inputs can be turned."""
        return turned(self) if live else super().html()

    def _data(self) -> dict[str, Any]:
        return data(self.story)

    def _widget(self) -> ExploreWidget:
        from tutor.pictures.widget import turned_by

        return super()._widget() if self.turning is None else turned_by(self.turning)

    def _table(self) -> str:
        return page.still(self.story)

    def _svg(self) -> str:
        picture = page.pictures(self.story, page.STILL)[-1].picture
        return svg.if_drawn(picture, svg.standalone)


@answering
def explore(y: Any = None, wrt: Any = None, values: Any = None, inputs: bool = False,
            unroll: int = 0, plumbing: bool = False, live: bool = False) -> Exploration:
    """Step through the evaluation of an expression, and back through its derivatives.

    `y` is a variable, a list of them, or a compiled function; `values` gives each input its value,
    by variable or by name (for a function also the list of its arguments). With `wrt`, a variable
    or a list of them, the steps go on backwards, from the result to each of these; `y` is then a
    scalar. After an error of a compiled function, pass the error (or nothing, for the last one that
    was shown): it begins at the operation that failed. Where nothing failed but a nan or an
    infinity came up, it begins there; without arguments, in the last call in which a nan came up.

    With `inputs`, these have sliders, two of them a plane with a point too, and small arrays cells:
    all is computed anew as they are turned, forwards and backwards, while the notebook has a
    kernel; with `live` in the page itself where there is none. With `unroll`, so many last steps of
    each loop are drawn one after the other. What is only about sizes and dtypes is left out of
    large graphs unless `plumbing` is true.

    Raises `ArgumentError` where a value is missing or does not fit, and what `grad` raises.

    >>> import tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> explore(x ** 2, wrt=x, values={x: 3})
      1  forward  x ** 2 = 9
      2  seed     ∂y/∂(x ** 2) = 1
      3  backward ∂y/∂(x ** 2) = 1
      4  done     ∂y/∂x = 6
    """
    if y is None:
        y = getattr(sys, "last_value", None)
        if quiet.noted and quiet.noted[3] is y:  # the nan came after the last error
            f, given, held, _ = quiet.noted
            with _holding(held):
                return explore(f, wrt, [given.get(f.program.names[v]) for v in f.inputs])
        if y is None:
            raise ArgumentError("there is nothing to explore.", fix="Pass an expression.")
    if isinstance(y, BaseException):
        if hasattr(y, "explore"):  # of a training that diverged: it knows the step
            return y.explore()
        y, values = _call_of(y)
    outputs, given = _question(y, values)
    targets = [] if wrt is None else listed(wrt)
    for v in targets:
        if not isinstance(v, Variable):
            raise DTypeError(f"wrt is a variable, or a list of them, and not {describe(v)}.",
                             fix="Values are given by name: explore(y, values={x: 3.0}).")
    if targets and len(outputs) != 1:
        raise ArgumentError(f"derivatives are of one result, and there are {len(outputs)}.",
                            fix="Pass one variable.")
    values = checked(outputs, given)
    drawn = unrolled(outputs, values, unroll) if unroll else outputs
    story = Story(drawn, targets, values, plumbing, boxed=bool(unroll))
    live = truth(live, "live")
    return Exploration(story, Turning(story) if inputs or live else None, live)


@contextmanager
def _holding(held: Mapping[Container, Any]) -> Iterator[None]:
    """Let containers hold again what they held; after it they hold what they do now."""
    now = {container: container.value for container in held}
    try:
        for container, value in held.items():
            container.value = value
        yield
    finally:
        for container, value in now.items():
            container.value = value


def _question(y: Any, values: Any) -> tuple[list[Variable], Mapping[Any, Any]]:
    """The expressions, and the values of their inputs as they were given."""
    if isinstance(y, Function):
        return _of_function(y, values)
    return list(expressions(y, "explored")), {} if values is None else values


def _of_function(f: Function, values: Any) -> tuple[list[Variable], Mapping[Any, Any]]:
    outputs = [*f._request.run.outputs, *f._request.run.updates.values()]
    if isinstance(values, Mapping):
        return outputs, values
    given: Sequence[Any] = () if values is None else values
    if not isinstance(given, (list, tuple)) or len(given) > len(f.inputs):
        raise ArgumentError(f"{f._signature()} takes {plural(len(f.inputs), 'argument')}.",
                            fix="Pass values=[…], one for each.")
    kept = {v: cell.value for v, cell in zip(f.inputs, f._cells, strict=True)
            if cell.value is not None}
    return outputs, {**kept, **dict(zip(f.inputs, given, strict=False))}


def _call_of(problem: BaseException) -> tuple[Any, Any]:
    """The function whose call failed, and its arguments, out of the traceback."""
    found = None
    step = problem.__traceback__
    while step is not None:
        inside = step.tb_frame.f_locals
        f = inside.get("self")
        if step.tb_frame.f_code.co_name == "__call__" and isinstance(f, Function):
            found = f, [inside.get(f.program.names[v]) for v in f.inputs]
        step = step.tb_next
    if found is None:
        raise ArgumentError("the error did not come from a call of a compiled function.",
                            fix="Pass the expression, and values={…}.")
    return found


