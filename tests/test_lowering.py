"""The lowered program is plain data: passes read and rewrite it, and every back end follows it."""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.loops import graph_function, performing
from tutor.compile.lowering import Call, Fused, Segment, ShapeCheck, lower
from tutor.compile.passes import checked, plain, planned
from tutor.compile.source import Source
from tutor.compile.table import Table
from tutor.ifelse import ifelse

x, y = T.dmatrices("x", "y")
v, w = T.dvectors("v", "w")
BACK_ENDS = {"source": lambda program: Source(program, performing), "table": Table}


def texts(program):
    return [line.text for line in Source(program, performing).lines]


def test_a_call_a_node_in_their_order():
    e = T.exp(T.dot(x, y))
    calls = [*lower([x, y], [e.sum()]).calls]
    assert [call.op.name for call in calls] == ["dot", "exp", "sum"]
    assert calls[1].operands == calls[0].results and calls[1].results == [e]
    assert calls[1].node is e.owner and calls[1].buffer is None


def test_segments_begin_where_another_branch_does():
    program = lower([v], [ifelse(v.sum() > 0, T.exp(v), -v)])
    guards = [[holds for _, holds in segment.guard] for segment in program.segments]
    assert sorted(map(str, guards)) == ["[False]", "[True]", "[]", "[]"]
    made = set(program.inputs)
    for call in program.calls:
        assert {u for u in call.operands if u.owner is not None} <= made
        made.update(call.results)


def test_shapes_are_compared_once_for_each_pair():
    checks = [part for part in checked([v, w], [T.exp(v) * w + v, w - v]).instructions
              if isinstance(part, ShapeCheck)]
    assert [(c.first, c.second, c.whole) for c in checks] == [(v, w, True)]


def test_the_plan_says_where_each_result_is_written():
    p = T.dot(x, y)
    exp, double = [*plain([x, y], [T.exp(p) * 2]).calls][1:]
    assert exp.buffer is p and double.buffer is exp.results[0]
    first, *_, last = plain([x, y], [p, p * 2]).calls
    assert first.buffer is None and last.buffer is None  # p is seen outside
    program = planned([x, y], [T.dot(p, y)])
    assert [call.buffer for call in program.calls] == ["pool", None]
    fused = [part for part in planned([x, y], [T.exp(p) * 2]).instructions
             if isinstance(part, Fused)]
    assert len(fused) == 1 and fused[0].leaves[0] is p and fused[0].shape is p


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_what_a_pass_rewrites_is_what_runs(back_end):
    program = checked([v, w], [T.exp(v) - v])
    for call in program.calls:
        call.operands = [w if u is v else u for u in call.operands]
    made = BACK_ENDS[back_end](program)
    out = made.names[program.outputs[0]]
    text = "\n".join(line.text for line in made.body)
    scope = {"v": np.ones(2), "w": np.zeros(2)} | made.bindings
    exec(text, scope)
    assert scope[out].tolist() == [1, 1]


def test_a_pass_may_leave_out_and_put_in_instructions():
    program = checked([v], [T.exp(v)])
    (call,) = program.calls
    twice = T.exp(call.results[0])
    program.segments.append(Segment([Call(twice.owner.op, call.results, [twice], twice.owner)]))
    program.outputs = [twice]
    assert [text.split(" = ")[1] for text in texts(program)] == ["exp(v)", "exp(v1)"]
    program.segments.pop(0)
    with pytest.raises(KeyError):
        texts(program)


def test_a_graph_as_a_function_of_prepared_arguments():
    s = tutor.shared(np.arange(2.0), "s")
    run = graph_function([v], [T.exp(v) + s, v, s])
    a = np.zeros(2)
    found = run(a)
    assert [r.tolist() for r in found] == [[1, 2], [0, 0], [0, 1]]
    assert not any(np.shares_memory(r, a) or np.shares_memory(r, s.get_value(borrow=True))
                   for r in found)
