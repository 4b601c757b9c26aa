"""What flows along edges: numbers are NumPy's, sums are written out, thickness says how much."""

import re
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tests.pictured import MODELS
from tutor.pictures import svg
from tutor.pictures.annotations import Flows, told
from tutor.pictures.edges import bends
from tutor.pictures.page import pictures
from tutor.pictures.picture import CONSTANT, FOLD
from tutor.pictures.stage import VISIBLE, data


def drawn(cost: Any, wrt: Any, given: Any) -> tuple[Any, Any, Any]:
    """Return the story, its flows, and the pictures in every view."""
    story = tutor.explore(cost, wrt, given).story
    flows = Flows(story)
    return story, flows, pictures(story, VISIBLE, flows, every=True)


@pytest.mark.parametrize("name", MODELS)
def test_what_stands_on_an_edge_is_what_a_compiled_function_gives(name: str) -> None:
    cost, wrt, given = MODELS[name]()
    story, flows, [expression, derivative] = drawn(cost, wrt, given)
    asked = {}
    for view in (*expression.views[:1], *expression.views[-1:], *derivative.views[:1]):
        kinds = {n.id: n.kind for n in view.picture.nodes}
        for e in view.picture.edges:
            if kinds[e.tail] not in (CONSTANT, FOLD) and kinds[e.head] != FOLD:
                [flow] = [one for one in e.flows if one.kind == "value"]
                asked.setdefault(flows.variables[e.variable], flow)
    variables = [v for v in asked if v.owner is not None and isinstance(v.type, T.TensorType)]
    inputs = list(story.given)
    f = tutor.function(inputs, variables, mode="interpret", no_default_updates=True,
                       on_unused_input="ignore")
    for v, value in zip(variables, f(*[story.given[u] for u in inputs]), strict=True):
        assert asked[v].lines == told(np.asarray(value)).lines
        assert asked[v].image == told(np.asarray(value)).image


def test_what_comes_back_is_the_derivative_with_respect_to_the_operand() -> None:
    x, y = T.dscalars("x", "y")
    a = x * y
    z = a + T.sin(a) * x
    story, _, [expression, _] = drawn(z, [x, y], {x: 2.0, y: 0.5})
    names = story.names
    back = {(e.tail, e.head): flow.lines[0] for e in expression.picture.edges
            for flow in e.flows if flow.kind == "cotangent"}
    sin = next(v for v in names.index if v.owner is not None and v.owner.op.name == "sin")
    # z = xy + sin(xy) x at x = 2, y = 1/2: from + comes 1, and from sin comes cos(1) x
    assert back[names.id(a), names.id(sin)] == f"∂ {2 * np.cos(1.0):.4g}"
    assert back[names.id(a), names.id(z)] == "∂ 1"
    lines = {n.id: n.values for n in expression.picture.nodes}
    assert lines[names.id(a)][-1] == f"∂ 1 + {2 * np.cos(1.0):.4g} = {1 + 2 * np.cos(1.0):.4g}"
    first, second = 0.5 * (1 + 2 * np.cos(1.0)), np.sin(1.0)
    ways = {f"∂ {first:.4g} + {second:.4g}", f"∂ {second:.4g} + {first:.4g}"}
    assert lines[names.id(x)][-1].split(" = ")[0] in ways
    assert lines[names.id(z)][0] == f"= {1 + 2 * np.sin(1.0):.4g}"


def test_what_comes_back_through_a_box_is_the_sum_of_its_ways() -> None:
    x = T.dvector("x")
    y = x * 3
    with tutor.scope("several"):
        z = T.sum(T.tanh(y)) + T.sum(T.exp(y)) + T.sum(T.sin(y) ** 2) + T.sum(T.sqr(y) * y)
    for _ in range(12):
        z = T.cos(z) + 1
    _, flows, [expression, _] = drawn(z, [x], {x: np.array([0.1, 0.2])})
    [edge] = [e for e in expression.picture.edges if e.head.startswith("b")]
    assert len(edge.parts) == 5
    [g] = tutor.grad(z, [y])
    value = tutor.function([x], g)([0.1, 0.2])
    np.testing.assert_allclose(flows.back(edge), value)
    assert edge.flows[-1].lines[0] == f"∂ {told(value).lines[0]}"


