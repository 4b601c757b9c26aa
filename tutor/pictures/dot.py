"""A picture as DOT, Graphviz's own language: to be laid out, changed or printed with other tools.

User text is escaped; labels are plain, never HTML-like. One font family, the colours of the SVG.

>>> import tutor.tensor as T
>>> from tutor.pictures.picture import build
>>> print(dot(build([T.dscalar("x") * 2])).splitlines()[0])
digraph {
"""

from __future__ import annotations

import graphviz

from tutor.pictures.picture import BOX, CONSTANT, FOLD, INPUT, OP, SHARED, Node, Picture
from tutor.pictures.svg import lines

LOOKS = {  # of each kind: shape, style, colour of the line and of the paper
    INPUT: ("box", "rounded,filled", "#0072b2", "#dbeaf4"),
    CONSTANT: ("plaintext", "filled", "#ececec", "#ececec"),
    SHARED: ("cylinder", "filled", "#cc79a7", "#f6e6ef"),
    OP: ("box", "rounded,filled", "#767676", "#f5f5f5"),
    FOLD: ("box", "dashed,filled", "#767676", "#ffffff"),
    BOX: ("box3d", "filled", "#767676", "#ffffff"),
}


def dot(picture: Picture) -> str:
    """The DOT source of a picture."""
    graph = graphviz.Digraph(comment=None)
    graph.attr(ordering="in", bgcolor="transparent")
    graph.attr("node", fontname="Helvetica", fontsize="12", fontcolor="#222222", margin="0.12,0.05",
               height="0.3", width="0.3")
    graph.attr("edge", fontname="Helvetica", fontsize="9", color="#767676", fontcolor="#767676",
               arrowsize="0.6")
    for node in picture.nodes:
        graph.node(node.id.replace("-", "_"), escaped(*[line.text for line in lines(node)]),
                   **attributes(node))
    for e in picture.edges:
        place = {"headlabel": e.order, "labeldistance": "1.4"} if e.order else {}
        place |= {"taillabel": e.output, "labeldistance": "1.4"} if e.output else {}
        if e.strength is not None:  # what comes back goes the other way
            place["dir"] = "both"
        if e.flows:
            place["label"] = escaped(*[line for flow in e.flows for line in flow.lines])
        graph.edge(e.tail.replace("-", "_"), e.head.replace("-", "_"), **place)
    return str(graph.source)


def escaped(*rows: str) -> str:
    """Rows of text as a label that shows them as they are."""
    return str(graphviz.nohtml("\\n".join(graphviz.escape(row) for row in rows)))


def attributes(node: Node) -> dict[str, str]:
    """How a node looks, by its kind and roles."""
    shape, style, line, fill = LOOKS[node.kind]
    if "new" in node.roles:
        line, fill = "#d55e00", "#f9e5d8"
    found = {"shape": shape, "style": style, "color": line, "fillcolor": fill}
    if "output" in node.roles:
        found |= {"peripheries": "2", "color": "#009e73"}
    return found
