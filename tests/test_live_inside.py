"""A run from the inside: layers, what they give, gradients, held-back losses; all against NumPy."""

import json
from typing import Any

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.live import Descent, replay
from tutor.live.inside import LINE, Inside, layers_of
from tutor.live.layers import PARTS

RNG = np.random.RandomState(0)
XS, TS = RNG.randn(40, 9), RNG.randint(0, 3, 40)


class Network:
    """Two layers that tell three classes apart."""

    def __init__(self, penalty: float = 0.0, **more: Any) -> None:
        rng = np.random.RandomState(1)
        x, t = T.dmatrix("x"), T.lvector("t")
        self.W, self.b = tutor.shared(rng.randn(9, 5) * 0.5, "W"), tutor.shared(np.zeros(5), "b")
        self.V = tutor.shared(rng.randn(5, 3) * 0.5, "V")
        self.h = T.tanh(T.dot(x, self.W) + self.b)
        self.p = T.nnet.softmax(T.dot(self.h, self.V))
        loss = T.nnet.categorical_crossentropy(self.p, t).mean()
        loss += penalty * (self.W ** 2).sum()
        trained = [self.W, self.b, self.V]
        f = tutor.function([x, t], loss, updates=tutor.optimizers.sgd(loss, trained, 0.5))
        self.begun = [v.get_value() for v in trained]
        more = {name: value(self) if callable(value) else value for name, value in more.items()}
        self.run = Descent(f, [XS, TS], watch=[], **more)

    def loss(self, x: Any, t: Any, share: float = 1.0) -> float:
        """The loss so far along the way, in NumPy."""
        W, b, V = (a + share * (v.get_value() - a) for a, v in
                   zip(self.begun, (self.W, self.b, self.V), strict=True))
        scores = np.tanh(x @ W + b) @ V
        scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return float(-scores[np.arange(len(t)), t].mean())


def inside(run: Descent) -> Inside:
    found = run.view().inside
    assert found is not None
    return found


@pytest.mark.parametrize("penalty", [0.0, 0.01])
def test_layers_are_what_comes_of_weights_and_data(penalty: float) -> None:
    network = Network(penalty)
    first, second = layers_of(network.run.training)
    assert (first.weight, second.weight) == (network.W, network.V)
    assert first.active is network.h
    assert repr(second.active) == "dot(tanh(dot(x, W) + b), V)"


def test_filters_and_tables_of_words_are_layers_too() -> None:
    x, t = T.dtensor4("x"), T.dvector("t")
    F, E = tutor.shared(np.ones((2, 1, 3, 3)), "F"), tutor.shared(np.ones((7, 4)), "E")
    h = T.nnet.relu(T.nnet.conv2d(x, F) + 1.0)
    words = T.tanh(E[[1, 2, 3]] * t.mean())
    loss = h.sum() + words.sum()
    f = tutor.function([x, t], loss, updates=tutor.optimizers.sgd(loss, [F, E], 1e-3))
    run = Descent(f, [np.ones((3, 1, 5, 5)), np.ones(3)], watch=[], inside=["filters", "features"])
    first, *_ = inside(run).layers
    assert first.weight is F and first.active is h
    titles = {mark.text for layer in run.view().now().layers for mark in layer.marks}
    assert {"F, 2 × 1 × 3 × 3", "F: first example, 2 × 3 × 3"} <= titles
    assert (inside(run).active(first)[1] == 10).all()


def test_what_layers_give_and_gradients_are_those_of_numpy() -> None:
    network = Network(inside=True)
    network.run.run(7)
    network.run.view().now()
    found = inside(network.run)
    first, now = found.active(found.layers[0])
    W, b, _ = network.begun
    assert np.allclose(first, np.tanh(XS @ W + b))
    hidden = np.tanh(XS @ network.W.get_value() + network.b.get_value())
    assert np.allclose(now, hidden)
    steps, norms, _ = found.times
    assert steps[0] == 0 and steps[-1] == 7 and norms.shape == (len(steps), 2)
    scores = hidden @ network.V.get_value()
    share = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    slope = hidden.T @ (share - np.eye(3)[TS]) / len(TS)
    assert norms[-1, 1] == pytest.approx(np.linalg.norm(slope))


