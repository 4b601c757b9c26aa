"""Grading: answers as JSON over all ops, what kind of wrong they are, a class graded elsewhere."""

import json
import subprocess
import sys

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.core.errors import TutorError
from tutor.core.types import TensorType
from tutor.core.walk import interpret
from tutor.course import check, hint, learner, progress, record, solution
from tutor.course.checks import judged, key_of
from tutor.course.definition import Definition, free
from tutor.course.exercises import EXERCISES, read_table
from tutor.course.grade import graded, main
from tutor.course.grading.asking import Judges
from tutor.course.grading.running import Running
from tutor.course.slips import slip
from tutor.course.written import Other, classes, read, written
from tutor.ops.examples import EXAMPLES

x, y, v, u = T.dscalar("x"), T.dscalar("y"), T.dvector("v"), T.dvector("u")
m = T.dmatrix("m")


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def again(answer):
    return read(json.loads(json.dumps(written(answer), allow_nan=False)))


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_op_is_written_and_read(name):
    for example in EXAMPLES[name]:
        inputs = [TensorType(str(value.dtype), (False,) * value.ndim)(f"v{i}")
                  for i, value in enumerate(example.values)]
        made = example.build(*inputs)
        for out in made if isinstance(made, (list, tuple)) else [made]:
            back = again(out)
            assert back.type == out.type
            known = {w.name: w for w in free([back])}
            given = {known[w.name]: value for w, value in zip(inputs, example.values, strict=True)
                     if w.name in known}
            before = interpret([out], dict(zip(inputs, example.values, strict=True)))
            np.testing.assert_array_equal(interpret([back], given)[0], before[0])


def training(step=lambda w, g: w - 0.1 * g):
    h0, w = T.dscalar("h0"), tutor.shared(0.5, "w")
    h, _ = tutor.scan(lambda a, h, w: T.tanh(w * h + a), sequences=v, outputs_info=h0,
                      non_sequences=w)
    cost = h[-1] ** 2
    return tutor.function([v, h0], {"cost": cost}, updates={w: step(w, T.grad(cost, w))})


def test_a_loop_with_its_gradient_and_update_is_read_as_it_was():
    f = training()
    back = again(f)
    calls = [([1.0, -2.0, 0.5], 0.25)] * 3
    for found in back.called(calls):
        np.testing.assert_allclose(found[0], f(*calls[0])["cost"], rtol=1e-12)
    assert back.form == ["cost"]


@pytest.mark.parametrize("value", [
    2, -0.5, True, np.inf, np.array([np.nan, 1.0]), 1 + 2j,
    np.arange(6, dtype="int8").reshape(2, 3), np.zeros((0, 3)), np.float32(0.1)], ids=repr)
def test_numbers_come_back_to_the_last_digit(value):
    back = again(value)
    assert back.dtype == np.asarray(value).dtype
    np.testing.assert_array_equal(back, value)


def test_what_has_no_form_says_what_it_is():
    assert again(10**400) == Other("a number (of more than 64 bits)")
    assert again(np.longdouble("1e400")) == np.inf and again(np.clongdouble(2j)) == 2j
    assert again(print) == Other("a builtin_function_or_method")
    assert again(T.dscalar) is T.dscalar
    assert again("six") == "six"
    assert "holds 90,000 values" in again(tutor.shared(np.zeros((300, 300))) * 2).words
    own = tutor.as_op([T.dscalar], [T.dscalar])(abs)(x)
    assert "which is no op of the engine" in again(own).words


@pytest.mark.parametrize("found", [
    None, 3, {}, {"pickle": "…"}, {"expression": {"steps": [{"op": "system"}], "result": 0}},
    {"value": {"dtype": "object", "shape": [], "numbers": [1]}},
    {"expression": {"steps": [{"op": "FromFunctionOp", "of": [], "with": {}}], "result": 0}},
])
def test_what_is_no_answer_is_one_error(found):
    with pytest.raises(TutorError):
        read(found)


