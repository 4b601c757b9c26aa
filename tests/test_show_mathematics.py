"""Formulas in LaTeX and MathML: parentheses, indices, numbers, any name, and careless notation."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tutor as theano
import tutor.tensor as T
from tutor import show
from tutor.core.graph import Variable
from tutor.ops.examples import EXAMPLES
from tutor.pictures.latex import latex, symbol
from tutor.pictures.mathml import mathml

LATEX = [
    (lambda x, y: (x + 2 * y) ** 2, r"\left(x + 2 \cdot y\right)^{2}"),
    (lambda x, y: x / (y + 1), r"\frac{x}{y + 1}"),
    (lambda x, y: T.exp(-x / y), r"\mathrm{e}^{\frac{-x}{y}}"),
    (lambda x, y: x - -y, r"x - \left(-y\right)"),
    (lambda x, y: x * 1e-7, r"x \cdot 1 \cdot 10^{-7}"),
    (lambda x, y: T.exp(x) ** 2, r"\left(\mathrm{e}^{x}\right)^{2}"),
    (lambda x, y: T.dmatrix("W_h").T ** 2, r"\left({W_{h}}^{\top}\right)^{2}"),
    (lambda x, y: T.dvector("v")[0], r"v\left[0\right]"),
    (lambda x, y: T.dvector("v1")[0], r"v_{1}\left[0\right]"),
    (lambda x, y: T.sum(T.dvector("v")) * x, r"\left(\sum v\right) \cdot x"),
    (lambda x, y: x * T.sum(T.dvector("v") * x), r"x \cdot \sum v \cdot x"),
    (lambda x, y: -T.mean((x - T.dvector("v")) ** 2),
     r"-\operatorname{mean}\left(\left(x - v\right)^{2}\right)"),
    (lambda x, y: T.dot(T.dmatrix("M") * T.dmatrix("N"), T.dvector("v")),
     r"\left(M \odot N\right) \, v"),
    (lambda x, y: T.dmatrix("M") * T.dot(T.dmatrix("N"), T.dvector("v")), r"M \odot N \, v"),
    (lambda x, y: x * theano.gradient.disconnected_grad(x),
     r"x \cdot \operatorname{sg}\left(x\right)"),
    (lambda x, y: T.var(T.dmatrix("M"), axis=0),
     r"\operatorname{var}_{\text{axis=0}}\left(M\right)"),
    (lambda x, y: T.to_one_hot(T.lvector("y"), 3),
     r"\operatorname{onehot}\left(y, 3\right)"),
    (lambda x, y: T.nnet.softmax(T.dmatrix("M")), r"\operatorname{softmax}\left(M\right)"),
    (lambda x, y: T.switch(x > 0, x, y) * y, r"\left(\begin{cases} x & \text{if } x > 0 \\ "
     r"y & \text{otherwise} \end{cases}\right) \cdot y"),
    (lambda x, y: T.exp(T.dmatrix("M"))[0], r"\left(\mathrm{e}^{M}\right)\left[0\right]"),
    (lambda x, y: x * T.dscalar("w1_2"), r"x \cdot w_{1,2}"),
    (lambda x, y: x * (1 + 2j), r"x \cdot \left(\mathrm{1+2j}\right)"),
]


@pytest.mark.parametrize(("make", "wanted"), LATEX, ids=[wanted for _, wanted in LATEX])
def test_latex(make: Callable[..., Variable], wanted: str) -> None:
    assert latex(make(*T.dscalars("x", "y"))) == wanted


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
def test_the_latex_of_any_name_has_balanced_braces_and_no_mathematics_ends(name: str) -> None:
    text = re.sub(r"\\[^a-zA-Z]", "", symbol(name))
    assert text.count("{") == text.count("}")
    assert "$" not in text and "%" not in text and "#" not in text
    ElementTree.fromstring(mathml(symbol(name)))


def test_what_stands_at_a_bracket_stands_at_the_whole_of_it() -> None:
    v, m = T.dvector("v"), T.dmatrix("M")
    for expression in ((v - T.sum(v)) ** 2, (m - m.sum(0)).T, T.sum((v - v.sum()) ** 2),
                       (v - T.prod(v, axis=0)) ** T.sum(v)):
        tree = ElementTree.fromstring(mathml(latex(expression)))
        assert list(tree.iter("msup"))
        assert not list(tree.iter("mover")) and not list(tree.iter("munderover"))
        for under in tree.iter("munder"):
            assert under[0].text in ("∑", "∏")


def test_signs_of_convolutions_and_roots() -> None:
    x, w = T.dtensor4s("x", "w")
    cost = T.sum(T.nnet.conv2d(x, w) ** 2)
    shown = mathml(latex(theano.grad(cost, w)))
    assert "⋆" in shown and "star" not in shown
    assert "<mroot><mi>v</mi><mn>3</mn></mroot>" in mathml(latex(T.cbrt(T.dvector("v"))))


UPRIGHT = {"log", "max", "min", "det"}  # functions, which are called by their names
CARELESS = ["{{{{", r"\left(", r"\frac", "^", "_", r"\begin{cases}", "}", r"\right)", "x^^2", "&",
            "{" * 5000, r"\left(" * 5000, r"\unknown{x}", r"\text{a", r"\frac" * 5000]  # fmt: skip


@pytest.mark.parametrize("text", CARELESS, ids=lambda text: text[:8])
def test_mathematics_of_a_careless_op_is_shown_somehow(text: str) -> None:
    ElementTree.fromstring(mathml(text))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_registered_op_has_a_picture_and_a_formula_that_are_well_formed(name: str) -> None:
    for one in EXAMPLES[name]:
        inputs = [T.constant(value).type() for value in one.values]
        built = one.build(*inputs)
        for v in built if isinstance(built, (list, tuple)) else [built]:
            bundle = show.bundle(v)
            for kind in ("text/html", "image/svg+xml"):
                ElementTree.fromstring(bundle[kind].replace("&nbsp;", " "))
            bare = re.sub(r"\\[^a-zA-Z]", "", bundle["text/latex"])
            assert bare.count("{") == bare.count("}")
            assert bare.count(r"\left") == bare.count(r"\right") + bare.count(r"\leftarrow")
            unknown = set(re.findall(r"<mi>([a-z]{2,})</mi>", bundle["text/html"])) - UPRIGHT
            assert not unknown, f"no MathML for {unknown}"
