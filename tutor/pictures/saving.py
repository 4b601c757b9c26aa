"""`save`: a graph, an exploration or a film in a file, for slides, papers and pages.

Comes after all that can be shown. The ending of the file says how: SVG and PNG are pictures, DOT
is for Graphviz, TeX for LaTeX; an HTML page needs nothing but a browser, and steps where there is
something to step through. `pydotprint` is Theano's way to ask for the same.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tutor.checking import truth
from tutor.compile.function import Function, function
from tutor.compile.javascript.module import written as module
from tutor.compile.rules.engine import Steps
from tutor.compile.standalone import Module, shared_of, written
from tutor.core.errors import ArgumentError, BadValueError, DTypeError, NotHereError
from tutor.core.graph import Constant, Variable, quoted
from tutor.core.variables import SharedVariable
from tutor.core.walk import graph_inputs
from tutor.parameters import packed
from tutor.pictures import dot, layout, page, svg, tikz
from tutor.pictures.atomic import write_whole
from tutor.pictures.computed import computed, form
from tutor.pictures.display import Shown, derivatives, listed
from tutor.pictures.explore import Exploration, explore
from tutor.pictures.film import rewrites
from tutor.pictures.gradients import parts_of
from tutor.pictures.picture import Names, Picture, build
from tutor.pictures.steppable import expressions
from tutor.pictures.words import finished
from tutor.signatures import answering

ENDINGS = ("svg", "png", "html", "dot", "tex", "py", "js", "mjs", "npz")
FORMATS = frozenset("svg dot gv png pdf ps eps jpg jpeg gif webp bmp tif tiff".split())
IGNORED = frozenset("compact with_ids high_contrast cond_highlight colorCodes max_label_size "
                    "scan_graphs var_with_name_simple assert_nb_all_strings".split())


@answering
def save(y: Any, path: Any, wrt: Any = None, values: Any = None, live: bool = False) -> str:
    """Write what `y` shows into a file, and return its path.

    `y` is a variable, a list of them, a function, what `explore`, `rewrites` and `show` give, or a
    run of `tutor.live`, whose page replays it. The ending of `path` is one of svg, png, html, dot,
    tex. With `wrt` the derivatives are drawn; with `values` too, an HTML page steps through both.
    A function as `model.py` is a program that needs NumPy alone (JAX, if it was compiled with
    `mode="jax"`), with its shared variables in `model.parameters.npz`; as `model.js` it is a module
    for browsers and node. A list of shared variables as `.npz` is what `load` reads.
    With `live` a page computes by itself, where its program can be written in JavaScript: a run
    trains there, inputs of an expression, of the lines of a derivation, of a film and of a plot are
    turned, a function has a field for each argument.
    An ending that is not known is a `BadValueError`, a folder that is not there an `OSError`;
    nothing is written then.

    >>> import tempfile, tutor.tensor as T
    >>> x = T.dscalar("x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.path.basename(save(x ** 2, f"{folder}/square.html", wrt=x, values={x: 3}))
    'square.html'
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"a path is a string, and {path!r} is none.",
                            fix='Write save(y, "graph.svg").')
    target = Path(path)
    kind = target.suffix.removeprefix(".").lower()
    if kind not in ENDINGS:
        raise BadValueError(f"{target.name!r} does not end in a format that is known.",
                            fix=f"End it in {', '.join('.' + name for name in ENDINGS)}.")
    _check_used(kind, wrt, values)
    if kind == "npz":
        write_whole(target, packed(y))
        return str(target)
    if kind in ("py", "js", "mjs"):
        return program(y, target)
    if values is not None:
        y, wrt = explore(y, wrt, values), None
    shown = rewrites(y) if isinstance(y, Steps) else y
    if truth(live, "live"):
        write_whole(target, computing(shown, kind, wrt).encode())
    else:
        write_whole(target, content(shown, kind, wrt))
    return str(target)


def _check_used(kind: str, wrt: Any, values: Any) -> None:
    """Check that what is asked for has a place in a file of this kind."""
    for name, given in (("wrt", wrt), ("values", values)):
        if given is not None and kind in ("npz", "py"):
            raise ArgumentError(f"a .{kind} file has no place for {name}.", fix="Leave it out; "
                                "a picture or a page has one: .svg or .html.")


def program(y: Any, target: Path) -> str:
    """Write a function, or an expression as a function of its inputs, as a module: of JavaScript,
    or of NumPy, and beside that the values of its shared variables."""
    if isinstance(y, Variable):
        inputs = [v for v in graph_inputs([y]) if not isinstance(v, (Constant, SharedVariable))]
        y = function(inputs, y)
    if not isinstance(y, Function):
        raise DTypeError(f"{quoted(y)} is no function that a program could compute.",
                         fix="Pass a compiled function, or an expression.")
    if target.suffix != ".py":
        write_whole(target, module(y).encode())
        return str(target)
    beside = target.with_suffix(".parameters.npz")
    text = written(y, beside.name, library(y)).encode()
    shared = shared_of(y)
    if shared:
        write_whole(beside, packed(shared))
    write_whole(target, text)
    return str(target)


