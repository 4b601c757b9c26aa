"""Modes: by name and by object, what they look at, and that they change no result."""

import io
import logging

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor import DebugMode, Mode, MonitorMode, NanGuardMode, function
from tutor.compile.debugmode import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    InvalidValueError,
)
from tutor.compile.mode import get_mode, predefined_modes, register_mode
from tutor.compile.watching import ProfileStats, detect_nan
from tutor.config import change_flags
from tutor.core.errors import BadValueError, ShapeError
from tutor.core.graph import Apply
from tutor.core.op import Op
from tutor.core.types import TensorType
from tutor.core.walk import toposort
from tutor.errors import NanGuardError
from tutor.ifelse import ifelse
from tutor.ops.examples import EXAMPLES
from tutor.theano.compilers import Query, register_linker

x, v, m = T.dscalar("x"), T.dvector("v"), T.dmatrix("m")
WATCHING = [MonitorMode(), NanGuardMode(True, False, False), DebugMode(check_isfinite=False)]


class Broken(Op):
    """An op that does what its perform says, whatever that is."""

    __props__ = ("perform_",)

    def __init__(self, perform):
        self.perform_ = perform

    def make_node(self, a):
        return Apply(self, [a], [a.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = self.perform_(inputs[0])


@pytest.mark.parametrize(
    "mode",
    ["FAST_RUN", "FAST_COMPILE", "interpret", "DebugMode", "DEBUG_MODE",
     "NanGuardMode", "Mode", None,
     "FAST_RUN_NOGC", "ProfileMode", *WATCHING, Mode("py"), Mode("c|py", "fast_compile"),
     Mode(optimizer=None), Mode(linker="vm", optimizer="fast_run").excluding("fusion"),
     Mode(optimizer=Query(["fast_run"]).excluding("inplace"))],
)  # fmt: skip
def test_every_mode_gives_the_same(mode):
    w = tutor.shared(np.ones(3), "w")
    f = function([v], [(v * w + 1).sum(), v, w], updates={w: w + v}, mode=mode)
    assert [np.asarray(r).tolist() for r in f([1, 2, 3])] == [9, [1, 2, 3], [1, 1, 1]]
    assert w.get_value().tolist() == [2, 3, 4]
    assert function([x], x / 0, mode="FAST_COMPILE")(1.0) == np.inf


def test_modes_by_name():
    assert get_mode("FAST_RUN") is predefined_modes["FAST_RUN"]
    assert isinstance(get_mode("DEBUG_MODE"), DebugMode)
    assert tutor.get_default_mode() is get_mode(None)
    with change_flags(mode="FAST_COMPILE"):
        assert tutor.get_default_mode() is get_mode("FAST_COMPILE")
    with change_flags(optimizer="None"):
        assert get_mode().rewriting == "None"
    assert get_mode("DEBUG_MODE") is predefined_modes["DEBUG_MODE"]
    mode = MonitorMode(post_func=print).excluding("local_elemwise_fusion").including("x")
    assert (mode.excluded, mode.included) == ({"local_elemwise_fusion"}, {"x"})
    assert mode.post_func is print
    assert str(Mode("vm", "fast_run")) == "Mode(linker = vm, optimizer = fast_run)"
    assert mode.clone(optimizer="fast_compile").rewriting == "FAST_COMPILE"
    for wrong in (lambda: get_mode("FAST"), lambda: get_mode(3), lambda: Mode("gcc"),
                  lambda: Mode(optimizer="quick"), lambda: register_mode("FAST_RUN", mode),
                  lambda: register_linker("vm", None)):  # fmt: skip
        with pytest.raises(BadValueError, match="Fix"):
            wrong()


def test_a_mode_switches_rules_off_and_on_by_name():
    def ops(mode, out):
        return [node.op.name for node in toposort(function([x], out, mode=mode).graph.outputs)]

    plain = get_mode("FAST_RUN")
    assert ops(plain, x**2) == ["sqr"]
    assert ops(plain.excluding("power two"), x**2) == ["pow"]
    assert ops(Mode(optimizer=Query(["fast_run"]).excluding("power two")), x**2) == ["pow"]
    assert ops(Mode(optimizer=None), T.exp(x) + T.exp(x)) == ["exp", "exp", "add"]
    assert ops("FAST_COMPILE", T.exp(x) + T.exp(x)) == ["exp", "add"]
    assert Mode(optimizer="unsafe").included == {"assumes"}


def test_a_monitor_sees_every_node_in_order_and_may_change_what_it_gives():
    seen = []

    def before(i, node, fn):
        assert fn.outputs[0][0] is None
        seen.append((i, node.op.name, [cell[0].tolist() for cell in fn.inputs]))

    def after(i, node, fn):
        seen.append((i, fn.outputs[0][0].tolist()))
        if i == 0:
            fn.outputs[0][0] = fn.outputs[0][0] + 1

    w = tutor.shared(2.0, "w")
    f = function([x], T.exp(x) * w, mode=MonitorMode(before, after))
    assert f(0.0) == 4
    assert seen == [(0, "exp", [0]), (0, 1), (1, "mul", [2, 2]), (1, 4)]


def test_what_a_monitor_raises_comes_out_as_it_is():
    class OwnError(Exception):
        pass

    def stop(i, node, fn):
        raise OwnError(node)

    w = tutor.shared(0.0)
    with pytest.raises(OwnError):
        function([x], T.exp(x), updates={w: w + x}, mode=MonitorMode(stop))(1.0)
    assert w.get_value() == 0
    with pytest.raises(ShapeError, match="cannot be computed"):
        function([m, v], T.dot(m, v), mode=MonitorMode())(np.ones((2, 3)), np.ones(2))


def test_a_monitor_that_looks_for_nan(capsys):
    f = function([x], [T.log(x) * x], mode=MonitorMode(post_func=detect_nan))
    f(1)
    assert capsys.readouterr().out == ""
    f(0)
    out = capsys.readouterr().out
    assert "*** NaN detected ***" in out
    assert "Inputs : [array(-inf), array(0.)]" in out


def test_only_the_branch_that_is_taken_is_looked_at():
    ran = []
    mode = MonitorMode(lambda i, node, fn: ran.append(node.op.name))
    f = function([x], ifelse(x > 0, T.exp(x), T.cos(x)), mode=mode)
    f(1.0)
    assert ran == ["gt", "exp", "ifelse"]


@pytest.mark.parametrize(
    ("build", "value", "word"),
    [
        (lambda: T.log(v), -1.0, "NaN detected"),
        (lambda: 1 / v, 0.0, "Inf detected"),
        (lambda: v * 1e9, 1e3, "Big value detected"),
        (lambda: v + 0, np.nan, "an input of the graph"),
    ],
)
def test_a_guard_stops_at_the_node_and_names_the_line(build, value, word):
    f = function([v], T.tanh(build()).sum(), mode="NanGuardMode")
    assert np.isfinite(f([2.0]))
    with pytest.raises(AssertionError, match=word) as raised:
        f([value])
    assert "test_modes.py, line" in str(raised.value)
    assert isinstance(raised.value, NanGuardError)


def test_what_a_guard_lets_pass():
    given = [np.nan, np.inf, 1e20]
    for kind, passing in enumerate(given):
        said = [kind != 0, kind != 1, kind == 0]
        assert function([x], x * 1.0, mode=NanGuardMode(*said))(passing) is not None
    with pytest.raises(AssertionError):
        NanGuardMode(False, False, False)
    quiet = T.log(x)
    quiet.tag.nan_guard_mode_check = False
    assert np.isnan(function([x], quiet, mode="NanGuardMode")(-1.0))


def test_a_guard_may_only_warn(caplog):
    f = function([x], T.log(x), mode="NanGuardMode")
    with change_flags({"NanGuardMode.action": "warn"}), caplog.at_level(logging.ERROR):
        assert np.isnan(f(-1.0))
    assert "NaN detected" in caplog.text


def half(a):
    a *= 0.5
    return a.copy()


def unsteady(a, calls=[]):  # noqa: B006 - what it remembers is what is wrong with it
    calls.append(1)
    return a + len(calls)


@pytest.mark.parametrize(
    ("perform", "kind"),
    [
        (half, BadDestroyMap),
        (lambda a: a[::-1], BadViewMap),
        (unsteady, BadThunkOutput),
        (lambda a: a + np.nan, InvalidValueError),
    ],
)
def test_debug_mode_finds_an_op_that_breaks_its_word(perform, kind):
    f = function([v], Broken(perform)(v) * 2, mode="DebugMode")
    with pytest.raises(kind, match=r"written at: test_modes\.py"):
        f([1.0, 2.0])
    function([v], Broken(perform)(v) * 2)([1.0, 2.0])


def test_debug_mode_finds_a_rewriting_that_changes_values(monkeypatch):
    good = function([v], T.exp(v), mode="DebugMode")
    assert good([0.0]) == 1
    good.graph.outputs[0] = T.cos(v) * 3
    bad = good.copy()
    with pytest.raises(BadOptimization, match="exp"):
        bad([0.0])


def test_debug_mode_lets_good_views_and_changes_pass():
    class View(Broken):
        view_map = {0: [0]}  # noqa: RUF012

    class Destroy(Broken):
        destroy_map = {0: [0]}  # noqa: RUF012

    turned = View(lambda a: a[::-1])(v) * 2
    assert function([v], turned, mode="DebugMode")([1, 2]).tolist() == [4, 2]
    u = T.shared_randomstreams.RandomStreams(seed=3).uniform((2,))
    f, g = function([], u, mode="DebugMode"), function([], u, no_default_updates=True)
    first = g()
    assert (f() == first).all()
    assert (f() != first).any()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_op_keeps_its_word(name):
    """Each op of the registry under DebugMode: no input changed, no undeclared view."""
    for entry in EXAMPLES[name]:
        values = [np.asarray(value) for value in entry.values]
        inputs = [TensorType(a.dtype.name, (False,) * a.ndim)() for a in values]
        out = entry.build(*inputs)
        outputs = list(out) if isinstance(out, (list, tuple)) else [out]
        mode = DebugMode(check_isfinite=False)
        f = function(inputs, outputs, mode=mode, on_unused_input="ignore")
        plain = function(inputs, outputs, on_unused_input="ignore")
        for a, b in zip(f(*values), plain(*values), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_a_profile_counts_nodes_and_says_what_took_long():
    f = function([v], T.exp(v).sum(), profile=True, name="total")
    f([1.0])
    f([2.0])
    assert f.profile.fct_callcount == 2
    assert set(f.profile.apply_callcount.values()) == {2}
    text = io.StringIO()
    f.profile.summary(text)
    assert "total" in text.getvalue()
    assert "exp" in text.getvalue()
    own = ProfileStats("mine")
    function([x], T.exp(x), profile=own, mode=NanGuardMode())(1.0)
    assert own.fct_callcount == 1
    assert function([x], x * 2).profile is None
    with change_flags(profile=True):
        assert function([x], x * 2).profile is not None


def test_a_function_of_a_plain_mode_has_nothing_of_this_in_it():
    f = function([v], T.exp(v) * 2)
    assert f._watch is None
    assert "table" not in f.source


@pytest.mark.parametrize("outputs", [
    lambda x: T.mean(x[1:] - x[:-1]), lambda x: x[1:] + x[:-1] * x[::-1][1:],
    lambda x: T.grad(T.sqr(x[1:] - x[:-1]).sum(), x), lambda x: T.sqr(T.diff(x)) + x[1:],
    lambda x: T.switch(T.gt(x[1:], 0), x[1:], x[:-1]), lambda x: x.reshape((2, 2))[0] + x[:2]])
def test_parts_of_one_array_may_meet(outputs):
    y = outputs(v)
    values = np.array([1.0, -2, 4, 8])
    np.testing.assert_allclose(function([v], y, mode="DebugMode")(values), function([v], y)(values))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode", "NanGuardMode",
                                  MonitorMode(), "jax"])
def test_the_program_can_be_read_in_every_mode(mode):
    if mode == "jax":
        pytest.importorskip("jax")
    w = tutor.shared(np.ones(2), "w")
    f = function([v], [T.exp(v * w).sum(), w], updates={w: w - 0.5 * v}, mode=mode)
    lines = f.source.splitlines()
    assert lines[:2] == ["def f(v):", "    w = w_shared.value"] and "table" not in f.source
    for written in ("# exp(v * w)", "# sum(exp(v * w))", "# w - 0.5 * v", "w_shared.value = "):
        assert written in f.source


def test_a_profile_stands_in_the_program():
    c = T.dscalar("c")
    f = function([c, v], ifelse(c > 0, T.exp(v).sum(), v.sum()), profile=True)
    assert "µs" not in f.source and "# exp(v)" in f.source
    f(1.0, [1.0])
    timed = [line for line in f.source.splitlines() if " µs  " in line]
    assert [line.split("µs  ")[1] for line in timed] == [
        "c > 0", "exp(v)", "sum(exp(v))", "ifelse(c > 0, sum(exp(v)), sum(v))"]