def test_nothing_that_runs_code_can_be_read():
    assert {"FromFunctionOp", "OpFromGraph", "Print"}.isdisjoint(classes())


POINTS = [(np.array([3.0, 4.0, -1.0]), np.array([0.5, -2.0, 7.0])),
          (np.array([1.0, -1.5]), np.array([3.0, 0.25]))]
SLIPS = [
    (T.sum(v * u), -T.sum(v * u), "the negative of what it should be"),
    (T.sum(v * u), 2 * T.sum(v * u), "twice"),
    (T.sum(v * u), T.sum(v * u) / 3, "0.3333 times"),
    (T.sum(v * u), T.sum(v * u) + 2, "2 too large"),
    (T.exp(T.sum(v * u)), T.exp(-T.sum(v * u)), "one over"),
    (T.mean(v * u), T.sum(v * u), "the sum where the mean"),
    (T.sum(v * u), T.mean(v * u), "the mean where the sum"),
    (T.sum(v * u), T.max(v * u), "the max where the sum"),
    (T.sqrt(T.sum(v**2)) + u, T.sum(v**2) + u, "sqrt is missing"),
    (T.sqrt(T.sum(v**2)) + u, T.sqrt(abs(T.sum(v))) + u, None),
    (T.sum(v**2) + u, T.sum(v) + u, "The power 2 is missing"),
    (v - 2 * u, u - 2 * v, "v and u have changed places"),
    (T.tanh(v) - 2 * u, 2 * u - T.tanh(v) + 1, None),
    (T.tanh(v - u), T.tanh(u - v), "negative"),
    (T.exp(v - u), T.exp(u - v), "one over"),
    (T.exp(v - u) + v, T.exp(u - v) + v, "sides of − have changed"),
    (v * u + 1, v * u - 1, "a − where a + belongs"),
    (T.tanh(v * u + 1), T.tanh(v * u - 1), "a − where a + belongs"),
    (T.tanh(v * u + 1), T.tanh(v * u), "A part, 1, is missing"),
    (T.sin(v) * u, T.cos(v) * u, "uses cos where sin"),
    (v[1:] * u[1:], v[:-1] * u[1:], None),
    (T.sum(v[1:] * 2), T.sum(v[2:] * 2), "off by one"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "words"), SLIPS, ids=str)
def test_a_slip_is_told_by_its_name(right, wrong, words):
    model, answer = (Definition.of_expression([v, u], e) for e in (right, wrong))
    told = slip(answer, model, POINTS)
    assert told is None if words is None else words in told


TABLES = [(np.array([[1.0, -2.0, 0.5], [3.0, 5.0, 7.0]]),)]
OF_TABLES = [
    (m.T, m, "transposed"), (T.sum(m, axis=0), T.sum(m, axis=1), "the wrong axis"),
    (T.nnet.softmax(m), T.nnet.softmax(m.T).T, "the wrong axis"),
    (T.dot(m.T, m), T.dot(m, m.T), "sides of dot have changed"),
    (T.dot(T.exp(m), m.T) - 1, T.dot(m.T, T.exp(m)) - 1, "sides of dot"),
    (T.dot(m, m.T) + T.dot(m[:, :2], m[:, 1:]), T.dot(m, m.T) + T.dot(m[:, :2].T, m[:, 1:]),
     "in the product is transposed"),
    (T.argmax(m, axis=1), T.argmax(m, axis=0), "the wrong axis"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "words"), OF_TABLES, ids=str)
def test_a_slip_with_a_table_is_told_by_its_name(right, wrong, words):
    model, answer = (Definition.of_expression([m], e) for e in (right, wrong))
    assert words in slip(answer, model, TABLES)


