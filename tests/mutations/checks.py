"""The checks of exercises without what they start from, look for, or refuse, one at a time."""

from __future__ import annotations

from tests.mutations import Mutation

ANSWERS, ROWS = "tutor/course/answers.py", "tutor/course/key/checks.py"
CHECKS, DEFINITION = "tutor/course/checks.py", "tutor/course/definition.py"
SLIPS, GRADE = "tutor/course/slips.py", "tutor/course/grade.py"
REMARKS, MISTAKEN = "tutor/course/remarks.py", "tutor/course/mistaken.py"
TESTS = ("tests/test_exercises.py", "tests/test_course.py", "tests/test_grading.py")


MUTATIONS = (
    # what a check starts from, and leaves as it is
    Mutation(DEFINITION, "dict(self.begun if start is None else start)", "dict(self.now)", TESTS),
    Mutation(ANSWERS, "starts = [None, found.now, ", "starts = [None, ", TESTS),
    Mutation(ANSWERS, "or compared(given, right, fresh(calls), list(points))", "", TESTS),
    Mutation(ANSWERS, "return compared(found, right, fresh(calls) * 2, start=start)", "return",
             TESTS),
    Mutation("tutor/ops/shared.py", "self.start = value.copy()", "self.start = None", TESTS),
    # what the question asks for in words
    Mutation(ROWS, '"05-1": both(means(*SLIPS["05-1"], x=POINTS), no_derivative)',
             '"05-1": means(*SLIPS["05-1"], x=POINTS)', TESTS),
    Mutation(SLIPS, "yield from every_node(node.op.outputs)", "pass", TESTS),
    Mutation("tutor/course/written.py", 'step["derived"] = True', "pass", TESTS),
    Mutation(ROWS, "by_givens(lambda x, y: 2 * x + y, (3.0, 4.0), (-1.0, 0.5))",
             "lambda answer, model: None", TESTS),
    Mutation(ROWS, "by_givens(np.sum, ([1.0, 2.0],), ([3.0, -1.0, 5.0],)),", "", TESTS),
    Mutation(ROWS, 'follows((PAIRS, PAIRS[::-1]), calls=[(0,), (2,)], what="pairs")', "", TESTS),
    Mutation(ROWS, 'follows(([1.0, 2.0, 3.0], [10.0, -1.0, 4.0, 2.0]), calls=[(2.0,)], '
             'what="prices")', "", TESTS),
    Mutation(ROWS, 'only("exp", "log", "sum", "max")', "", ("tests/test_exercises_networks.py",)),
    Mutation(ANSWERS, "        if v.type != asked.type:\n", "        if False:\n", TESTS),
    # what an answer is
    Mutation(ANSWERS, "if v not in known and v.name in inputs:", "if False:", TESTS),
    Mutation(ANSWERS, "        if v.type != asked[name].type:\n", "        if False:\n", TESTS),
    Mutation(ANSWERS, "if len(points) == len(unknown) == 1 and unknown[0].name is None:",
             "if False:", TESTS),
    Mutation(REMARKS, "if (form := returned(answer.form)) != (asked := returned(model.form)):",
             "if False:", TESTS),
    # what kind of wrong it is
    Mutation(SLIPS, "after: Any = model.updates", "after: Any = {}", TESTS),
    Mutation(MISTAKEN, 'name not in ("dot", "fill") and kept.ndim == out.ndim '
             "and not node.op.is_comparison", "False", TESTS),
    # who judges
    Mutation(GRADE, "yield name, grade, why", 'yield name, "right", why', TESTS),
    # what a cell cannot do
    Mutation(CHECKS, "if not self.right and _asserted(sys._getframe(1)):", "if False:", TESTS),
    Mutation(CHECKS, '"IF_TRUE" in names[0] and ', "", TESTS),
    Mutation(CHECKS, "        if name in vars(self):\n", "        if False:\n", TESTS),
    Mutation(CHECKS, "    __setattr__ = __delattr__ = _kept\n", "    pass\n", TESTS),
    Mutation(CHECKS, " or OWN.get(name, exercise) is not exercise", "", TESTS),
)
