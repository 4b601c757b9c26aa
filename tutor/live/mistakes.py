"""Images of which a model says something else than their labels.

Comes after the predictions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.live.panels import BOX, Panel
from tutor.live.predictions import Model
from tutor.pictures import pixels
from tutor.pictures.charts import chart
from tutor.pictures.charts.chart import Layer

SHOWN, ROW = 10, 5  # images, and how many stand side by side
SIDE, STEP = 58.0, (68.0, 94.0)  # pixels of an image, and from one to the next


class MistakesPanel(Panel):
    """The images that are not recognized, the surest first, each with its label and the guess."""

    moments = False

    def __init__(self, model: Model) -> None:
        self.model = model

    def layers(self, heights: Any) -> list[Layer]:
        """How many they are, and the first of them."""
        own, images, labels = self.images()
        said = self.model.said(own)
        said = np.column_stack([1 - said, said]) if said.size == len(said) else said
        guess = said.argmax(axis=1)
        wrong = np.flatnonzero(guess != labels)
        surest = wrong[np.argsort(-said[wrong, guess[wrong]], kind="stable")][:SHOWN]
        head = f"{len(wrong)} of {len(labels)} wrong" + ": label → guess" * bool(len(wrong))
        marks = [chart.text("head", BOX.left, BOX.top - 12, head)]
        scale, centred = float(np.max(np.abs(images))), bool((images < 0).any())
        palette = pixels.DIVERGING if centred else pixels.INK
        for k in range(SHOWN):  # always as many marks, so that little changes from frame to frame
            x, y = 24.0 + STEP[0] * (k % ROW), BOX.top + STEP[1] * (k // ROW)
            shades, words = np.full((1, 1), pixels.GAP), ""
            if k < len(surest):
                shades = pixels.shades(images[surest[k]], scale, centred)
                words = f"{labels[surest[k]]} → {guess[surest[k]]}"
            drawn = pixels.address(pixels.png(shades, palette))
            marks += [chart.image(x, y, SIDE, SIDE, drawn),
                      chart.text("tick mid", x + SIDE / 2, y + SIDE + 16, words)]
        return [Layer(tuple(marks))]

    def images(self) -> tuple[Any, Any, Any]:
        """The data, as images, and the number of the class of each."""
        own, found = self.model.data()[0], examples(self.model)
        assert found is not None, "asked of models of images only"
        return own, *found


def examples(model: Model) -> tuple[Any, Any] | None:
    """The images that a run has for the input of its model, (n, h, w), and the number of the class
    of each, if it has them."""
    own, others = model.data()
    if own is None or not len(own):
        return None
    images = pixels.as_images(own.T) if own.ndim == 2 else (
        own[:, 0] if own.ndim == 4 else own if own.ndim == 3 else None)
    for one in others:
        if images is not None and len(one) == len(own):
            if one.ndim == 1 and (one == one.astype(int)).all():
                return images, one.astype(int)
            if one.ndim == 2 and one.shape[1] > 1 and (one.sum(axis=1) == 1).all():
                return images, one.argmax(axis=1)
    return None