def walk(new=None, output=None, mean=True):
    """A step of gradient descent with a memory, or with one thing in it that is wrong."""
    c, n = tutor.shared(0.5, "c"), tutor.shared(1.0, "n")
    cost = (T.mean if mean else T.sum)((v - c) ** 2)
    g = T.grad(cost, c)
    updates = {c: c - 0.1 * g * n, n: n + c} if new is None else new(c, n, g)
    return Definition.of(tutor.function([v], cost if output is None else output(cost, updates),
                                        updates=updates))


UPDATES = [
    (walk(lambda c, n, g: {}), "the update is missing"),
    (walk(lambda c, n, g: {c: c - 0.1 * g * n}), "The update of n is missing"),
    (walk(lambda c, n, g: {c: c + 0.1 * g * n, n: n - c}), "the wrong way"),
    (walk(lambda c, n, g: {c: -0.1 * g * n, n: c}), "stores the change alone"),
    (walk(lambda c, n, g: {c: c - 0.2 * g * n, n: n + 2 * c}), "twice as long"),
    (walk(lambda c, n, g: {c: c - 0.1 * g * n, n: n + c - 0.1 * g * n}), "as if the update"),
    (walk(output=lambda cost, new: tutor.clone(cost, replace=new)), "the value after the update"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "words"), UPDATES, ids=[words for _, words in UPDATES])
def test_a_slip_in_an_update_is_told_by_its_name(wrong, words):
    calls = [(np.array([3.0, -1.0]),)] * 3
    assert words in slip(wrong, walk(), calls)


def test_a_sum_for_a_mean_is_told_where_the_gradient_follows_it():
    def plain(mean):
        return walk(lambda c, n, g: {c: c - 0.1 * g}, mean=mean)

    calls = [(np.array([3.0, -1.0]),)] * 3
    assert "the sum where the mean" in slip(plain(False), plain(True), calls)


def notebooks_here(tmp_path):
    (tmp_path / "one.ipynb").write_text("{}")


def test_without_notebooks_nothing_is_written(tmp_path):
    check("08-1", 0.1)
    assert progress().solved == {"08-1"} and not [*tmp_path.iterdir()]


def test_what_is_done_is_kept_beside_the_notebooks_and_shared(tmp_path):
    notebooks_here(tmp_path)
    check("08-1", 0.05)
    hint("08-1")
    check("08-1", 0.1)
    check("08-1", 7)
    kept = json.loads((tmp_path / "progress.json").read_text())
    assert kept["format"] == record.FORMAT
    assert kept["exercises"]["08-1"] == {"tries": 3, "hints": 1, "solved": True, "answer": {
        "value": {"dtype": "float64", "shape": [], "numbers": [0.1]}}}
    elsewhere = "from tutor.course import *; check('08-2', 0.2); print(progress())"
    done = subprocess.run([sys.executable, "-c", elsewhere], capture_output=True, text=True,
                          check=True)
    assert "✓ 08-1  ✓ 08-2" in done.stdout
    assert progress().solved == {"08-1", "08-2"}
    assert {path.name for path in tmp_path.iterdir()} == {"one.ipynb", "progress.json"}


def test_a_file_from_before_the_notebooks_were_numbered_anew_is_read_as_it_was_meant(tmp_path):
    notebooks_here(tmp_path)
    done = {"tries": 1, "hints": 0, "solved": True, "answer": None}
    old = {"format": 1, "exercises": {"14-2": done, "16-5": done, "17-1": done}}
    (tmp_path / "progress.json").write_text(json.dumps(old))
    assert progress().solved == {"16-2", "20-5", "17-1"}
    check("08-1", 0.1)
    assert progress().solved == {"16-2", "20-5", "17-1", "08-1"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"exercises": 3}', '{"exercises": {"a": 1}}'])
def test_a_file_that_cannot_be_read_is_kept_aside_and_said_once(tmp_path, text, capsys):
    notebooks_here(tmp_path)
    (tmp_path / "progress.json").write_text(text)
    assert not progress().solved
    check("08-1", 0.1)
    assert capsys.readouterr().out.count("progress.json cannot be read: it is kept as") == 1
    assert progress().solved == {"08-1"}
    assert (tmp_path / record.BROKEN).read_text() == text