def test_the_loss_along_a_line_and_on_what_is_held_back() -> None:
    held = XS[::-1] * 1.1, (TS + 1) % 3
    network = Network(inside=["line", "plane"], held_back=list(held))
    network.run.run(12)
    before = [v.get_value() for v in (network.W, network.b, network.V)]
    scene = network.run.view().now()
    points = inside(network.run).line()
    assert np.allclose(points[:, 0], LINE)
    assert np.allclose(points[:, 1], [network.loss(XS, TS, share) for share in LINE])
    steps, losses = network.run.view().loss.held()
    assert losses[0] == pytest.approx(network.loss(*held, 0.0))
    assert losses[-1] == pytest.approx(network.loss(*held)) and steps[-1] == 12
    assert "held back" in {mark.text for layer in scene.layers for mark in layer.marks}
    heights, way = inside(network.run).plane()
    assert way[0].tolist() == [0, 0] and way[-1].tolist() == [1, 0]
    assert heights.shape == (15, 19) and np.isfinite(heights).all()
    after = [v.get_value() for v in (network.W, network.b, network.V)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_looking_inside_does_not_change_a_run() -> None:
    seen, unseen = Network(inside=[*PARTS], held_back=[XS, TS]), Network()
    for _ in range(4):
        seen.run.run(5)
        seen.run._repr_mimebundle_()
        unseen.run.run(5)
    assert np.array_equal(seen.run.history.loss, unseen.run.history.loss)
    seen.run.reset()
    seen.run.run(20)
    assert np.array_equal(seen.run.history.loss, unseen.run.history.loss)


def test_any_expression_is_drawn_anew() -> None:
    network = Network(show=lambda made: [made.h, made.p])
    network.run.run(3)
    marks = [mark for layer in network.run.view().now().layers for mark in layer.marks]
    assert {"tanh(dot(x, W) + b), 40 × 5"} <= {mark.text for mark in marks}
    name = next(iter(inside(network.run).shown))
    hidden = np.tanh(XS @ network.W.get_value() + network.b.get_value())
    assert np.allclose(inside(network.run).expression(name), hidden)


def test_mistakes_are_shown_the_surest_first() -> None:
    network = Network(predict=lambda made: made.p)
    network.run.run(30)
    assert network.run.view().kind == "mistakes"
    said = np.tanh(XS @ network.W.get_value() + network.b.get_value()) @ network.V.get_value()
    said = np.exp(said) / np.exp(said).sum(axis=1, keepdims=True)
    guess = said.argmax(axis=1)
    wrong = np.flatnonzero(guess != TS)
    surest = wrong[said[wrong, guess[wrong]].argmax()]
    marks = [mark.text for mark in network.run.view().now().panels[0].layers[-1].marks
             if mark.kind == "text"]
    assert marks[0] == f"{len(wrong)} of 40 wrong: label → guess"
    assert marks[1] == f"{TS[surest]} → {guess[surest]}"


def test_a_page_replays_it_and_says_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(inside=True)
    network.run.run(9)
    texts = []
    for rest in (0.0, 1e9):  # however slow the machine is
        monkeypatch.setattr("tutor.live.inside.REST", rest)
        texts.append(json.dumps(replay.recorded(network.run)))
    assert texts[0] == texts[1] and "norm of the gradient" in texts[0]
    assert network.run._repr_mimebundle_() == network.run._repr_mimebundle_()


def test_while_it_runs_little_is_computed_anew() -> None:
    network = Network(inside=True)
    network.run.run(2)
    view, found = network.run.view(), inside(network.run)
    view.now()
    found.took = 100.0
    count, panels = found.count, view.now(ended=False).panels
    network.run.run(1)
    assert found.count == count and view.now(ended=False).panels[1:] == panels[1:]
    assert view.now() and found.count == count + 1


@pytest.mark.parametrize(("more", "words"), [
    ({"inside": "weight"}, "nothing inside that is called 'weight'.*activations, weights"),
    ({"inside": ["line", "curve"]}, "'curve'"), ({"show": [3]}, "show is a list of expressions"),
    ({"held_back": [XS]}, "held_back is no list of as many"),
    ({"view": "mistakes"}, "mistakes.*predict=")])
def test_what_cannot_be_seen_is_said(more: Any, words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"(?s){words}"):
        Network(**more)
