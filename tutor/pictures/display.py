"""What is shown of each kind of object: which formulas, which pictures, which words.

`bundle(obj)` is a dict from MIME type to text. Variables show formula, type and graph; functions
their inputs, outputs, updates, both graphs and their source; shared variables their value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any, NamedTuple

import numpy as np

from tutor.compile.compiled import Function
from tutor.core.errors import DTypeError
from tutor.core.graph import Apply, Constant, Variable, quoted
from tutor.core.types import TensorType, Type
from tutor.core.variables import SharedVariable
from tutor.core.walk import toposort
from tutor.derivatives.cost import grad, lost
from tutor.formulas import TEXT, Walk, formula, pieces_of, written
from tutor.pictures import html, svg, words
from tutor.pictures.boxes import boxes_in, results
from tutor.pictures.charts.chart import Scene
from tutor.pictures.charts.heat import Sheet
from tutor.pictures.charts.svg import inline, standing_alone
from tutor.pictures.latex import aligned, fitting, in_line, symbol
from tutor.pictures.loops import insides
from tutor.pictures.opening import Opening, contents
from tutor.pictures.picture import BOX, Names, Picture, build, pretty, printable, type_words
from tutor.pictures.summary import FEW, RECORDED, at_a_glance, sparkline

Bundle = dict[str, Any]
SHORT = 18  # characters of a formula in the name of a derivative
LINES = 400  # of a program that are shown
BOTH = "The same number marks the same node in both graphs."


class Parts(NamedTuple):
    """One object in every format."""

    plain: str
    latex: str = ""
    html: str = ""
    picture: Picture | None = None
    drawn: str = ""  # as SVG, where it is no graph

    def bundle(self) -> Bundle:
        """By MIME type; what is empty is left out."""
        drawn = self.drawn or svg.if_drawn(self.picture, svg.standalone)
        found = {"text/plain": self.plain, "text/html": self.html, "image/svg+xml": drawn}
        if self.latex:
            found["text/latex"] = rf"$\displaystyle {self.latex}$"
        return {kind: text for kind, text in found.items() if text}


class Shown:
    """Something to display: it is shown as HTML, SVG, LaTeX or text, as the reader can."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        return self._parts.bundle()

    def __repr__(self) -> str:
        return self._parts.plain

    def html(self) -> str:
        """A page of its own."""
        return html.document("tutor", self._parts.html or f"<pre>{escape(self._parts.plain)}</pre>")


class Drawn(NamedTuple):
    """A picture as it is shown, with its boxes as they open, if it has some; what comes out of them
    is `called` as they are. In some plumbing is left `out`."""

    picture: Picture
    boxes: Opening | None = None
    called: Mapping[Variable, str] = {}
    out: bool = False

    def html(self, caption: str = "") -> str:
        """On a page, with a caption."""
        return html.graph(self.picture, caption, self.boxes and self.boxes.html)


def drawn(outputs: Sequence[Variable], names: Names, title: str, always: bool = False,
          **options: Any) -> Drawn:
    """The graph of some outputs: boxes closed or folded where it is large, or `always`, with what
    is said of each node, and a description."""
    whole = build(outputs, names, title=title, **options)
    boxes = boxes_in(whole, names, always)
    if boxes is None or not boxes.all:
        picture = words.finished(whole if boxes is None else boxes.picture, names)
        return Drawn(picture, out=boxes is not None and not names.plumbing)
    views = [view._replace(picture=words.finished(view.picture, names))
             for view in boxes.views(mirrored=False)]
    opening = Opening(views, contents(boxes, names))
    return Drawn(views[0].picture, opening, results(views[0].picture, names), not names.plumbing)


def listed(one: Any) -> list[Any]:
    """A list as it is, one thing as a list of it."""
    return list(one) if isinstance(one, (list, tuple)) else [one]


def parts_of(obj: Any, plumbing: bool = False) -> Parts:
    """An object in every format."""
    if isinstance(obj, SharedVariable):
        return of_shared(obj)
    if isinstance(obj, Variable):
        return of_expressions([obj], plumbing)
    if isinstance(obj, Function):
        return of_function(obj, plumbing)
    if isinstance(obj, Type):
        return of_type(obj)
    if isinstance(obj, (np.ndarray, np.generic)):
        return of_value(obj)
    if isinstance(obj, (list, tuple)) and obj and all(isinstance(v, Variable) for v in obj):
        return of_expressions(list(obj), plumbing)
    raise DTypeError(f"{quoted(obj)} is nothing that can be shown as a graph.",
                     fix="Show a variable, a list of variables, a compiled function, or a type.")


