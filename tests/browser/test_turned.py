"""Pages that compute what is turned in them: explorations, films, derivations, plots, functions."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.ifelse import ifelse
from tutor.pictures.derivation.derivation import Derivations
from tutor.pictures.derivation.unevaluated import taken
from tutor.pictures.explore import explore

pytestmark = pytest.mark.browser


def stories():
    """Explorations of several kinds, with other numbers for their inputs."""
    x, w, b = T.dvector("x"), T.dvector("w"), T.dscalar("b")
    z = T.nnet.sigmoid(T.dot(x, w) + b)
    yield (explore((z - 1) ** 2, [w, b], {x: [1.0, -2.0, 0.5], w: [0.3, 0.1, -0.4], b: 0.5}, True),
           {x: [-3.0, 4.5, 1e-7], w: [1.0, 2.0, -0.25], b: -1.5})
    s, n = T.dscalar("s"), T.lscalar("n")
    yield explore(T.sin(s * n) + s ** 3 * T.exp(-s), s, {s: 2.0, n: 3}, True), {s: -0.75, n: -4}
    m = T.dmatrix("m")
    yield (explore(T.sum(T.tanh(m).dot(m.T)) / 3, m, {m: np.eye(3)}, True),
           {m: np.arange(9.0).reshape(3, 3) / 7 - 0.5})
    yield (explore(ifelse(T.gt(s, b), s ** 2 * b, T.log(-s) + ifelse(T.lt(b, 0), b, s)), [s, b],
                   {s: 2.0, b: 1.0}, True), {s: -0.75, b: 1.5})
    yield explore(T.sqrt(b - 1) * T.log(b), b, {b: 2.0}, True), {b: 0.5}


@pytest.mark.parametrize("which", range(5))
def test_an_exploration_is_turned_in_its_page_as_it_is_here(which, offline, tmp_path):
    exploration, given = list(stories())[which]
    path = tutor.save(exploration, tmp_path / "turned.html", live=True)
    pictures = re.findall(r"base64,[^\"']+", Path(path).read_text(encoding="utf-8"))  # of the data
    assert os.path.getsize(path) - sum(map(len, pictures)) < 200_000
    turning = exploration.turning
    numbers = {key: np.ravel(given[v]).tolist() for key, v in turning.ids.items()}
    wanted = json.loads(json.dumps(turning.turned(numbers)))
    offline.goto(f"file://{path}")
    offline.wait_for_function("globalThis.tutorTurned")
    found = offline.evaluate("""(numbers) => { tutorTurned.set("turned", numbers);
        tutorTurned.save_changes(); return tutorTurned.numbers; }""", numbers)
    assert offline.url.split("#")[1]  # the state is in the address
    for part in ("steps", "lines", "mathematics", "verdict"):
        assert found[part] == wanted[part]
    for part in ("values", "sent"):
        assert found[part].keys() == wanted[part].keys()
        for key, flow in wanted[part].items():
            assert found[part][key]["lines"] == list(flow["lines"])
            assert found[part][key].get("strength", 0) == pytest.approx(flow.get("strength", 0))


def steps_of_several_kinds():
    """A film and a derivation, the values that each has at 2 and -1, and where they stand."""
    x, a = T.dscalars("x", "a")
    film = tutor.rewrites(tutor.function([x, a], T.log(1 + T.exp(a * x)) * 1))
    sides = [v for s in film.steps for v in (s.before, s.after)]
    yield film, "at.story.steps.map(({ html }) => html).join()", sides, [x, a]
    found = [tutor.derive(x ** 2 * T.sin(a * x), v) for v in (x, a)]
    lines = taken([step.after for one in found for step in one.steps])
    text = "[...document.querySelectorAll('output')].map((one) => one.textContent).join()"
    yield Derivations(found), text, lines, [x, a]


@pytest.mark.parametrize("which", range(2))
def test_each_line_of_a_derivation_and_a_film_has_its_value(which, offline, tmp_path):
    shown, text, expressions, inputs = list(steps_of_several_kinds())[which]
    offline.goto(f"file://{tutor.save(shown, tmp_path / 'lines.html', live=True)}#i0=2&i1=-1")
    offline.wait_for_function("globalThis.tutorTurned")
    said = offline.evaluate(f"() => {{ const at = tutorTurned; return {text}; }}")
    at = [dict(zip(inputs, order, strict=True)) for order in ([2.0, -1.0], [-1.0, 2.0])]
    assert any(all(f"{float(e.eval(given, mode='FAST_COMPILE')):.4g}" in said for e in expressions)
               for given in at)
    offline.get_by_label("Turn x").fill("3")
    offline.wait_for_function(f"(was) => {{ const at = {{ story: tutorTurned.numbers }}; "
                              f"return {text} !== was; }}", arg=said)


def plots():
    """Plots of each kind, as they are asked for with one value of a or another."""
    x, y, a = T.dscalars("x", "y", "a")
    v = T.dvector("v")
    yield lambda value: tutor.plot({"s": T.sin(a * x), "p": T.log(x)}, x=(-2, 4), a=value, wrt=x)
    yield lambda value: tutor.plot(a * T.exp(v), v=(-1, 1.4), a=value, wrt=v)
    yield lambda value: tutor.plot((1 - x) ** 2 + a * y, x=(0, 2), y=(-1, 3), a=value, wrt=[x, y])
    yield lambda value: tutor.plot(T.sin(a * x) + y, x=(0, 2), y=(-1, 3), a=value, surface=True)


@pytest.mark.parametrize("which", range(4))
def test_a_plot_with_other_values_is_drawn_as_it_is_here(which, offline, tmp_path):
    made = list(plots())[which]
    path = tutor.save(made(2.0), tmp_path / "plot.html", live=True)
    assert os.path.getsize(path) < 200_000
    offline.goto(f"file://{path}")
    offline.get_by_label("a", exact=True).fill("-3")
    offline.wait_for_function("location.hash.includes('i0=-3')")
    offline.wait_for_timeout(50)
    here, there = made(-3.0).scene.panels, offline.evaluate(
        "tutorPlotted.readings.map(({ reading }) => ({ ...reading, svg: null }))")
    ticks = {m.text for one in here for layer in one.layers for m in layer.marks if m.kind == "text"
             and m.style.startswith("tick")}
    assert ticks <= set(offline.locator(".tutor-explore .tutor-scene text").all_text_contents())
    for wanted, got in zip([one.reading for one in here if one.reading], there, strict=True):
        if wanted["kind"] == "stops":
            assert [*wanted["words"]] == got["words"][::3]
        else:
            corners = [np.reshape(np.array(one["values"], float), (one["rows"], one["columns"])
                                  )[::one["rows"] // 2, ::one["columns"] // 2]
                       for one in (got, wanted)]  # a page has as many places as there is time for
            np.testing.assert_allclose(*corners, rtol=1e-3, atol=1e-6)
    offline.locator("[aria-label$=' to']").first.fill("1.5")
    offline.wait_for_function("location.hash.includes('1.5')")


def test_a_function_has_a_form(offline, tmp_path):
    x, w = T.dmatrix("x"), tutor.shared(np.arange(5.0), "w")
    f = tutor.function([x, T.lscalar("n")], T.dot(x, w) * 2, name="f", on_unused_input="ignore")
    path = tutor.save(f, tmp_path / "form.html", live=True)
    assert os.path.getsize(path) < 200_000
    offline.goto(f"file://{path}")
    said = offline.locator(".tutor-form pre")
    assert said.inner_text().endswith(f"= [{listed(f(np.arange(1, 16).reshape(3, 5) / 2, 1))}]")
    offline.get_by_label("x", exact=True).fill("1 2 3 4 5\n0 0 0 0 1")
    assert said.inner_text().endswith(f"= [{listed(f([[1, 2, 3, 4, 5], [0, 0, 0, 0, 1]], 1))}]")
    offline.get_by_label("x", exact=True).fill("[[1, 2]]")
    assert "do not fit" in said.inner_text() or "no product" in said.inner_text()


def listed(values):
    return ",".join(f"{v:g}" for v in values)


def test_a_function_with_updates_is_called_by_its_button(offline, tmp_path):
    c = tutor.shared(1.5, "c")
    path = tutor.save(tutor.function([], c, updates={c: c * 2}, name="twice"),
                      tmp_path / "twice.html", live=True)
    offline.goto(f"file://{path}")
    for _ in range(3):
        offline.get_by_role("button", name="Call it").click()
    assert offline.locator(".tutor-form pre").inner_text() == "c = 6\nc is now 12"
