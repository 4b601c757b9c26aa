"""What newcomers type by mistake, and what they are told: one error, which says how to mend it."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import TutorError

x, v, w = T.dscalar("x"), T.dvector("v"), T.dvector("w")


def trained():
    c = tutor.shared(0.0, "c")
    cost = T.sum((v - c) ** 2)
    f = tutor.function([v], cost, updates=tutor.optimizers.sgd(cost, c), name="step")
    return f, c


def descent():
    f, c = trained()
    return tutor.live.Descent(f, [[1, 2, 3]], watch=[c])


class Unmade(tutor.Op):
    """One whose writer forgot what make_node is for."""

    def make_node(self, *inputs):
        return 3


MISTAKES = [
    (lambda: T.dscalars("x y"), "takes each name by itself", 'Write dscalars("x", "y").'),
    (lambda: T.dvectors("u, v"), "takes each name by itself", 'Write dvectors("u", "v").'),
    (lambda: T.dvectors(" "), "takes each name by itself", 'Write dvectors("x", "y").'),
    (lambda: T.matrix("a", "b"), "makes one variable", 'makes several: T.matrices("x", "y").'),
    (lambda: T.nnet.sofmax, "tutor.tensor.nnet has no 'sofmax'", "Did you mean T.nnet.softmax"),
    (lambda: tutor.live.Decent, "tutor.live has no 'Decent'", "Did you mean tutor.live.Descent?"),
    (lambda: tutor.optimizers.adm, "has no 'adm'", "Did you mean tutor.optimizers.adam"),
    (lambda: x.eval(3), "a dict from inputs to values, and got the int 3", "y.eval({x: …})"),
    (lambda: tutor.function([x], x, updates=x + 1), "got x + 1", "Write updates={c: …}"),
    (lambda: tutor.function([x], x, updates=tutor.optimizers.sgd), "got <function", "={c: …"),
    (lambda: tutor.function([x], x, givens=3), "list of pairs, and got 3", "Write givens={c: …}"),
    (lambda: tutor.function([v], v)(np.array([None, 1])), "got an object array of", "numbers"),
    (lambda: tutor.shared(1.0).value, "a shared variable has no attribute", "s.get_value()"),
    (lambda: tutor.shared(1.0).item(), "a shared variable has no attribute", "s.get_value()"),
    (lambda: Unmade()(x), "make_node of Unmade gives a node, and gave 3", "Return Apply(self,"),
    (lambda: tutor.scan(3), "calls a function, and got 3", "Pass a function that builds one step"),
    (lambda: tutor.map(None, v), "calls a function, and got None", "Pass a function"),
    (lambda: tutor.scan(lambda a: a, sequences=3), "3 is a scalar: scan", "as a vector"),
    (lambda: tutor.live.Descent(trained()[0]), "step has 1 input (v), and data", "one value"),
    (lambda: tutor.live.Descent(trained()[0], lambda step: 3).run(1), "gave 3", "Return a list"),
    (lambda: tutor.live.Descent(trained()[0], lambda step: "ab").run(1), "gave 'ab'", "Return a"),
    (lambda: tutor.live.Race(3), "a race is of 1 to 12 runs, and got 3", "Race"),
    (lambda: descent().run("many"), "a whole number, 0 or more, and this is 'many'", "run.run"),
    (lambda: descent().run(None), "and this is None", "run.run"),
    (lambda: descent().run(2.5), "and this is 2.5", "run.run"),
    (lambda: descent().step(-1), "and this is -1", "run.run"),
    (lambda: descent().reset(3), "a start gives variables their values", "run.reset({c: …})"),
]


@pytest.mark.parametrize(("mistake", "what", "fix"), MISTAKES)
def test_a_mistake_is_one_error_that_says_how_to_mend_it(mistake, what, fix):
    with pytest.raises(TutorError) as raised:
        mistake()
    assert what in raised.value.what and fix in raised.value.fix
    assert raised.value.__cause__ is None


def test_a_start_that_does_not_fit_changes_no_start():
    f, c = trained()
    other = tutor.shared(1.0, "d")
    cost = f.outputs[0] + other**2
    run = tutor.live.Descent(
        tutor.function([v], cost, updates=tutor.optimizers.sgd(cost, [c, other])), [[1, 2, 3]])
    with pytest.raises(TutorError, match=r"the start of d needs a float64 .* the str 'a'"):
        run.reset({c: 8.0, other: "a"})
    run.reset()
    assert c.get_value() == 0


def test_a_rate_that_is_a_list_kept_as_it_is_is_no_number():
    c = tutor.shared(1.0, "c")
    with pytest.raises(TutorError, match=r"learning_rate is .* no number"):
        tutor.optimizers.sgd(c**2, c, learning_rate=tutor.shared([1.0]))


def test_the_shape_of_a_constant_is_told_as_it_is():
    for sum_ in (v + np.ones(3), T.exp(v) * np.array([1.0, 2, 3])):
        with pytest.raises(ValueError, match=r"v\)? has shape \(2,\) and a constant has shape \(3"):
            tutor.function([v], sum_)([1, 2])


def test_the_shapes_that_met_are_told_also_of_what_was_not_computed_yet():
    for sum_, second in ((T.exp(v * 2) + T.exp(w * 2), "exp(w * 2)"),
                         (T.exp(v * 2) + w * np.ones(3), "w * [1, 1, 1]")):
        with pytest.raises(ValueError, match="cannot be computed") as raised:
            tutor.function([v, w], sum_)([1, 2], [1, 2, 3])
        assert f"exp(v * 2) has shape (2,) and {second} has shape (3,)." in str(raised.value)
    with pytest.raises(ValueError, match=r"v has shape \(2,\), w has shape \(3,\)"):
        tutor.function([v, w], T.switch(v > 0, v, w))([1, 2], [1, 2, 3])


def test_what_show_gives_is_saved(tmp_path):
    shown = tutor.show(x**2, wrt=x)
    for ending, begins in {"svg": b"<svg", "png": b"\x89PNG", "html": b"<!DOCTYPE"}.items():
        path = tutor.save(shown, tmp_path / f"shown.{ending}")
        with open(path, "rb") as file:
            assert file.read(20).startswith(begins)
    with pytest.raises(TutorError, match=r"End the path in .html or .svg or .png"):
        tutor.save(shown, tmp_path / "shown.dot")