def test_a_class_is_graded_by_answers_and_not_by_what_a_file_says(tmp_path, capsys):
    notebooks_here(tmp_path)
    z = T.dscalar("x")
    check("05-1", 3 * z**2 - 2)
    check("07-1", 3.0)
    record.note("08-1", solved=True)
    record.note("08-2", solved=True, answer={"pickle": "gASV"})
    grades = {name: (grade, why) for name, grade, why in graded(tmp_path / "progress.json")}
    assert grades["05-1"] == ("right", "")
    assert grades["07-1"] == ("wrong", "It is a number, and the answer is a compiled function.")
    assert grades["08-1"] == ("missing", "")
    assert grades["08-2"][0] == "wrong" and "no answer that can be read" in grades["08-2"][1]
    assert main([str(tmp_path / "progress.json")]) == 0
    assert f"{tmp_path / 'progress.json'}\t05-1\tright\t" in capsys.readouterr().out
    assert main([str(tmp_path / "absent.json")]) == 1


def test_a_course_without_the_key_keeps_answers_and_judges_none(tmp_path):
    notebooks_here(tmp_path)
    without = (
        "import importlib.util as u, tutor; from tutor.course import checks\n"
        "find = u.find_spec\n"
        "vars(checks)['find_spec'] = lambda name: None if 'key' in name else find(name)\n"
        "print(tutor.course.check('08-1', 0.1)); print(tutor.course.hint('08-1'))\n"
        "print(tutor.course.solution('08-1')); print(tutor.course.progress())\n"
        "import sys; print([m for m in sys.modules if m.startswith('tutor.course.key')])\n"
    )
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True,
                          check=True)
    said = done.stdout
    assert said.startswith("Kept. This copy of the course has no key") and "Hint 1 of 2" in said
    assert "No solution." in said and "0 of " in said and said.endswith("[]\n")
    grades = {name: grade for name, grade, _ in graded(tmp_path / "progress.json")}
    assert grades["08-1"] == "right"


def test_a_solution_is_shown_to_who_solved_it_at_once():
    check("08-1", 0.1)
    assert solution("08-1").code == "answer = 0.1"


def table(name, calls):
    """A function that counts its calls, and reads what the solution gives then from a table."""
    right = Definition.of(key_of(EXERCISES[name]).answer())
    found = [np.stack(column) for column in zip(*right.called(calls), strict=True)]
    count = tutor.shared(0.0, "p")
    rows = [T.constant(column)[T.cast(count, "int64")] for column in found]
    held = [tutor.shared(value, v.name) for v, value in right.start.items()]
    same = sum(v.sum() - v.sum() for v in held)  # which is 0
    outputs = [row + same for row in rows]
    return tutor.function([v.type() for v in right.inputs], outputs[0] if right.form is None else
                          outputs, updates={count: count + 1}, on_unused_input="ignore")


def portions():
    """The formula of 13-4, into which givens put a table that is read by a counter."""
    right = Definition.of(key_of(EXERCISES["13-4"]).answer())
    costs = np.ravel(right.called([(i,) for i in [1, 2, 0, 2] * 3]))
    count, data = tutor.shared(0, "n"), tutor.shared(np.arange(12.0).reshape(6, 2), "data")
    w, i = tutor.shared(np.array([1.0, -0.5]), "w"), T.lscalar("i")
    root = T.sqrt(T.constant(costs))[count % 12] + 0 * data[2 * i, 0]
    return tutor.function([i], T.mean(T.dot(m, w) ** 2), updates={count: count + 1},
                          givens={m: T.stack([T.stack([root, 0 * root])])})


def points(right, listed):
    """An expression that has the right values at the points of the key, and is 0 elsewhere."""
    return sum(T.eq(x, at) * right(at) for at in listed)


