"""Pictures: what they show, that hostile names stay text, that the same graph is the same bytes.

Two threads may draw at once; Graphviz's compiled module is read back only from a file that nobody
else can have written. How large graphs are shown: `test_show_large.py`.
"""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor
import tutor.tensor as T
from tutor import show
from tutor.core.errors import TutorError
from tutor.core.graph import Variable
from tutor.pictures import dot, layout, svg, words
from tutor.pictures.fold import fold
from tutor.pictures.picture import Names, Picture, build, detailed, printable

SVG = "{http://www.w3.org/2000/svg}"


def picture(*outputs: Variable) -> Picture:
    names = Names.of(outputs)
    return words.described(detailed(fold(build(outputs, names)), names))


def quadratic() -> tuple[Variable, Variable, Variable]:
    x, y = T.dscalars("x", "y")
    z = (x + 2 * y) ** 2
    z.name = "z"
    return x, y, z


def layers(times: int) -> Variable:
    h: Variable = T.dmatrix("X")
    for i in range(times):
        h = T.tanh(h * tutor.shared(np.eye(3), f"W{i}") + tutor.shared(np.zeros(3), f"b{i}"))
    return h


def trained() -> "tutor.Function":
    x, c = T.dvector("x"), tutor.shared(0.0, "c")
    y = T.sum((x - c) ** 2)
    return tutor.function([x], y, updates={c: c - 0.05 * tutor.grad(y, c)})


