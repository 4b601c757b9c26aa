"""Where values live under `mode="jax"`: on devices, in other threads and processes, in a step that
writes over them."""

import dis
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import tutor
import tutor.tensor as T

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None,
                               reason="JAX is not installed here")


@needs_jax
def test_results_are_the_callers_to_write_to():
    x, w = T.dvector("x"), tutor.shared(np.arange(1e5), "w")
    y = w * x
    f = tutor.function([x], [y, y, y + 1, w, T.cast(x, "float64"), x[::-1]],
                       updates={w: y}, mode="jax")
    given = np.ones(10**5)
    results = f(given)
    for result in results:
        result += 1
    assert not any(np.shares_memory(a, b) for a in [given, w.get_value(borrow=True)]
                   for b in results)
    np.testing.assert_array_equal(w.get_value(), np.arange(1e5))
    np.testing.assert_array_equal(results[2], np.arange(1e5) + 2)
    np.testing.assert_array_equal(f(given)[0], np.arange(1e5))


def interrupted(call, left):
    """Interrupt a call at so many of the points where Python looks for signals: after calls, and
    where a function begins. Whether it was over before."""
    last = {}

    def tracer(frame, event, arg):
        nonlocal left
        frame.f_trace_opcodes = "tutor" in frame.f_code.co_filename
        if event == "opcode":
            left -= last.get(frame, "RESUME").startswith(("CALL", "RESUME", "JUMP_BACKWARD"))
            last[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if left == 0:
                left = -1
                raise KeyboardInterrupt
        return tracer

    sys.settrace(tracer)
    try:
        call()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    return left > 0


@needs_jax
def test_a_step_writes_over_what_it_was_given_and_an_interrupt_finds_all_before_or_all_after():
    x = T.dvector("x")
    a, b, c = [tutor.shared(np.zeros(n), name) for n, name in ((20_000, "a"), (9_000, "b"),
                                                               (3, "c"))]
    old = tutor.function([], [a, a.T], updates={a: a * 1.5}, mode="jax")
    assert not any(map(np.any, old() + old() + old()))  # given out as it was before
    step = tutor.function([x], a[0] + x[0], mode="jax", updates={
        a: T.inc_subtensor(a[:], x[0]), b: b + x[0], c: c + x[0]})
    seen = tutor.function([], [a.sum() / 20_000, b.mean(), c.mean()], mode="jax")
    one, place = np.ones(1), set()
    for _ in range(4):
        step(one)
        place.add(a.container.on_device().unsafe_buffer_pointer())
    assert len(place) <= 2  # the first is of the program that compiles
    count = 4
    for start in range(1, 10_000):
        over = interrupted(lambda: step(one), start)
        found = {float(v) for v in seen()}
        assert len(found) == 1 and found <= {count, count + 1}
        assert {*a.get_value(), *b.get_value(), *c.get_value()} == found
        (count,) = found
        if over:
            break
    assert start > 20


@needs_jax
def test_new_values_are_written_where_those_before_the_last_were_if_nobody_has_them():
    a, b = [tutor.shared(np.ones(20_000), name) for name in "ab"]
    step = tutor.function([], a.sum() + b.sum(), updates={a: a + b, b: b * 0.5}, mode="jax")
    places = set()
    for _ in range(8):
        step()
        places.add(a.container.on_device().unsafe_buffer_pointer())
    assert len(places) <= 4
    values = [v.container.on_device() for v in (a, b)]
    import jax

    with jax.enable_x64(True):
        program = step.program.jitted.lower(values, *values).compile()
    assert " copy(" not in program.as_text()
    held = a.container.on_device()
    before = np.array(held)
    for _ in range(4):
        step()
    np.testing.assert_array_equal(held, before)


@needs_jax
def test_threads_read_what_another_one_writes_over():
    a, b = tutor.shared(np.zeros(50_000), "a"), tutor.shared(np.zeros(40_000), "b")
    step = tutor.function([], [], mode="jax", updates={a: a + 1, b: b + 1})
    seen = tutor.function([], [a.min(), a.max(), b.min(), b.max()], mode="jax")
    over, wrong = threading.Event(), []

    def repeated(call):
        try:
            while not over.is_set():
                if len({float(v) for v in call()}) > 1:
                    wrong.append("torn")
        except Exception as problem:
            wrong.append(problem)

    threads = [threading.Thread(target=repeated, args=(call,)) for call in (
        seen, seen, lambda: a.get_value()[[0, -1]], lambda: step() or [])]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 60
    while a.get_value()[0] < 200 and not wrong and time.monotonic() < end:
        time.sleep(0.01)
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == [] and a.get_value()[0] == b.get_value()[0] >= 200


PROCESSES = """
import os, pickle, sys, numpy as np, jax
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(f"127.0.0.1:{sys.argv[1]}", 2, int(sys.argv[2]))
import tutor, tutor.tensor as T
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
mesh = Mesh(np.array(jax.devices()), ("rows",))
w = tutor.shared(np.arange(16.0), "w", sharding=NamedSharding(mesh, P("rows")))
f = tutor.function([], w * 3, updates={w: w * 2.0}, mode="jax")
np.testing.assert_array_equal(f(), 3 * np.arange(16.0))
assert not w.container.on_device().is_fully_addressable
np.testing.assert_array_equal(w.get_value(), 2 * np.arange(16.0))
x = T.dvector("x"); x.tag.sharding = w.container.sharding
g = tutor.function([x], [(x * w).sum(), x + w], mode="jax")
mine = np.arange(8.0) + 8 * int(sys.argv[2])  # its part of 0, …, 15
total, parts = g(mine)
assert total == 2 * (np.arange(16.0) ** 2).sum()
np.testing.assert_array_equal(parts, 3 * np.arange(16.0))
again = pickle.loads(pickle.dumps(w))
np.testing.assert_array_equal(again.get_value(), 2 * np.arange(16.0))
g(mine)  # both are here
if sys.argv[2] == "1":
    os._exit(0)
try:
    f()
    w.get_value()
except Exception as problem:
    print("lost", problem)
sys.stdout.flush()
os._exit(0)  # JAX would wait for the other
"""


@needs_jax
def test_two_processes_read_save_and_give_parts_and_one_notices_that_the_other_is_gone():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = [subprocess.Popen([sys.executable, "-c", PROCESSES, port, i], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE) for i in "01"]
    told = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], told
    assert "lost" in told[0][0]  # what needs the process that is gone is an error


SHARDED = """
import numpy as np, jax, tutor, tutor.tensor as T
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
mesh = Mesh(np.array(jax.devices()), ("rows",))
w = tutor.shared(np.arange(16.0), "w", sharding=NamedSharding(mesh, P("rows")))
x = T.dmatrix("x"); x.tag.sharding = NamedSharding(mesh, P("rows", None))
f = tutor.function([x], T.dot(x, w), updates={w: w * 2.0}, mode="jax")
values = np.arange(128.0).reshape(8, 16)
np.testing.assert_allclose(f(values), values @ np.arange(16.0))
assert len(w.container.on_device().sharding.device_set) == 8
np.testing.assert_allclose(w.get_value(), 2 * np.arange(16.0))
"""


@needs_jax
def test_values_are_spread_over_eight_devices():
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    done = subprocess.run([sys.executable, "-c", SHARDED], env={**os.environ, **flags},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