LISTED = (-2.0, -0.3, 0.5, 1.7, 3.0)
curve, half = x**3 - 2 * x, T.sum(v) ** 2
one = T.constant(1.0)
made = "It was made by T.grad"
CHEATS = [
    ("07-3", lambda: table("07-3", [()] * 200), "does not follow p and q"),
    ("10-3", lambda: table("10-3", [()] * 200), "does not follow c and s"),
    ("13-4", portions, "gives"),
    ("17-4", lambda: table("17-4", [()] * 200), "does not follow w"),
    ("05-1", lambda: points(lambda at: 3 * at**2 - 2, LISTED), "At x = "),
    ("05-1", lambda: T.grad(None, x, known_grads={curve: one}), made),
    ("05-1", lambda: tutor.gradient.Lop(curve, x, one), made),
    ("05-1", lambda: tutor.gradient.Rop(curve, x, one), made),
    ("05-1", lambda: T.jacobian(T.stack([curve]), x)[0], made),
    ("05-1", lambda: T.grad(2.0 * curve, x) / 2 + 0 * x, made),
    ("05-1", lambda: tutor.clone(T.grad(y**3 - 2 * y, y), {y: x}), made),
    ("05-1", lambda: tutor.scan(lambda a: T.grad(a**3 - 2 * a, a), T.stack([x]))[0][0], made),
    ("05-3", lambda: T.grad(half, v, consider_constant=[T.dscalar()]), made),
    ("05-3", lambda: tutor.function([v], T.grad(half, v)).request.written.outputs[0], made),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "words"), CHEATS, ids=range(len(CHEATS)))
def test_what_is_looked_up_or_was_differentiated_is_no_answer(name, make, words):
    key, answer = key_of(EXERCISES[name]), make()
    for given in (answer, again(answer)):
        assert words in str(judged(key, given))


VARIED = [name for name, row in EXERCISES.items() if row.numbers]


@pytest.fixture(scope="module")
def judges():
    with Judges(Running()) as found:
        yield found


@pytest.mark.parametrize("name", VARIED)
def test_each_learner_is_asked_with_numbers_of_their_own_and_judged_by_them(name, judges):
    rows = {who: read_table(who)[name] for who in ("", "ada", "bo", "cy", "a\nb", "a b", "\udcff")}
    assert read_table("zoe\u0308")[name].numbers == read_table("zo\u00eb")[name].numbers
    assert len({row.question for row in rows.values()}) > 2 and rows[""] == EXERCISES[name]
    for row in rows.values():
        answer = key_of(row).answer()
        told = json.dumps({"name": name, "answer": written(answer)}).encode()
        for who, other in rows.items():
            alike = row.numbers == other.numbers
            assert (judged(key_of(other), answer) is None) is alike
            assert "$" not in other.question + "".join(other.hints) + repr(key_of(other)[:3])
            if row.learner == "ada" and who in ("ada", "bo"):
                verdict = judges.judge(told, [name], 10, who)[0][name]
                assert (verdict.grade == "right") is alike
                assert alike or f"Asked was: {other.question}" in verdict.why


def test_a_learner_says_who_it_is_or_is_known_by_a_hub(monkeypatch, tmp_path):
    asked = {who: read_table(who)["09-2"].question for who in ("", "ada")}
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert learner().heading == "ada:" and check("09-2").text == asked["ada"]
    assert check("09-2", key_of(read_table("ada")["09-2"]).answer()).right
    rate = read_table("ada")["10-2"].numbers["rate"]  # and the usual slips are those of her numbers
    assert "a step of plain descent" in check("10-2", 1000 * rate).text
    (tmp_path / "autograded" / "cy" / "week1").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "autograded" / "cy" / "week1")
    assert learner().heading == "cy:"
    learner(record.NOBODY)
    assert check("09-2").text == asked[""]
    with pytest.raises(TutorError, match="a name is a string"):
        learner(3)