def library(f: Function) -> type[Module] | None:
    """The kind of module for a function that was compiled for another library than NumPy."""
    if f.mode.backend != "jax":
        return None
    from tutor.compile.jax.written import JaxModule  # loads JAX

    return JaxModule


def computing(y: Any, kind: str, wrt: Any) -> str:
    """A page that computes; an error of what has none."""
    if kind != "html":
        raise BadValueError(f"live=True is for a page, and .{kind} is none.",
                            fix="End the path in .html.")
    if isinstance(y, Function):
        return form(y)
    if not computes(y) and isinstance(y, (Variable, list, tuple)):
        y = explore(y, wrt, computed(expressions(y, "computed")).given)
    if not computes(y):
        raise DTypeError(f"{quoted(y)} is nothing that a page could compute.",
                         fix="Pass an expression, a function, a plot, a derivation, or a run of "
                         "tutor.live.")
    return str(y.html(live=True))


def computes(y: Any) -> bool:
    """Say whether something that is shown has a page that computes."""
    made = getattr(type(y), "html", None)
    return made is not None and "live" in inspect.signature(made).parameters


def content(y: Any, kind: str, wrt: Any) -> bytes:
    """What a file holds: a page, the still picture of what moves, or a graph."""
    has_page = callable(getattr(type(y), "html", None))
    if kind == "html":
        shown = y if has_page else Shown(parts_of(y, wrt))
        return str(shown.html()).encode()
    if isinstance(y, Exploration):
        return rendered(page.pictures(y.story, page.WHOLE)[-1].picture, kind)
    if has_page:
        return still(y, kind)
    if wrt is None:
        return rendered(whole(outputs_of(y)), kind)
    gradients = derivatives(y, listed(wrt))
    return rendered(whole(gradients, Names.of([y, *gradients])), kind)


def still(y: Any, kind: str) -> bytes:
    """The picture of what moves, if it is a single one."""
    drawn = y._repr_mimebundle_().get("image/svg+xml")
    known = [".html", ".svg", ".png"] if drawn else [".html"]
    if f".{kind}" not in known:
        raise BadValueError(f"{type(y).__name__} is nothing that .{kind} could hold.",
                            fix=f"End the path in {' or '.join(known)}.")
    return png_of(drawn) if kind == "png" else str(drawn).encode()


def outputs_of(obj: Any) -> list[Variable]:
    """The variables whose graph is drawn: of a function, those that it really computes."""
    if isinstance(obj, Function):
        return [*obj.graph.outputs, *obj.graph.updates.values()]
    found = listed(obj) if isinstance(obj, (Variable, Sequence)) else []
    if not found or not all(isinstance(v, Variable) for v in found):
        raise DTypeError(f"{quoted(obj)} has no graph to draw.",
                         fix="Pass a compiled function, a variable, or a list of variables.")
    return found


def whole(outputs: Sequence[Variable], names: Names | None = None) -> Picture:
    """The picture that a file holds: nothing of it is folded unless it is very large."""
    names = names or Names.of(outputs)
    return finished(build(outputs, names), names, page.WHOLE)


def rendered(picture: Picture, kind: str) -> bytes:
    """A picture in a format; those that are not ours are made by Graphviz's own command."""
    if kind == "svg":
        return svg.standalone(picture).encode()
    if kind == "png":
        return png_of(svg.standalone(picture, told=False))
    if kind == "tex":
        return tikz.tikz(picture).encode()
    source = dot.dot(picture)
    return source.encode() if kind in ("dot", "gv") else layout.by_command(source, kind)


def png_of(drawn: str, zoom: float = 2.0) -> bytes:
    """An SVG as a PNG on white, `zoom` pixels for each of its own."""
    try:
        import resvg_py
    except ImportError as problem:  # as in Pyodide
        raise NotHereError(f"no PNG can be made here: {problem}.",
                           fix="Save it as .svg, or pip install resvg-py.") from problem

    style = ".tutor-svg{color:#222}"
    return bytes(resvg_py.svg_to_bytes(svg_string=drawn, zoom=zoom, background="white",
                                       style_sheet=style))


def pydotprint(fct: Any, outfile: Any = None, format: str | None = None,
               print_output_file: bool = True, return_image: bool = False, **options: Any) -> str:
    """Draw a graph into a file and return its path; `printing.pydotprint` says more."""
    for name in options:
        if name not in IGNORED:
            raise ArgumentError(f"pydotprint has no argument {name!r}.",
                                fix="Write pydotprint(f, outfile); it also takes format.")
    picture = whole(outputs_of(fct))
    if return_image and outfile is None:
        return svg.standalone(picture)
    path = Path("graph" if outfile is None else outfile)
    kind = (format or path.suffix.removeprefix(".") or "svg").lower()
    if kind not in FORMATS:
        raise BadValueError(f"pydotprint knows no format {kind!r}.",
                           fix="Choose svg, png or dot; with Graphviz on the machine also pdf.")
    if not path.suffix:
        path = path.with_name(f"{path.name}.{kind}")
    write_whole(path, rendered(picture, kind))
    if return_image:
        return svg.standalone(picture)
    if print_output_file:
        print(f"The output file is available at {path}")
    return str(path)
