"""Rules of a learner's own: they are applied, shown and named, and what cannot be read is refused.
"""

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.rules.own import checked
from tutor.compile.rules.patterns import Rule
from tutor.compile.rules.selection import RULES

PYTHAGORAS = Rule("Pythagoras", "sqr(sin(x)) + sqr(cos(x))", "fill(x, 1)", "", "rounding")


@pytest.mark.parametrize("kind", [T.dscalar, T.dvector, T.fmatrix])
def test_a_rule_of_ones_own_is_applied_and_stands_in_the_film(kind):
    x = kind("x")
    f = tutor.function([x], T.cos(x) ** 2 + T.sin(x) ** 2,
                       mode=tutor.Mode().including(PYTHAGORAS))
    assert f.rewrites.counts["Pythagoras"] == 1
    assert "sin" not in f.source
    assert np.array_equal(f(np.full((2,) * x.ndim, 0.5, x.dtype)), np.ones((2,) * x.ndim))


def test_it_comes_before_the_tables_and_is_switched_off_by_name():
    x = T.dscalar("x")
    mine = Rule("mine", "x * 1", "x + 0", "", "assumes")
    mode = tutor.Mode().including(mine)
    assert tutor.function([x], x * 1, mode=mode).rewrites[0].rule is mine
    other = tutor.Mode().including("exp of log")
    assert "mine" not in tutor.function([x], x * 1, mode=other).rewrites.counts


def test_two_of_them_that_go_in_a_circle_come_to_an_end():
    x = T.dscalar("x")
    circle = Rule("a", "sin(x)", "cos(x)", ""), Rule("b", "cos(x)", "sin(x)", "")
    longer = Rule("c", "tan(x)", "tan(tan(x))", "")
    assert tutor.function([x], T.sin(x), mode=tutor.Mode().including(*circle))(0.0) == 0
    assert tutor.function([x], T.tan(x), mode=tutor.Mode().including(longer))(0.0) == 0


@pytest.mark.parametrize(("pattern", "new", "said"), [
    ("sine(-x)", "-sin(x)", "Did you mean 'sin'"), ("sin(-x)", "-sine(x)", "no operation"),
    ("sin(x", "x", "cannot be read"), ("sin(x)", "x +", "cannot be read"),
    ("x", "0 * x", "is about 'x', which is no operation"), ("sin(x)", "y", "there is no y"),
    ("sin(x)", "1", "puts the plain number 1 in the place of"),
    ("sin(x) | cos(q)", "x", "there is no x"), ("x(y)", "y", "no operation")])
def test_a_rule_that_cannot_be_read_is_refused(pattern, new, said):
    with pytest.raises(tutor.errors.BadValueError, match="the rule 'mine'") as raised:
        tutor.Mode().including(Rule("mine", pattern, new, ""))
    assert said in str(raised.value)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_of_the_tables_could_be_ones_own(rule):
    assert checked(rule) is rule
