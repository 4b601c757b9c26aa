"""Pictures into files: what `tutor.printing.pydotprint` does.

SVG, DOT and PNG need nothing else. Anything else Graphviz can make (PDF, …) needs its `dot`
command on the machine, and is an error that says so where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tutor.compile.function import Function
from tutor.errors import ArgumentError, BadValueError, DTypeError
from tutor.graph import Variable
from tutor.operators import quoted
from tutor.pictures import dot, layout, svg, words
from tutor.pictures.fold import fold
from tutor.pictures.picture import Names, Picture, build, detailed
from tutor.pictures.writing import write_whole

WHOLE = 500  # nodes that a file shows before anything is folded
IGNORED = frozenset("compact with_ids high_contrast cond_highlight colorCodes max_label_size "
                    "scan_graphs var_with_name_simple assert_nb_all_strings".split())
FORMATS = frozenset("svg dot gv png pdf ps eps jpg jpeg gif webp bmp tif tiff".split())


def outputs_of(obj: Any) -> list[Variable]:
    """The variables whose graph is drawn: of a function, those that it really computes."""
    if isinstance(obj, Variable):
        return [obj]
    if isinstance(obj, Function):
        return [*obj.graph.outputs, *obj.graph.updates.values()]
    if isinstance(obj, Sequence) and obj and all(isinstance(v, Variable) for v in obj):
        return list(obj)
    raise DTypeError(f"{quoted(obj)} has no graph to draw.",
                     fix="Pass a compiled function, a variable, or a list of variables.")


def pydotprint(fct: Any, outfile: Any = None, format: str | None = None,
               print_output_file: bool = True, return_image: bool = False, **options: Any) -> str:
    """Draw a graph into a file and return its path; `printing.pydotprint` says more."""
    for name in options:
        if name not in IGNORED:
            raise ArgumentError(f"pydotprint has no argument {name!r}.",
                                fix="Write pydotprint(f, outfile); it also takes format.")
    if return_image:
        if outfile is not None:
            pydotprint(fct, outfile, format, False)
        return drawn(outputs_of(fct), "svg").decode()
    path = Path("graph" if outfile is None else outfile)
    kind = (format or path.suffix.removeprefix(".") or "svg").lower()
    if kind not in FORMATS:
        raise BadValueError(f"pydotprint knows no format {kind!r}.",
                           fix="Choose svg, png or dot; with Graphviz on the machine also pdf.")
    if not path.suffix:
        path = path.with_name(f"{path.name}.{kind}")
    write_whole(path, drawn(outputs_of(fct), kind))
    if print_output_file:
        print(f"The output file is available at {path}")
    return str(path)


def whole(outputs: Sequence[Variable], names: Names | None = None) -> Picture:
    """The picture that a file holds: nothing of it is folded unless it is very large."""
    names = names or Names.of(outputs)
    return words.described(detailed(fold(build(outputs, names), WHOLE), names))


def drawn(outputs: Sequence[Variable], kind: str) -> bytes:
    """The contents of the file."""
    picture = whole(outputs)
    if kind == "svg":
        return svg.standalone(picture).encode()
    if kind == "png":
        return png_of(svg.standalone(picture, told=False))
    source = dot.dot(picture)
    return source.encode() if kind in ("dot", "gv") else layout.by_command(source, kind)


def png_of(drawn: str, zoom: float = 2.0) -> bytes:
    """An SVG as a PNG on white, `zoom` pixels for each of its own."""
    import resvg_py

    style = ".tutor-svg{color:#222}"
    return bytes(resvg_py.svg_to_bytes(svg_string=drawn, zoom=zoom, background="white",
                                       style_sheet=style))