def title_of(v: Variable) -> str:
    """What a picture of a variable is called."""
    return f"Expression graph of {printable(v.name) if v.name is not None else formula(v)}"[:120]


def formulas_of(variables: Sequence[Variable],
                names: Mapping[Variable, str] | None = None) -> html.Formulas:
    """The formulas of variables: `z = …` for each that has a name, given here or its own."""
    called = {v: v.name for v in variables if v.name is not None and is_made(v)}
    called |= names or {}
    bare = [Constant(v.type, v.data) if isinstance(v, Constant) else v for v in variables]
    found = fitting(bare, called)
    lefts = [symbol(called[v]) if v in called else "" for v in variables]
    rows = (*zip(lefts, found.texts, strict=True), *found.where)
    if len(variables) == 1:
        plain = formula(bare[0])
        return html.Formulas(rows, f"{pretty(called[v])} = {plain}" if (v := variables[0]) in called
                             else plain)
    texts = written(bare, TEXT, names={v: pretty(name) for v, name in called.items()})
    lines = [f"{pretty(called[v])} = {text}" if v in called else text
             for v, text in zip(variables, texts.texts, strict=True)]
    lines += [f"{'      ' if i else 'where '}{name} = {text}"
              for i, (name, text) in enumerate(texts.where)]
    return html.Formulas(rows, "\n".join(lines))


def is_made(v: Variable) -> bool:
    """Whether there is something behind the name of a variable: an operation, or a value."""
    return v.owner is not None or isinstance(v, Constant)


def inner(outputs: Sequence[Variable]) -> str:
    """The graphs inside the ops of a graph, with their formulas."""
    shown = []
    for one in insides(outputs):
        names = Names.of(one.outputs)
        names.labels.update(one.names)
        picture = drawn(one.outputs, names, one.caption)
        formulas = html.math(formulas_of(one.outputs, one.names))
        shown += [html.heading(one.caption), formulas, picture.html()]
    return "".join(shown)


def of_shared(v: SharedVariable) -> Parts:
    """Name, type, value as it is now."""
    value = v.get_value(borrow=True)
    shape = f", shape {value.shape}" if getattr(value, "ndim", 0) else ""
    rows = [("shared", html.mathematics(v)),
            ("type", escape(type_words(v.type) + shape)),
            ("value now", html.code(words.value_words(value)))]
    history = sparkline(RECORDED.get(v, ()))
    rows += [("recorded", history)] if history else []
    picture = drawn([v], Names.of([v]), title_of(v)).picture
    text = html.page(html.table(rows))
    if isinstance(value, np.ndarray) and value.size > FEW:
        text += in_page(heat_map(value, v.name or "value"))
    return Parts(repr(v), in_line(v), text, picture)