OBJECTS = {
    "input": lambda: T.dscalar("x"),
    "unnamed": lambda: T.dmatrix(),
    "constant": lambda: T.constant([[1.0, 2.0], [3.0, 4.0]]),
    "expression": lambda: quadratic()[2],
    "shared": lambda: tutor.shared(np.arange(6.0).reshape(2, 3), "w"),
    "type": lambda: T.drow,
    "function": trained,
    "no outputs": lambda: tutor.function([]),
    "list": lambda: [quadratic()[2], T.dscalar("q") * 2],
    "layers": lambda: layers(40),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_everything_shows_itself(name: str) -> None:
    bundle = show.bundle(OBJECTS[name]())
    assert bundle["text/plain"]
    ElementTree.fromstring(bundle["text/html"].replace("&nbsp;", " "))
    if "image/svg+xml" in bundle:
        ElementTree.fromstring(bundle["image/svg+xml"])
    together = "".join(bundle.values())
    assert not re.search(r"0x[0-9a-f]{6,}|<script|\sid=|<foreignObject", together)


def test_a_notebook_asks_the_object_itself() -> None:
    x, _, z = quadratic()
    assert z._repr_mimebundle_() == show.bundle(z)
    assert tutor.show(z)._repr_mimebundle_() == show.bundle(z)
    assert tutor.show(z, wrt=x)._repr_mimebundle_()["text/plain"] == repr(show.show(z, [x]))


def test_a_picture_is_plain_data() -> None:
    x, y, z = quadratic()
    found = picture(z)
    assert [(n.kind, n.label, n.name) for n in found.nodes if n.kind != "constant"] == [
        *(("input", "y", "y"), ("op", "×", ""), ("input", "x", "x")),
        *(("op", "+", ""), ("op", "□²", "z")),
    ]
    power = found.nodes[-1]
    assert (power.formula, power.type, power.roles) == (
        "(x + 2 * y) ** 2", "float64 scalar", ("output",),
    )  # fmt: skip
    assert power.origin.endswith("z = (x + 2 * y) ** 2") and "test_show.py, line" in power.origin
    assert [e.order for e in found.edges if e.head == power.id] == ["1", "2"]
    product = next(n for n in found.nodes if n.label == "×")
    assert [e.order for e in found.edges if e.head == product.id] == ["", ""]
    with pytest.raises(AttributeError):
        power.label = "other"  # type: ignore[misc]
    for count, told in ((4, ["1", "2", "3", "4"]), (12, ["1", "12"])):  # of many the two ends
        drawn = svg.inline(picture(T.concatenate([T.dvector("v")] * count)))
        assert re.findall(r'tutor-order"[^>]*>(\d+)<', drawn) == told
    assert found == picture(z)
    assert {x, y} <= set(Names.of([z]).index)


def test_no_operation_is_labelled_with_the_name_of_a_variable() -> None:
    x, k = T.dscalar("x"), T.iscalar("k")
    made = [x**2, x**-1.5, x**k, -x, abs(x), T.sqr(x), 1 / x, T.floor(x)]
    labels = [picture(y).nodes[-1].label for y in made]
    assert labels == ["□²", "□^-1.5", "pow", "−□", "|□|", "sqr", "÷", "⌊□⌋"]


def test_the_description_tells_every_step() -> None:
    assert picture(quadratic()[2]).description == (
        "3 operations on y, x. #1 = ×(2, y); #2 = +(x, #1); #3 = □²(#2, 2). "
        "Result: #3 (z), float64 scalar."
    )


def test_every_node_and_edge_is_drawn_once_under_its_id() -> None:
    found = picture(quadratic()[2])
    tree = ElementTree.fromstring(svg.standalone(found))
    assert [g.get("data-node") for g in tree.iter() if g.get("data-node")] == [
        n.id for n in found.nodes
    ]
    groups = [g for g in tree.iter(SVG + "g") if g.get("data-edge")]
    drawn = {g.get("data-edge"): (g.get("data-from"), g.get("data-to")) for g in groups}
    assert drawn == {e.id: (e.tail, e.head) for e in found.edges}
    assert len(groups) == len(found.edges)
    assert tree.get("role") == "img"
    assert tree.findtext(SVG + "desc") == found.description


def test_each_edge_runs_from_its_own_tail_to_its_own_head() -> None:
    """Graphviz numbers edges in its own order; a mix-up would move labels between arrows."""
    sizes = dict.fromkeys("abcdef", (30.0, 20.0))
    edges = [("1", "c", "f", 1), ("2", "a", "d", 1), ("3", "b", "d", 1), ("4", "d", "f", 1),
             ("5", "a", "f", 1), ("6", "e", "f", 1), ("7", "d", "f", 1)]  # fmt: skip
    found = layout.positions(layout.Wanted(sizes, edges))
    for key, tail, head, _ in edges:
        way = found.routes[key]
        (x0, y0), (x1, y1) = found.centres[tail], found.centres[head]
        assert abs(way.points[0][0] - x0) <= 16 and abs(way.points[0][1] - y0) <= 11
        assert way.tip is not None
        assert abs(way.tip[0] - x1) <= 16 and abs(way.tip[1] - y1) <= 11


def badges(drawing: str) -> dict[str, str]:
    """The number beside each node that has one."""
    found = {}
    for group in ElementTree.fromstring(drawing).iter("g"):
        for part in group.findall("g"):
            if part.get("class") == "tutor-badge":
                found[group.get("data-node") or ""] = part.findtext("text") or ""
    return found


def test_a_derivative_is_beside_its_expression_and_shares_its_numbers() -> None:
    x, _, z = quadratic()
    html = tutor.show(z, wrt=[x])._repr_mimebundle_()["text/html"]
    left, right = re.findall(r"<svg .*?</svg>", html, re.DOTALL)
    numbers = badges(left)
    assert sorted(numbers.values()) == ["1", "2"]
    assert badges(right) == numbers
    assert "tutor-new" in right and "tutor-new" not in left
    assert "∂z/∂x" in right


def test_a_part_has_one_name_in_all_formulas_that_are_shown_together() -> None:
    x, w = T.dvector("x"), tutor.shared(np.zeros(3), "w")
    p = 1 / (1 + T.exp(-T.dot(x, w) - 1))
    cost = -T.log(p) - T.log(1 - p) + T.sum(w ** 2)
    text = repr(tutor.show(cost, wrt=[w, x], plumbing=True))
    defined = re.findall(r"^(?:where|     ) (t\d+) = ", text, re.MULTILINE)
    assert defined and len(defined) == len(set(defined))
    assert set(re.findall(r"t\d+", text)) == set(defined)
    rows = show.bundle(tutor.function([x], [p, cost]))["text/html"]
    assert "<th>where</th>" in rows


def test_a_derivative_may_speak_of_the_expression_by_name() -> None:
    x = T.dscalar("x")
    assert repr(tutor.show(T.exp(x), wrt=x)) == "y = exp(x)\n∂y/∂x = 1 * y\n      = eˣ"


def powers() -> list[Variable]:
    x = T.dvector("x")
    both, _ = tutor.scan(lambda p, q, x: [p * x, q + p], outputs_info=[x, x * 2],
                         non_sequences=x, n_steps=3)
    return list(both)


def test_each_result_of_an_operation_with_several_stays_apart() -> None:
    first, second = powers()
    found = picture(second[0] - first[1])
    assert {e.output for e in found.edges} == {"", "[0]", "[1]"}
    assert sum(n.label == "scan" for n in found.nodes) == 1
    second.name = "q"
    loop = next(n for n in picture(second).nodes if n.label == "scan")
    assert (loop.name, loop.roles) == ("q", ("output",))
    assert "[1]" in words.described(found).description
    ElementTree.fromstring(svg.standalone(found))


def test_an_input_that_keeps_its_value_is_updated() -> None:
    x, y = T.dscalars("x", "y")
    f = tutor.function([x, tutor.In(y, value=0.0, update=y + x)], x * y)
    assert "update  y = y + x" in show.bundle(f)["text/plain"]
    assert "new y" in show.bundle(f)["text/html"]


def test_a_loop_shows_one_step_of_it() -> None:
    html = show.bundle(powers()[0])["text/html"]
    assert "Each step of scan" in html and "x[t-1]" in html


def test_a_derivative_that_cannot_be_is_the_engines_error() -> None:
    with pytest.raises(tutor.errors.CostError):
        tutor.show(T.dvector("v") * 2, wrt=T.dvector("v"))


def test_a_function_shows_what_came_and_what_went() -> None:
    html = show.bundle(trained())["text/html"]
    assert "as written" in html and "as it runs" in html
    assert "tutor-gone" in html and "tutor-new" in html
    assert "def f(x):" in html and "←" in html
    assert "new c" in html


HOSTILE = [
    *("<script>alert(1)</script>", '"><b>', "a\\nb", "a\nb", "$x$", "x_y_z", "&amp;", "{0}"),
    *("]]>", "-->", "\x00\x1b", "🙂", "%s%n", "名前", "\\", '"', "<>", "a" * 500, "", " "),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name: str) -> None:
    x = T.dscalar(name)
    z = T.exp(x * 2 - x)
    z.name = name
    bundle = show.bundle(z)
    for kind in ("text/html", "image/svg+xml"):
        tree = ElementTree.fromstring(bundle[kind].replace("&nbsp;", " "))
        assert not {e.tag.rpartition("}")[2] for e in tree.iter()} & {"script", "b"}
        first = next(e for e in tree.iter() if e.get("data-node"))
        words = [t.text for t in first if t.tag.endswith("text")]
        label = (words[0] or "").strip("…")[:6]
        assert label in printable(name)
    svg.placed.cache_clear()
    layout.run(dot.dot(picture(z)), "json0")  # Graphviz reads it


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30))
def test_any_name_gives_xml_and_dot_that_are_read(name: str) -> None:
    x = T.dscalar(name)
    bundle = show.bundle(x * x)
    ElementTree.fromstring(bundle["text/html"])
    ElementTree.fromstring(bundle["image/svg+xml"])
    layout.run(dot.dot(picture(x * x)), "json0")


