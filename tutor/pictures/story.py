"""An expression evaluated and differentiated, step by step, as reverse mode does it.

>>> import tutor.tensor as T
>>> x = T.dscalar("x")
>>> told = Story([x ** 2], [x], {x: 3.0})
>>> [(step.phase, step.words) for step in told.steps][-1]
('done', '∂y/∂x = 6')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tutor import quiet
from tutor.compile.function import function
from tutor.compile.rules.engine import rewritten
from tutor.core.arrays import ones_like, zeros_like
from tutor.core.elementwise import cast
from tutor.core.errors import TutorError
from tutor.core.graph import Apply, Constant, Variable
from tutor.core.types import DISCRETE, TensorType
from tutor.core.walk import ancestors, toposort
from tutor.derivatives.pulling import pull_back
from tutor.formulas import TEXT, Piece, Script, formula, value_text
from tutor.ops.control import IfElse
from tutor.pictures.display import derivative_names, derivatives, named_derivatives
from tutor.pictures.latex import LATEX, in_full
from tutor.pictures.picture import Names
from tutor.pictures.summary import Glance, at_a_glance
from tutor.pictures.values import Evaluation, Evaluator, broken

COTANGENT = "g"
SHORT = 18  # characters of an operand that are written out in a rule


class Passed(NamedTuple):
    """What an operation passes back to one operand: the rule with `g` for what arrived, in text and
    in mathematics, and the variable of the result; and through which node and place it goes."""

    operand: Variable
    rule: str
    latex: str
    result: Variable
    node: Apply
    place: int


class Step(NamedTuple):
    """One step: its phase ("forward", "seed", "backward" or "done"), the variable it is about, what
    is said of it, what is passed back, and the variables of the derivative that came with it.

    `more` are further results of the node, each with what arrived at it, if anything did.
    """

    phase: str
    variable: Variable
    words: str
    node: Apply | None = None
    arrived: Variable | None = None
    paths: tuple[Passed, ...] = ()
    passed: tuple[Passed, ...] = ()
    grown: tuple[Variable, ...] = ()
    more: tuple[tuple[Variable, Variable | None], ...] = ()

    @property
    def about(self) -> Variable | None:
        """The variable whose value is told."""
        return self.variable if self.phase == "forward" else self.arrived


class Story:
    """All steps, and the values that go with them."""

    def __init__(self, outputs: Sequence[Variable], wrt: Sequence[Variable],
                 given: Mapping[Variable, Any], plumbing: bool = False,
                 boxed: bool = False) -> None:
        self.boxed = boxed  # whether boxes are closed in small graphs too
        self.outputs, self.wrt = list(outputs), list(wrt)
        self.gradients: list[Variable] = []
        self.back: list[Step] = []
        self.parts: dict[Variable, list[Passed]] = {}
        self.named: dict[Variable, str] = {}
        self.seen: set[Variable] = set(ancestors(self.outputs))
        self._said: dict[Any, str] = {}
        if self.wrt:
            derivatives(self.outputs[0], self.wrt)  # what is wrong with the question is said here
            self._backwards(self.outputs[0])
        self.written = self.back
        self.choices = list(dict.fromkeys(
            node.inputs[0] for node in toposort([*self.outputs, *self.gradients])
            if isinstance(node.op, IfElse)))
        self.names = Names.of([*self.outputs, *self.gradients], plumbing)
        if self.wrt:
            self.cost, self.titles = derivative_names(self.outputs[0], self.wrt, self.names)
            self.named = named_derivatives(
                self.cost, self.titles, self.outputs[0], self.gradients, self.names)
        self.given: Mapping[Variable, Any] = {}
        self.found = Evaluation({}, None, None)
        self.evaluators: dict[tuple[Variable, ...], Evaluator] = {}
        self.evaluate(given)

    def evaluate(self, given: Mapping[Variable, Any]) -> None:
        """Go through all steps with these values of the inputs."""
        self.given = given
        self.follow(self._computed)
        self.instead = self._instead()

    def follow(self, computed: Callable[[Sequence[Variable]], Evaluation]) -> None:
        """Go through all steps with the values that are computed of some outputs."""
        if self.choices:
            # Which branches are taken is known first: what is not computed passes nothing back.
            self.found = computed(self.outputs)
            self.back = [self._taken(step) for step in self.written]
        made = [g for step in self.back for g in (
            step.arrived, *(g for _, g in step.more), *(one.result for one in step.passed))]
        asked = [*self.outputs, *self.gradients, *(g for g in made if g is not None)]
        self.found = computed(list(dict.fromkeys(asked)))
        self.steps = [*self._forwards(), *self._told()]

    def _computed(self, outputs: Sequence[Variable]) -> Evaluation:
        """What these are made of, with the values of the inputs."""
        key = tuple(outputs)
        if key not in self.evaluators:
            self.evaluators[key] = Evaluator(outputs)
        return self.evaluators[key](self.given)

    @property
    def values(self) -> dict[Variable, Any]:
        """The value of each variable that was computed."""
        return self.found.values

    def _instead(self) -> str:
        """What is compiled, where rules make finite what is not as it was written: a sentence."""
        results = [*self.outputs, *self.gradients]
        if self.found.problem or not any(broken(self.values.get(v)) for v in results):
            return ""
        kept, made_of = [*quiet.noted], set(ancestors(results))
        inputs = [v for v in self.given if v in made_of]
        f = function(inputs, results, no_default_updates=True)
        found = f(*[self.given[v] for v in inputs])
        quiet.noted[:] = kept
        rules = dict.fromkeys(s.rule.name for s in f.rewrites if s.rule.licence == "stable")
        if not rules or any(map(broken, found)):
            return ""
        values = ", ".join(map(value_text, found))
        return (f" These are the steps as they were written; what is compiled is made stable by "
                f"{', '.join(rules)}, and gives {values}.")

    def _forwards(self) -> list[Step]:
        steps = [Step("forward", v, f"{self.called(v)} = {self._words(v)}")
                 for v in self.outputs if v.owner is None and not self.wrt]
        used = {*self.outputs, *(v for node in toposort(self.outputs) for v in node.inputs)}
        for node in toposort(self.outputs):
            if node is self.found.suspect and self.found.problem is not None:
                steps.append(Step("forward", node.outputs[0], self._problem(node), node))
                break
            v, *more = [v for v in node.outputs if v in used and isinstance(v.type, TensorType)
                        ] or node.outputs[:1]
            words = ", ".join(f"{self.called(u)} = {self._words(u)}" for u in (v, *more))
            steps.append(Step("forward", v, words, node, more=tuple((u, None) for u in more)))
        return steps

    def _problem(self, node: Apply) -> str:
        """What went wrong, in one line."""
        problem = self.found.problem
        if isinstance(problem, TutorError):
            return problem.what
        what = str(problem).split("\n")[0]
        return f"{self.called(node.outputs[0])} failed: {type(problem).__name__}: {what}"

    def once(self, key: Any, make: Callable[[], str]) -> str:
        """What is said of something whatever the values are: it is written once."""
        if key not in self._said:
            self._said[key] = make()
        return self._said[key]

    def called(self, v: Variable) -> str:
        """A variable in text: its name, or its formula."""
        if v.name is not None:
            return TEXT.name(v.name).text
        return self.once(v, lambda: str(formula(v)) if isinstance(v, Constant)
                         else in_full(v, TEXT, 8).text)

    def _backwards(self, cost: Variable) -> None:
        """The steps of reverse mode, as they happen."""
        seed = _as_float(ones_like(cost))
        self.back.append(Step("seed", cost, "", arrived=seed, grown=self._new([seed])))
        numbers = {node: i for i, node in enumerate(toposort([cost]), 1)}

        def note(node: Apply, cotangents: Sequence[Variable | None],
                 found: Sequence[Variable | None]) -> None:
            there = [g for g in found if g is not None and isinstance(g.type, TensorType)]
            pairs = [(v, g) for v, g in zip(node.outputs, cotangents, strict=True) if g is not None]
            variable, arrived = pairs[0] if pairs else (node.outputs[0], None)
            paths = self.parts.get(variable, ())
            rules = _rules(node, numbers)
            passed = []
            for i, (v, g) in enumerate(zip(node.inputs, found, strict=True)):
                if g is None or not isinstance(g.type, TensorType) or isinstance(v, Constant):
                    continue
                passed.append(Passed(v, *rules[i], g, node, i))
                self.parts.setdefault(v, []).append(passed[-1])
            grown = self._new([*(g for _, g in pairs), *there])
            self.back.append(Step("backward", variable, "", node, arrived, tuple(paths),
                                  tuple(passed), grown, tuple(pairs[1:])))

        found = pull_back({cost: seed}, self.wrt, note=note)
        for v, (total, _) in zip(self.wrt, found, strict=True):
            if total is None:
                total = _as_float(zeros_like(v))
            self.gradients.append(total)
            self.back.append(Step("done", v, "", arrived=total, paths=tuple(self.parts.get(v, ())),
                                  grown=self._new([total])))

    def _new(self, variables: Sequence[Variable]) -> tuple[Variable, ...]:
        """What these are made of that was not there before."""
        found = [v for v in ancestors(variables, stop=self.seen) if v not in self.seen]
        self.seen.update(found)
        return tuple(found)

    def _told(self) -> list[Step]:
        """The steps backwards, with words; none after an error."""
        if self.found.problem is not None:
            return []
        done = {v: i for i, v in enumerate(self.wrt)}
        steps = []
        for step in self.back:
            if step.words:  # of what was not computed all is said
                steps.append(step)
                continue
            step = step._replace(paths=step.paths if len(step.paths) > 1 else ())
            met = " + ".join(self._words(p.result) for p in step.paths)
            title = self._title(step.variable)
            if step.phase == "done":
                title = f"∂{self.cost}/∂{self.titles[done[step.variable]]}"
            words = f"{title} = {met + ' = ' if met else ''}{self._words(step.arrived)}"
            words += "".join(f", {self._title(v)} = {self._words(g)}" for v, g in step.more)
            steps.append(step._replace(words=words))
        return steps

    def _title(self, v: Variable) -> str:
        return f"∂{self.cost}/∂({self.called(v)})"

    def _taken(self, step: Step) -> Step:
        """A step backwards without what came, or would go, by branches that were not taken."""
        if step.node is not None and not any(v in self.values for v in step.node.outputs):
            words = f"{self.called(step.variable)} was not computed, and passes nothing back"
            return step._replace(words=words, arrived=None, paths=(), passed=(), more=())
        return step._replace(paths=tuple(filter(self.came, step.paths)),
                             passed=tuple(filter(self.came, step.passed)))

    def came(self, one: Passed) -> bool:
        """Whether something is passed back along a way that was taken."""
        if isinstance(one.node.op, IfElse):
            branch = one.node.op.branch(one.place)
            return branch is None or branch is bool(self.values.get(one.node.inputs[0]))
        return any(v in self.values for v in one.node.outputs)

    def is_wrong(self, step: Step) -> bool:
        """Whether it is the step that failed or first gave nan or infinity."""
        suspect = self.found.suspect
        return step.phase == "forward" and suspect is not None and step.node is suspect

    def glance(self, v: Variable | None) -> Glance:
        """What is said of the value of a variable."""
        return at_a_glance(None if v is None else self.values.get(v))

    def _words(self, v: Variable | None) -> str:
        return "0" if v is None else self.glance(v).words


def _as_float(v: Variable) -> Variable:
    """A cotangent: of whole numbers it is a float."""
    return cast(v, "floatX") if v.dtype in DISCRETE else v


def _rules(node: Apply, numbers: Mapping[Apply, int]) -> list[tuple[str, str]]:
    """What a node passes back to each operand, with `g` for what arrives: the op's own rule,
    simplified, in text and in LaTeX."""
    copies: dict[Variable, Variable] = {v: v if isinstance(v, Constant) else v.type(v.name)
                                        for v in node.inputs}
    inputs = [copies[v] for v in node.inputs]
    copy = node.op.make_node(*inputs)
    g = [v.type(COTANGENT) for v in copy.outputs]
    try:
        found = node.op.L_op(inputs, list(copy.outputs), list(g))
    except Exception:  # a rule that needs more than types: it is shown by its values alone
        return [("", "")] * len(node.inputs)
    free = [v for v in (*copies.values(), *g) if not isinstance(v, Constant)]
    unnamed = [v for v in copies if v.name is None and not isinstance(v, Constant)]
    scripts = [(script, {copies[v]: _operand(v, numbers, script) for v in unnamed})
               for script in (TEXT, LATEX)]
    rules = []
    for r in found:
        if r is None or not isinstance(getattr(r, "type", None), TensorType):
            rules.append(("", ""))
            continue
        [simple], _ = rewritten([r], free, excluding=("stable", "rounding"))
        text, latex = [in_full(simple, script, 12, names).text for script, names in scripts]
        rules.append((text, latex))
    return rules


def _operand(v: Variable, numbers: Mapping[Apply, int], script: Script) -> Piece:
    """How a rule speaks of an operand without a name: by its formula where that is short, else by
    the number of its step."""
    if len(in_full(v, TEXT, 8).text) <= SHORT or v.owner is None or v.owner not in numbers:
        return in_full(v, script, 8)
    return script.label(f"#{numbers[v.owner]}")
