"""The first command's promise: the course opens, its first notebook runs, nothing goes wrong."""

import re

import nbformat
import pytest
from playwright.sync_api import Page, expect

from .lab import Lab

pytestmark = pytest.mark.browser
FIRST = "00-start-here.ipynb"
STDERR = "[data-mime-type='application/vnd.jupyter.stderr']"


def test_the_first_notebook_opens_and_runs(lab: Lab, desk: Page) -> None:
    lab.open(desk, FIRST)
    expect(desk.locator(".jp-RenderedMarkdown h1").first).to_be_visible()
    lab.run_all(desk)
    lab.wait_until_idle(desk)
    drawn = desk.locator(".jp-CodeCell .jp-InputPrompt")
    # The page is behind the kernel by a moment.
    expect(drawn.filter(has_text=re.compile(r"\[\D*\]"))).to_have_count(0)
    prompts = drawn.all_inner_texts()
    assert prompts
    assert all(prompt.strip("[]: ").isdigit() for prompt in prompts), prompts
    # An error that a cell shows on purpose comes the same way as what is written to stderr.
    cells = nbformat.read(lab.folder / FIRST, as_version=4).cells
    meant = sum("raises-exception" in cell.metadata.get("tags", []) for cell in cells)
    expect(desk.locator(STDERR)).to_have_count(meant)


def test_the_tutor_command_lands_on_the_first_notebook(lab: Lab, page: Page) -> None:
    page.goto(f"{lab.url}/?token={lab.token}")
    expect(page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")).to_be_visible()
    expect(page.get_by_role("tab", name=FIRST)).to_be_visible()
    lab.wait_until_idle(page)
    # No question about news or updates stands between a learner and the course.
    expect(page.locator(".jp-Dialog, .jp-toast-button, .Toastify__toast")).to_have_count(0)