def heat_map(value: Any, name: str) -> Scene | None:
    """An array of numbers as a picture with its scale, whose cells are read under a pointer."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iufb":
        return None
    if not 1 <= value.ndim <= 4 or value.size < 2:
        return None
    sheet = Sheet(value, name, centred=bool((value < 0).any()))
    return sheet.scene(f"{name} as a heat map: {at_a_glance(value).words}")


def of_value(value: Any, name: str = "") -> Parts:
    """A result: its numbers where they are few, else its shape and its range; and a heat map."""
    found, cells = at_a_glance(value), heat_map(value, name)
    if cells is None:
        return Parts(found.words, html=html.page(f"<div>{found.html}</div>"))
    text = html.page(f"<div>{html.code(found.words)}</div>") + in_page(cells)
    return Parts(found.words, html=text, drawn=standing_alone(cells))


def in_page(scene: Scene | None) -> str:
    """A chart whose numbers are read under a pointer, if there is one."""
    return inline(scene, reads=True) if scene is not None else ""


def of_type(type_: Type) -> Parts:
    """What values of a type are."""
    if not isinstance(type_, TensorType):
        return Parts(repr(type_))
    rows = [(name, html.code(text)) for name, text in words.type_rows(type_)]
    text = html.page(f"<div>{html.code(repr(type_))}</div>", html.line(words.type_meaning(type_)),
                     html.table(rows))
    return Parts(repr(type_), html=text)


def of_expressions(variables: list[Variable], plumbing: bool = False) -> Parts:
    """Formula, type, graph of a variable; of several in one graph."""
    single = len(variables) == 1
    title = title_of(variables[0]) if single else "Expression graph"
    graph = drawn(variables, Names.of(variables, plumbing), title)
    found = formulas_of([*graph.called, *variables], graph.called)
    made = not single or variables[0].owner is not None
    text = html.page(html.math(found), html.line(type_words(variables[0].type) * single),
                     graph.html() * made, inner(variables))
    if single and isinstance(v := variables[0], Constant) and np.size(v.data) > FEW:
        text += in_page(heat_map(v.data, v.name or "value"))
    return Parts("\n".join(map(repr, variables)), aligned(found.equations), text, graph.picture)


class Pair:
    """Two graphs to compare: which variables are computed in both, and which in one alone."""

    def __init__(self, left: Sequence[Variable], right: Sequence[Variable]) -> None:
        self.left = [n.outputs[0] for n in toposort(left)]
        self.right = [n.outputs[0] for n in toposort(right)]
        both = set(self.left) & set(self.right)
        common = [v for v in self.left if v in both]
        self.badges = {v: str(i + 1) for i, v in enumerate(common)}
        self.gone = {v: ["gone"] for v in self.left if v not in both}
        self.new = {v: ["new"] for v in self.right if v not in both}


def named_derivatives(called: str, below: Sequence[str], cost: Variable,
                      gradients: Sequence[Variable], names: Names) -> dict[Variable, str]:
    """The names of a cost and its derivatives in formulas; in pictures they are `names.labels`."""
    pairs = list(zip(gradients, below, strict=True))
    for v, x in pairs:
        if v.owner is not None:
            names.labels.setdefault(v, f"∂{called}/∂{x}")
    return {cost: called, **{v: f"(d{called}/d{x})" for v, x in pairs}}


def derivatives(cost: Any, wrt: Sequence[Any]) -> list[Variable]:
    """The derivatives that are drawn; a DisconnectedInputError where there is none."""
    found = grad(cost, list(wrt), disconnected_inputs="ignore", return_disconnected="None")
    for v, g in zip(wrt, found, strict=True):
        if g is None:
            raise lost(v, cost, ignored=False)
    return list(found)


def result_name(y: Variable, taken: Collection[str | None]) -> str:
    """What is derived is called: its name, or one that is free."""
    if y.name is not None:
        return printable(y.name)
    return "cost" if "y" in taken else "y"


def derivative_names(cost: Variable, wrt: Sequence[Variable],
                     names: Names) -> tuple[str, list[str]]:
    """What the cost and what each variable is called in ∂cost/∂variable."""
    called = result_name(cost, {v.name for v in names.index})
    found = [names.called(v) or names.words.get(v) or in_brackets(v) for v in wrt]
    if len(set(found)) < len(found):  # as in the formula of the cost, where they have numbers
        pieces = pieces_of([Walk(cost, TEXT)])
        found = [pieces[v].text if v in pieces and found.count(name) > 1 else name
                 for v, name in zip(wrt, found, strict=True)]
    return called, found


def in_brackets(v: Variable) -> str:
    """What a variable without a name is called in a derivative: its formula, if that is short."""
    text = formula(v)
    return f"({text})" if len(text) <= SHORT else "·"


def of_function(f: Function, plumbing: bool = False) -> Parts:
    """Inputs, outputs, updates, the graph before and after rewriting, and the source."""
    written, running = changes(f)
    before, after = [*f.outputs, *written.values()], [*f.graph.outputs, *running.values()]
    names = Names.of([*before, *after], plumbing)
    for shared, new in (*written.items(), *running.items()):
        if new.owner is not None:
            target = names.called(shared) or names.words.get(shared, "value")
            names.labels.setdefault(new, f"new {target}")
    pair = Pair(before, after)
    badges = pair.badges if pair.new or pair.gone else {}
    left = drawn(before, names, "The graph as it was written", roles=pair.gone, badges=badges)
    right = drawn(after, names, "The graph as it runs", roles=pair.new, badges=badges)
    right = right._replace(picture=timed(f, right.picture, names))
    pictures, note = [left.html("as written, and as it runs")], ""
    if pair.new or pair.gone:
        pictures = [left.html("as written"), right.html("as it runs")]
        note = f"{BOTH if pair.badges else ''} Dashed nodes went, orange ones came."
    text = html.page(html.table(function_rows(f)), html.beside(*pictures) if before else "",
                     html.line(note.strip()), inner(after),
                     html.program("The NumPy program", program_rows(f, names, right.picture)))
    return Parts(plain_function(f), "", text, right.picture if after else None)


def program_rows(f: Function, names: Names, picture: Picture) -> list[html.Row]:
    """The lines of the program, each with the node in the picture, and the box where these are
    closed; after profiling, with its time."""
    seen = {key: node for node in picture.nodes for key in (node.id, *node.inside)}
    rows = []
    plain = f if f.profile is None else f.copy(profile=False)  # what was timed ran node by node
    for text, node in plain._rows(LINES):
        key = names.id(node.outputs[0]) if node is not None and node.outputs[0] in names.index \
            else ""
        seconds = spent(f, node) if not text.lstrip().startswith(("#", "if ")) else ""
        before = "" if f.profile is None else f"{seconds:>9} "
        at = seen.get(key)
        rows.append(html.Row(before + text, "" if at is None else at.id,
                             at.label if at is not None and at.kind == BOX else ""))
    return rows


def spent(f: Function, node: Apply | None) -> str:
    """How long a node took in a call, on average, where that was measured."""
    if f.profile is None or node not in f.profile.apply_time:
        return ""
    return f"{f.profile.apply_time[node] / f.profile.apply_callcount[node] * 1e6:.3g} µs"


def timed(f: Function, picture: Picture, names: Names) -> Picture:
    """The picture with the time of each node, where that was measured."""
    if f.profile is None:
        return picture
    times = {names.id(n.outputs[0]): spent(f, n) for n in f.profile.apply_time
             if n.outputs[0] in names.index}
    return replace(picture, nodes=tuple([
        replace(node, note=times.get(node.id) or node.note) for node in picture.nodes]))


def changes(f: Function) -> tuple[dict[Variable, Variable], dict[Variable, Variable]]:
    """What is stored after a call, in shared variables and in inputs that keep their value: as it
    was written, and as it runs."""
    written: dict[Variable, Variable] = dict(f.updates.items())
    running: dict[Variable, Variable] = dict(f.graph.updates.items())
    return written | f._request.written.states, running | f.graph.states


def function_rows(f: Function) -> list[tuple[str, str]]:
    """What goes in, what comes out, what is stored."""
    rows = [("function", html.code(f._signature()))]
    for v in f.inputs:
        name = html.mathematics(v)
        rows.append(("input", f"{name} : {escape(type_words(v.type))}"))
    called = {v: v.name for v in f.outputs if v.name is not None and is_made(v)}
    written, _ = changes(f)
    found = fitting([*f.outputs, *written.values()], called)
    for v, text in zip(f.outputs, found.texts, strict=False):
        left = f"{symbol(called[v])} = " if v in called else ""
        plain = f"{pretty(called[v])} = {formula(v)}" if v in called else formula(v)
        rows.append(("output", html.inline_math(left + text, plain)))
    for (shared, new), text in zip(written.items(), found.texts[len(f.outputs):], strict=True):
        rows.append(("update", html.inline_math(rf"{in_line(shared)} \leftarrow {text}",
                                                f"{formula(shared)} ← {formula(new)}")))
    rows += [("" if i else "where", html.inline_math(f"{name} = {text}", ""))
             for i, (name, text) in enumerate(found.where)]
    return rows


def plain_function(f: Function) -> str:
    """A function on a few lines of text."""
    lines = [f"{f!r}"]
    lines += [f"  output  {formula(v)}" for v in f.outputs]
    lines += [f"  update  {formula(s)} = {formula(new)}" for s, new in changes(f)[0].items()]
    return "\n".join(lines)
