"""A picture as TikZ: a file that LaTeX makes into a page of the picture's size.

The positions are those of the SVG, in points; labels are escaped, or mathematics where they are.

>>> import tutor.tensor as T
>>> from tutor.pictures.picture import build
>>> print(tikz(build([T.dscalar("x") * 2])).splitlines()[0])
\\documentclass[tikz,border=4pt]{standalone}
"""

from __future__ import annotations

from tutor.pictures.geometry import n
from tutor.pictures.mathml import SYMBOLS
from tutor.pictures.picture import BOX, CONSTANT, FOLD, INPUT, OP, SHARED, Edge, Node, Picture
from tutor.pictures.svg import Line, lines, placed

HEAD = r"""\documentclass[tikz,border=4pt]{standalone}
\usepackage{amsmath,amssymb}
\definecolor{input}{HTML}{0072B2}\definecolor{shared}{HTML}{CC79A7}
\definecolor{output}{HTML}{009E73}\definecolor{new}{HTML}{D55E00}
\begin{document}
\begin{tikzpicture}[x=1pt,y=-1pt,font=\sffamily\small,>=latex,
  node/.style={draw,align=center,inner sep=0pt}]
"""
TAIL = "\\end{tikzpicture}\n\\end{document}\n"
STYLES = {INPUT: "rounded corners=3pt,draw=input,fill=input!12",
          SHARED: "rounded corners=6pt,draw=shared,fill=shared!20",
          CONSTANT: "draw=none,fill=black!8",
          OP: "rounded corners=10pt,fill=black!4", FOLD: "dashed",
          BOX: "double"}
ESCAPES = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#",
           "&": r"\&", "_": r"\_", "^": r"\^{}", "~": r"\~{}", "<": "$<$", ">": "$>$"}
#: Signs that a LaTeX without Unicode fonts does not have.
SIGNS = {"×": r"$\times$", "−": "$-$", "÷": r"$\div$", "∂": r"$\partial$", "…": r"\ldots{}",
         "·": r"$\cdot$", "√": r"$\surd$", "≤": r"$\le$", "≥": r"$\ge$", "′": "$'$",
         "□": r"$\square$", "⁻": "$^-$",
         "≠": r"$\ne$", "→": r"$\to$", "⟨": r"$\langle$", "⟩": r"$\rangle$", "ᵀ": r"$^\top$",
         "⊗": r"$\otimes$", "∛": r"$\sqrt[3]{\,}$", "∇": r"$\nabla$",
         "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$", "⌉": r"$\rceil$",
         "ⁿ": "$^n$", "⁽": "$^($", "⁾": "$^)$", "ℓ": r"$\ell$",
         **{letter: rf"$\{word}$" for word, letter in SYMBOLS.items()},
         **{c: f"$_{i}$" for i, c in enumerate("₀₁₂₃₄₅₆₇₈₉")},
         **{c: f"$^{i}$" for i, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}}


def escaped(text: str) -> str:
    """Text as LaTeX prints it.

    >>> escaped("50% x_1 × y")
    '50\\\\% x\\\\_1 $\\\\times$ y'
    """
    return "".join(ESCAPES.get(c) or SIGNS.get(c) or c for c in text)


def tikz(picture: Picture) -> str:
    """The source of a file for LaTeX."""
    sizes, places = placed(picture)
    rows = [_node(node, places.centres[node.id], sizes[node.id]) for node in picture.nodes]
    for edge in picture.edges:
        way = places.routes[edge.id]
        if way.points:
            rows.append(_edge(edge, way.points, way.tip or way.points[-1]))
        if edge.flows:
            rows.append(_flows(edge, places.labels[edge.id]))
    for frame in picture.frames:
        left, top, right, bottom = map(n, places.frames[frame.id])
        rows.append(f"\\draw[dashed,output] ({left},{top}) rectangle ({right},{bottom});\n")
    return f"{HEAD}{''.join(rows)}{TAIL}"


def _node(node: Node, centre: tuple[float, float], size: tuple[float, float]) -> str:
    style = STYLES[node.kind]
    if "new" in node.roles:
        style += ",draw=new,fill=new!12"
    if "output" in node.roles:
        style += ",double,draw=output"
    if "gone" in node.roles:
        style += ",dashed"
    text = r"\\".join(_line(line) for line in lines(node))
    return (f"\\node[node,{style},minimum width={n(size[0])}pt,minimum height={n(size[1])}pt] "
            f"at ({n(centre[0])},{n(centre[1])}) {{{text}}};\n")


def _flows(edge: Edge, centre: tuple[float, float]) -> str:
    lines = [line for flow in edge.flows for line in flow.lines]
    text = r"\\".join(rf"{{\tiny {escaped(line)}}}" for line in lines)
    return f"\\node[align=left,inner sep=0pt] at ({n(centre[0])},{n(centre[1])}) {{{text}}};\n"


def _line(line: Line) -> str:
    size = {"note": r"\tiny ", "name": r"\bfseries\footnotesize "}.get(line.kind, "")
    return f"{{{size}{escaped(line.text)}}}"


def _edge(edge: Edge, points: tuple[tuple[float, float], ...], tip: tuple[float, float]) -> str:
    start, *rest = points
    way = f"({n(start[0])},{n(start[1])})"
    for a, b, c in zip(rest[::3], rest[1::3], rest[2::3], strict=False):
        way += (f" .. controls ({n(a[0])},{n(a[1])}) and ({n(b[0])},{n(b[1])}) .. "
                f"({n(c[0])},{n(c[1])})")
    way += f" -- ({n(tip[0])},{n(tip[1])})"
    mark = f" node[left,font=\\sffamily\\tiny] {{{edge.order}}}" if edge.order else ""
    ends = "->" if edge.strength is None else "<->"  # what comes back goes the other way
    return f"\\draw[{ends},black!60] {way}{mark};\n"