def test_without_a_layout_all_but_the_graph_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("No module named 'wasmtime'")

    monkeypatch.setattr(layout, "renderer", missing)
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    svg.placed.cache_clear()
    x, c = T.dscalar("x"), tutor.shared(1.0, "c")
    z = T.tanh(x * c)
    f = tutor.function([x], z, updates={c: c + 1})
    shown = [show.bundle(v)["text/html"] for v in (z, f, c, [z, x * 2])]
    shown.append(show.show(z, x)._repr_mimebundle_()["text/html"])
    found = tutor.explore(z, wrt=x, values={x: 1})
    shown.append(found._repr_mimebundle_()["text/html"])
    for page in shown:
        ElementTree.fromstring(page)
        assert "<math" in page and "<svg" not in page
    assert all("no graph can be drawn here" in page for page in (*shown[:2], *shown[3:]))
    assert "NumPy program" in shown[1] and "<table" in shown[1] and "<table" in shown[-1]
    assert found.data["graphs"] == [] and found.html() and repr(tutor.rewrites(z * 1).html())
    with pytest.raises(TutorError, match="pip install wasmtime") as problem:
        tutor.save(z, "x.svg")
    assert "choose svg" not in str(problem.value)


def test_memory_that_a_sandbox_forbids_leaves_all_but_the_graph(monkeypatch) -> None:
    def forbidden(*_: object) -> None:
        raise wasmtime.WasmtimeError("cannot create a memfd")

    monkeypatch.setattr(wasmtime.Module, "from_file", forbidden)
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    monkeypatch.setattr(layout, "renderer", layout.renderer.__wrapped__)
    svg.placed.cache_clear()
    page = show.bundle(T.tanh(T.dscalar("x")))["text/html"]
    assert "no graph can be drawn here" in page and "memfd" in page and "<math" in page


