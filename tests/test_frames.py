"""What a learner sees of an error: their own lines and the message, in Python and in IPython."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tutor
from tutor.core.errors import TutorError
from tutor.frames import WIDTH

PACKAGE = os.path.dirname(tutor.__file__)
CELLS = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
BEFORE
shell.run_cell("import tutor, tutor.tensor as T", store_history=True)
for cell in CELLS:
    shell.run_cell(cell, store_history=True)
"""


def said(program: str) -> str:
    """What a program says, in its output or as an error."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=False)
    return done.stdout + done.stderr


def in_ipython(*cells: str, before: str = "") -> str:
    return said(CELLS.replace("CELLS", repr(cells)).replace("BEFORE", before))


LEARNERS = {
    "the engine's error": 'T.grad(T.dvector("v"), 3)',
    "deep inside": 'T.dvector("v")[[1.5]]',
    "while it runs": 'x = T.dvector("x"); tutor.function([x], x[5])([1, 2])',
    "no such name": "tutor.fonction",
    "an error of Python's": 'tutor.config.floatX = "float65"',
}


@pytest.mark.parametrize("cell", LEARNERS.values(), ids=list(LEARNERS))
def test_ipython_shows_no_frame_of_the_engine(cell: str) -> None:
    shown = in_ipython(cell)
    assert PACKAGE not in shown and "Traceback" in shown
    high = in_ipython('tutor.config.exception_verbosity = "high"', cell)
    assert "Error" in high


def test_what_is_left_out_is_said_and_can_be_asked_for() -> None:
    cell = LEARNERS["an error of Python's"]
    assert "Frames inside tutor are left out" in in_ipython(cell)
    high = in_ipython('tutor.config.exception_verbosity = "high"', cell)
    assert PACKAGE in high and "left out" not in high


def test_a_learners_own_error_is_shown_as_ever() -> None:
    shown = in_ipython("def f(x):\n    return 1 / x", "f(0)")
    assert "return 1 / x" in shown and "ZeroDivisionError: division by zero" in shown
    assert "left out" not in shown


def test_a_callback_is_the_learners_too() -> None:
    shown = in_ipython('tutor.scan(lambda a: a.nonsense, sequences=T.dvector("v"))')
    assert "a.nonsense" in shown and PACKAGE not in shown and "left out" not in shown


def test_a_picture_of_a_failure_calls_this_package_what_the_notebook_calls_it() -> None:
    kernel = ("shell.kernel = True; shell.display_pub.publish = lambda data, *args, **more: "
              "print(data.get('text/html', ''))")
    for name in ("tutor", "theano"):
        shown = in_ipython(f"import tutor as {name}", *["del tutor"] * (name != "tutor"),
                           LEARNERS["while it runs"].replace("tutor", name), before=kernel)
        assert f"{name}.explore() steps through this call" in shown


def test_nobody_elses_handler_is_replaced() -> None:
    mine = "shell.set_custom_exc((TypeError,), lambda *args, **more: print('mine'))"
    assert "mine" in in_ipython(LEARNERS["the engine's error"], before=mine)
    hook = "import sys; sys.excepthook = lambda *args: print('mine'); import tutor; tutor.fonction"
    assert said(hook) == "mine\n"


def test_python_shows_no_frame_of_the_engine() -> None:
    shown = said('import tutor.tensor as T\nT.grad(T.dvector("v"), 3)')
    assert PACKAGE not in shown and "wrt must be a symbol" in shown
    assert shown.startswith("Traceback (most recent call last):\n  File")
    high = said('import tutor\ntutor.config.exception_verbosity = "high"\ntutor.fonction')
    assert PACKAGE in high and "Did you mean tutor.function" in high
    assert PACKAGE in said('import tutor\ntutor.config.floatX = "float65"')


def test_a_long_message_is_broken_between_words() -> None:
    error = TutorError("word " * 60, fix="mend " * 60)
    lines = error._render_traceback_()
    assert len(lines) > 6 and max(map(len, lines)) <= WIDTH
    assert " ".join(" ".join(lines[1:]).split()) == " ".join(f"TutorError: {error}".split())


@pytest.mark.parametrize(("call", "what", "fix"), [
    ("f(z=3)", "f(x) has no argument named 'z'.", "It has 1 input named x."),
    ("f(1.0, x=2)", "f(x) got two values for 'x'.", "Pass it once."),
    ("1 + f(1.0, z=2)", "f(x) has no argument named 'z'.", "It has 1 input named x.")])
def test_a_keyword_that_a_compiled_function_does_not_take_is_told_as_every_slip(
        call: str, what: str, fix: str, tmp_path: Path) -> None:
    made = 'x = T.dscalar("x"); f = tutor.function([x], x * 2)'
    shown = in_ipython(made, call)
    assert f"ArgumentError: {what}" in shown and f"Fix: {fix}" in shown and call in shown
    assert "Traceback" in shown and PACKAGE not in shown
    (tmp_path / "program.py").write_text(f"import tutor, tutor.tensor as T; {made}\n{call}")
    done = subprocess.run([sys.executable, tmp_path / "program.py"], capture_output=True, text=True,
                          check=False)
    shown = done.stderr
    assert f"ArgumentError: {what}" in shown and f"Fix: {fix}" in shown and PACKAGE not in shown


def test_another_functions_keywords_are_pythons_to_tell() -> None:
    shown = in_ipython("def f(x):\n    return x", "f(z=3)", "f(1, x=3)")
    assert "TypeError: f() got an unexpected keyword argument 'z'" in shown
    assert "TypeError: f() got multiple values for argument 'x'" in shown
