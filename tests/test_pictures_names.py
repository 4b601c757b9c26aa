"""Any string is a name: whatever is drawn or written of it is well formed, and shows no markup."""

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor import show
from tutor.core.graph import Variable
from tutor.pictures import dot, layout, svg, tikz
from tutor.pictures.latex import latex
from tutor.pictures.mathml import mathml
from tutor.pictures.saving import png_of, whole

NAMES = st.text(st.integers(0, 0x10FFFF).map(chr) | st.sampled_from("\"'<>&$%#_^{}\\~ \n\t`*"),
                max_size=12)
#: What XML 1.0 may hold.
XML = re.compile("[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")

def well_formed(text: str) -> None:
    """Parse it as XML, and look for what turns text around or cannot be sent."""
    text = text.replace("&nbsp;", " ")
    assert XML.fullmatch(text) and not BIDI.search(text)
    tree = ElementTree.fromstring(text.encode())
    assert not {e.tag.rpartition("}")[2] for e in tree.iter()} & {"script", "h1"}


def sound(text: str) -> None:
    """Balanced LaTeX, of commands that are known, with nothing that ends mathematics."""
    assert text.encode() and "\n\n" not in text and not BIDI.search(text)
    bare = re.sub(r"\\[^a-zA-Z]", "", text)
    assert bare.count("{") == bare.count("}")
    assert not re.search("[$%#]", bare)
    commands = re.findall(r"\\([a-zA-Z]+)", text)
    assert commands.count("left") == commands.count("right")


def parts(name: str) -> tuple[Variable, Variable, Variable]:
    x, c = T.dscalar(name), tutor.shared(2.0, name)
    z = T.exp(x * c - 1)
    z.name = name
    return x, c, z


@settings(max_examples=60, deadline=None)
@given(NAMES)
@example("\ud800")
@example("\u202e\x00\x1b\ufffe\x85\u2028")
@example("]]></desc><script>alert(1)</script>&amp;")
@example("$\\end{document}${}^_%#~")
@example("e\u0301\u0327🏳\u200d🌈\U000e0067")
def test_everything_shown_of_any_name_is_well_formed(name: str) -> None:
    x, _, z = parts(name)
    bundles: list[Any] = [show.bundle(z), show.show(z * 2, x)._repr_mimebundle_()]
    for bundle in bundles:
        for kind in ("text/html", "image/svg+xml"):
            well_formed(bundle[kind])
        sound(bundle["text/latex"].strip("$"))
        assert bundle["text/plain"].encode()
    assert repr(z).encode() and latex(z).encode()
    well_formed(mathml(latex(z * x)))
    svg.placed.cache_clear()
    picture = whole([z * x])
    layout.run(dot.dot(picture), "json0")  # Graphviz reads it
    source = tikz.tikz(picture)
    assert source.encode()
    body = re.sub(r"\\[^a-zA-Z]", "", source)
    assert body.count("{") == body.count("}") and "%" not in body and "#" not in body


@settings(max_examples=15, deadline=None)
@given(NAMES)
@example("\ud800\x00<\u202e")
def test_explorations_films_and_files_of_any_name_are_well_formed(name: str) -> None:
    x, c, z = parts(name)
    found = tutor.explore(z * x, wrt=x, values={x: 0.5})
    well_formed(found._repr_mimebundle_()["text/html"])
    well_formed(found._repr_mimebundle_()["image/svg+xml"])
    assert found.html().encode() and repr(found).encode()
    for graph in found.data["graphs"]:
        for view in graph["views"]:
            well_formed(view["svg"])
    for step in found.data["steps"]:
        well_formed(f"<p>{step['html']}</p>")
    film = tutor.rewrites(z * 1 + 0 * x)
    well_formed(film._repr_mimebundle_()["text/html"])
    assert film.html().encode() and repr(film).encode()
    assert png_of(svg.standalone(whole([z * x]), told=False))[:4] == b"\x89PNG"
    for shown in (c, T.constant(np.ones(3), name)):
        well_formed(show.bundle(shown)["text/html"])
    f = tutor.function([T.dscalar("x")], z, givens={x: T.constant(1.0)}, name=name,
                       on_unused_input="ignore")
    well_formed(show.bundle(f)["text/html"])
