"""The checks of exercises without what they start from, look for, or refuse, one at a time."""

from __future__ import annotations

from tests.mutations import Mutation

ANSWERS, ROWS = "tutor/course/answers.py", "tutor/course/exercises.py"
CHECKS = "tutor/course/checks.py"
TESTS = ("tests/test_exercises.py", "tests/test_course.py")


def without(path: str, *parts: str) -> list[Mutation]:
    """Each part of a file taken away."""
    return [Mutation(path, part, "", TESTS) for part in parts]


MUTATIONS = (
    # what a check starts from, and leaves as it is
    Mutation(ANSWERS, "twin = answer.copy(swap=swap)", "twin = answer.copy()", TESTS),
    Mutation(ANSWERS, "np.copy(values[v]) if v in values else v.get_value()", "v.get_value()",
             TESTS),
    Mutation(ANSWERS, "return wrong if _called(answer, {}, calls) is not None else None",
             "return wrong", TESTS),
    Mutation(ANSWERS, "function(list(inputs.values()), answer, no_default_updates=True)",
             "function(list(inputs.values()), answer)", TESTS),
    Mutation("tutor/ops/shared.py", "self.start = value.copy()", "self.start = None", TESTS),
    # what the question asks for in words
    *without(ROWS, "takes(0, 0), ", "takes(1), ", "takes(0), ", ", no_derivative"),
    Mutation(ROWS, "by_givens(lambda x, y: 2 * x + y, (3.0, 4.0), (-1.0, 0.5))", "str", TESTS),
    Mutation(ROWS, "by_givens(np.sum, ([1.0, 2.0],), ([3.0, -1.0, 5.0],)),", "", TESTS),
    Mutation(ROWS, 'follows(PAIRS, PAIRS[::-1], ((0,), 300.0), ((2,), 3.0), what="pairs")', "",
             TESTS),
    Mutation(ROWS, "follows([1.0, 2.0, 3.0], [10.0, -1.0, 4.0, 2.0], ((2.0,), 30.0), "
             'what="b")', "", TESTS),
    Mutation(ROWS, 'only("exp")', "", TESTS),
    # what an answer is
    Mutation(ANSWERS, "if v not in known and v.name in inputs:", "if False:", TESTS),
    Mutation(ANSWERS, "        if v.type != wanted:\n", "        if False:\n", TESTS),
    Mutation(ANSWERS, "if len(points) == len(free) == 1 and free[0].name is None:", "if False:",
             TESTS),
    Mutation(ANSWERS, "if isinstance(expected, (list, tuple)):", "if False:", TESTS),
    # what a cell cannot do
    Mutation(CHECKS, "if not self.right and _asserted(sys._getframe(1)):", "if False:", TESTS),
    Mutation(CHECKS, '"IF_TRUE" in names[0] and ', "", TESTS),
    Mutation(CHECKS, "        if name in vars(self):\n", "        if False:\n", TESTS),
    Mutation(CHECKS, "    __setattr__ = __delattr__ = _kept\n", "    pass\n", TESTS),
    Mutation(CHECKS, " or OWN.get(name, exercise) is not exercise", "", TESTS),
)