PROGRAM = """
import sys, tutor, numpy as np, tutor.tensor as T
x, c = T.dvector("x"), tutor.shared(0.0)
y = T.sum((x - c) ** 2) + T.exp(T.dscalar())
updates = {c: c - 0.05 * tutor.grad(y, c)}
f = tutor.function([x, y.owner.inputs[1].owner.inputs[0]], y, updates=updates)
for thing in (x, y, f, c, T.dmatrix, tutor.show.show(y, wrt=[c])):
    bundle = thing._repr_mimebundle_()
    for kind in sorted(bundle):
        print(kind, bundle[kind])
"""


def test_other_processes_give_the_same_bytes(tmp_path: Path) -> None:
    def run(seed: str, home: Path) -> bytes:
        home.mkdir(exist_ok=True)
        env = {**os.environ, "PYTHONHASHSEED": seed, "XDG_CACHE_HOME": str(home)}
        command = [sys.executable, "-W", "error", "-c", PROGRAM]
        done = subprocess.run(command, env=env, capture_output=True, check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr.decode()
        return done.stdout

    first = run("1", tmp_path / "a")  # compiles Graphviz, and keeps it
    if sys.platform == "linux":
        assert any(path.stat().st_size > 10**5 for path in (tmp_path / "a").rglob("*"))
    assert run("2", tmp_path / "a") == first  # reads it back
    assert len(first) > 20_000


def test_threads_draw_at_once() -> None:
    svg.placed.cache_clear()
    wanted: dict[int, str] = {}
    pictures = [picture(layers(n)) for n in range(1, 9)]
    for i, one in enumerate(pictures):
        wanted[i] = svg.standalone(one)
    found: list[tuple[int, str]] = []

    def work(i: int) -> None:
        for _ in range(5):
            svg.placed.cache_clear()
            found.append((i, svg.standalone(pictures[i])))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(pictures))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert all(text == wanted[i] for i, text in found)


def test_graphviz_runs_where_nothing_can_be_kept() -> None:
    probe = "from tutor.pictures import layout; print(layout.run('digraph {a}', 'plain'))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True,
                          check=True, env={**os.environ, "XDG_CACHE_HOME": "/dev/null"})
    assert done.stdout.startswith("graph 1 ")


def test_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, z = quadratic()
    path = tutor.printing.pydotprint(z, tmp_path / "graph.svg")
    ElementTree.parse(path)
    assert path in capsys.readouterr().out
    again = tutor.printing.pydotprint(trained(), tmp_path / "f", "dot", print_output_file=False)
    assert not capsys.readouterr().out
    assert again.endswith("f.dot") and Path(again).read_text().startswith("digraph")
    monkeypatch.setenv("PATH", str(tmp_path))
    drawn = tutor.printing.pydotprint(z, tmp_path / "graph.png", print_output_file=False)
    assert Path(drawn).read_bytes().startswith(b"\x89PNG")
    with pytest.raises(TutorError, match="none on the PATH"):
        tutor.printing.pydotprint(z, tmp_path / "graph.pdf")
    with pytest.raises(TutorError, match="no format 'docx'"):
        tutor.printing.pydotprint(z, tmp_path / "graph.docx")
    assert not (tmp_path / "graph.pdf").exists()


def test_every_type_says_what_it_means() -> None:
    assert words.type_meaning(T.lscalar) == "A single whole number of 64 bits."
    odd = T.TensorType("bool", (True, False, True))
    for type_ in (T.bvector, T.drow, T.zcol, T.ftensor4, odd):
        assert words.type_meaning(type_).endswith(".")
        assert show.bundle(type_)["text/plain"] == repr(type_)