def test_a_vanishing_gradient_is_seen() -> None:
    h = x = T.dscalar("x")
    for _ in range(8):
        h = T.nnet.sigmoid(4 * h - 12)
    _, flows, [expression, _] = drawn(h, [x], {x: 1.0})
    at = {n.id: i for i, n in enumerate(expression.picture.nodes) if n.label == "σ"}
    felt = sorted((at[e.head], e.strength) for e in expression.picture.edges if e.head in at)
    strengths = [strength for _, strength in felt]
    assert strengths == sorted(strengths)
    assert strengths[0] < 0.1 and strengths[-1] > 0.8
    svg = data(tutor.explore(h, x, {x: 1.0}).story)["graphs"][0]["views"][0]["svg"]
    found = [float(n) for n in re.findall(r"--back:([0-9.]+)", svg)]
    assert min(found) < 0.1 and max(found) == 1.0
    assert flows.strength(0.0) == 0.0


@pytest.mark.parametrize(
    "value, lines",
    [(np.float64(-0.5), ("−0.5",)), (np.array([1.0, -2.0]), ("[1, −2]",)),
     (np.zeros((3, 4)), ("(3, 4)", "0")), (np.array([[np.nan] * 9]), ("(1, 9)", "nan")),
     (np.ones((2, 3, 4, 5)), ("(2, 3, 4, 5)", "1")), (np.zeros((0, 3)), ("[]",)),
     (np.linspace(-1, 1e-9, 50), ("(50,)", "−1 … 1e-09")), (None, ())],
)  # fmt: skip
def test_a_value_in_the_room_of_an_edge(value: Any, lines: tuple[str, ...]) -> None:
    assert told(value).lines == lines


def test_arrows_of_what_comes_back_point_to_where_an_edge_comes_from() -> None:
    a = T.dscalar("a")
    y = T.exp(a)
    drawn = tutor.explore(y, wrt=a, values={a: 1.0})._table()
    one = re.search(r'data-from="(n\d+)"[^>]*>.*?tutor-back-head" d="M([\d.]+) ([\d.]+)L', drawn)
    assert one
    tail = re.search(rf'data-node="{one[1]}">.*?<rect class="tutor-shape"[^>]*y="([\d.-]+)"[^>]*'
                     r'height="([\d.]+)"', drawn, re.DOTALL)
    assert tail
    assert abs(float(one[3]) - sum(map(float, tail.groups()))) < 3  # at the lower side of a
    assert "tutor-back-head" not in tutor.explore(y, values={a: 1.0})._table().split("</style>")[-1]


def test_it_says_how_a_derivative_came_and_what_the_numbers_on_edges_mean() -> None:
    x, y = T.dscalars("x", "y")
    u = x * y
    u.name = "u"
    found = tutor.explore(T.sin(u) + u**2, wrt=x, values={x: 0.5, y: 1.2})
    last = re.sub("<[^>]*>", "", found.data["steps"][-1]["html"])
    assert re.fullmatch(r"∂cost/∂x = \W*g\W*y\W* = 2.43, with g = 2.025 from u", last), last
    said = found.data["legend"]
    assert all(word in said for word in ("forwards", "slanted ∂", "in a node"))
    assert said in found._still()
    forwards = tutor.explore(u + 1, values={x: 0.5, y: 1.2}).data["legend"]
    assert "forwards" in forwards and "∂" not in forwards


def test_the_number_of_an_operand_is_nearest_to_its_own_edge() -> None:
    x, y = T.dscalars("x", "y")
    u = x * y
    _, _, (_, derivative) = drawn(T.sin(u) + u**2, [x, y], {x: 0.5, y: 1.2})
    picture = derivative.picture
    ways = svg.placed(picture)[1].routes
    text = svg.drawing(picture)[2]
    ordered = [e for e in picture.edges if e.order]
    assert len(ordered) == 2 and len({e.head for e in ordered}) == 1
    for e in ordered:
        own = text.split(f'data-edge="{e.id}"')[1].split("</g>")[0]
        place = re.search(r'tutor-order" x="([\d.]+)" y="([\d.]+)"', own)
        assert place
        spot = np.array([float(place[1]), float(place[2]) - 3])
        near = {one.id: min(np.hypot(*(spot - p)) for p in bends(ways[one.id].points))
                for one in ordered}
        own_distance = near.pop(e.id)
        assert own_distance + 2 < min(near.values())
