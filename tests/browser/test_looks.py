"""Pictures of twelve models, and charts, in a real page: light and dark, wide and narrow.

Measured are the boxes of all letters: none lies on another or out of its own shape, none is small,
none leaves the page, and all stand out from what is behind them.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

import tutor
import tutor.tensor as T
from tests.pictured import MODELS, Model, parameter
from tutor.pictures.html import document

from .test_charts import MADE

pytestmark = pytest.mark.browser

WATCH = """() => {
    const out = [];
    const shown = (e) => e.textContent.trim() && e.checkVisibility({ visibilityProperty: true,
        opacityProperty: true }) && !e.closest(".tutor-plain, .tutor-unborn");
    const channel = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const rgb = (text) => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    const light = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) +
        0.0722 * channel(b / 255);
    const under = (text) => {
        const shape = text.closest(".tutor-badge, .tutor-node")?.querySelector("[class$=-shape]");
        const { fill, fillOpacity } = shape ? getComputedStyle(shape) : { fillOpacity: 0 };
        const page = matchMedia("(prefers-color-scheme: dark)").matches ? 18 : 255;
        return rgb(fill ?? "0 0 0").map((v) => v * fillOpacity + page * (1 - fillOpacity));
    };
    for (const svg of document.querySelectorAll("svg.tutor-svg, .tutor-scene > svg")) {
        if (!shown(svg)) continue;
        const zoom = svg.getScreenCTM().a;
        const texts = [...svg.querySelectorAll("text")].filter(shown).map((node) => {
            const { left, right, top, bottom } = node.getBoundingClientRect();
            const high = (bottom - top) / 4; // of a line, letters take the middle
            return { node, left, right, top: top + high, bottom: bottom - high };
        });
        const meet = (a, b, by) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > by &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > by;
        const shapes = [...svg.querySelectorAll(".tutor-node .tutor-shape")];
        texts.forEach((text, i) => {
            const words = text.node.textContent;
            const badge = text.node.closest(".tutor-badge");
            const home = text.node.closest(".tutor-node");
            const size = parseFloat(getComputedStyle(text.node).fontSize) * zoom;
            if (size < 10.9) out.push(`${words}: ${size} pixels`);
            if (text.right > innerWidth + 1 && !svg.closest(".tutor-graph")) // which scrolls
                out.push(`${words} leaves the page`);
            for (const other of texts.slice(0, i))
                if (meet(text, other, 0.5)) out.push(`${words} on ${other.node.textContent}`);
            for (const shape of shapes) {
                const box = shape.getBoundingClientRect();
                if (shape.closest(".tutor-node") !== home) {
                    if (meet(text, box, 1)) out.push(`${words} on another box`);
                } else if (!badge && (text.left < box.left - 1 || text.right > box.right + 1))
                    out.push(`${words} out of its box`);
            }
            const [a, b] = [light(rgb(getComputedStyle(text.node).fill)), light(under(text.node))];
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < 3) out.push(`${words}: contrast ${contrast.toFixed(1)}`);
        });
    }
    if (document.documentElement.scrollWidth > innerWidth + 1) out.push("the page is too wide");
    return [out, document.querySelectorAll("svg text").length];
}"""


def parabola() -> Model:
    x, c = T.dvector("x"), tutor.shared(0.0, "c")
    return T.sum((x - c) ** 2), [c], {x: np.arange(1.0, 6.0)}


def normalized() -> Model:
    x, t = T.dmatrix("x"), T.dmatrix("t")
    gamma, beta = parameter("gamma", 4), parameter("beta", 4)
    y = (x - x.mean(0)) / T.sqrt(x.var(0) + 1e-5) * gamma + beta
    return T.mean((y - t) ** 2), [gamma, beta], {x: np.arange(12.0).reshape(3, 4) ** 2,
                                               t: np.ones((3, 4))}


def curvature() -> Model:
    v = T.dvector("v")
    f = (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2
    return T.sum(tutor.grad(f, v) ** 2), [v], {v: np.array([-1.2, 1.0])}


def chain() -> Model:
    x = T.dscalar("x")
    return T.exp(T.sin(x ** 2)), [x], {x: 1.2}


NAMES = ("logistic", "softmax_regression", "scoped_network", "lenet", "recurrent", "attention",
         "language_model", "fan_out")
TWELVE = {**{name: MODELS[name] for name in NAMES}, "parabola": parabola, "chain": chain,
          "normalized": normalized, "curvature": curvature}


def drawn(make: Any) -> str:
    """The graph and its derivative, the values on its edges, the derivation: what a cell shows."""
    cost, wrt, values = make()
    cost.name = cost.name or "cost"
    shown = (tutor.show(cost, wrt=wrt), tutor.explore(cost, wrt=wrt, values=values),
             tutor.derive(cost, wrt[0]))
    return "<hr>".join(one._repr_mimebundle_()["text/html"] for one in shown)


@pytest.mark.parametrize("name", [*TWELVE, *MADE])
def test_letters_are_seen_and_lie_on_nothing(page: Page, tmp_path: Path, name: str) -> None:
    body = MADE[name] if name in MADE else drawn(TWELVE[name])
    (tmp_path / "page.html").write_text(document(name, body), encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1200, 400):
            page.set_viewport_size({"width": width, "height": 900})
            found, count = page.evaluate(WATCH)
            assert count > 3
            assert not found, (scheme, width, found[:9])
