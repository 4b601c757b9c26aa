"""Saved notebooks in a real JupyterLab: what has a player is its still picture, and no more."""

import pytest
from playwright.sync_api import Page, expect

from .lab import Lab
from .test_live import end_kernel, notebook

pytestmark = pytest.mark.browser

EVERYTHING = """\
import tutor, tutor.tensor as T
x, c = T.dscalar("x"), tutor.shared(0.0, "c")
y = (x - c) ** 2
f = tutor.function([x], y, updates={c: c - 0.1 * tutor.grad(y, c)}, name="f")
run = tutor.live.Descent(f, [3.0])"""


def test_a_saved_notebook_is_opened_without_a_word_about_missing_widgets(
    lab: Lab, desk: Page
) -> None:
    """Whatever has a player: its still picture alone is there until its cell is run."""
    cells = ("tutor.explore(y, wrt=c, values={x: 3})", "tutor.rewrites(T.log(T.exp(x)))",
             "run.explore()", "run", "tutor.live.Race([run])")
    lab.open(desk, notebook(lab, "everything.ipynb", EVERYTHING, *cells))
    lab.run_all(desk)
    desk.evaluate("jupyterapp.commands.execute('docmanager:save')")
    desk.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    end_kernel(desk)
    desk.wait_for_function("!jupyterapp.shell.currentWidget.sessionContext.session?.kernel")
    lab.open(desk, "everything.ipynb")
    missing = desk.get_by_text("model not found")
    expect(missing).to_have_count(5)
    assert not any(one.is_visible() for one in missing.all())
    assert desk.locator(".tutor-before-explore:visible").count() == 3
    assert desk.locator(".tutor-still:visible").count() == 2
