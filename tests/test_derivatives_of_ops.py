"""The net of derivatives: every op, and compositions of two, at hostile points.

Backwards, forwards and to second order they agree with each other, in every mode; with differences
wherever the function has a derivative; and where it has a kink, the slope lies between those of
both sides. `--all` runs every pair, of which a sample runs otherwise.
"""

import zlib
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest

import tutor
import tutor.tensor as T
from tutor.compile.debugmode import DebugMode
from tutor.core.elementwise import ELEMENTWISE
from tutor.core.graph import Variable
from tutor.ifelse import ifelse
from tutor.ops.reductions import logsumexp
from tutor.tensor import nlinalg

v, way = T.dvectors("v", "way")
Build = Callable[[Variable], Variable]
POINTS = [
    [0.0, 2.0, 3.0], [1.0, 1.0, -1.0], [0.0, 0.0, 0.5], [1000.0, -1000.0, 0.0], [-0.5, 0.3, 0.7],
    [2.0, 2.0, 2.0], [-1.0, 0.0, 1.0],
]  # fmt: skip
ONE, NONE = [[0.0], [1.0], [-1000.0], [0.4]], [[]]
#: Of three numbers and more only.
LONG = {"x[0]", "x[[0, 0, 2]]", "x[2] alone", "write twice", "write", "topk", "pool", "pool mean",
        "det", "outer solve", "diff", "choose", "inverse"}  # fmt: skip
#: Without a meaning for no number at all.
SOME = {*LONG, "max", "min", "mean", "var", "std", "softmax", "logsoftmax", "logsumexp", "norm inf",
        "ptp", "dot", "by the sum", "ifelse"}  # fmt: skip


def elementwise() -> dict[str, Build]:
    """Every elementwise op of floats as a function of one vector: the other operands are 1, or the
    vector turned round."""
    found: dict[str, Build] = {}
    for name, op in ELEMENTWISE.items():
        if "f" not in op.accepts or op.dtype_rule(*["float64"] * op.nin) != "float64":
            continue
        if op.nin == 1:
            found[name] = op
        elif op.nin == 2:
            found[f"{name}(x, 1)"] = lambda x, op=op: op(x, 1.0)
            found[f"{name}(1, x)"] = lambda x, op=op: op(1.0, x)
            found[f"{name}(x, xʳ)"] = lambda x, op=op: op(x, x[::-1])
    found["switch"] = lambda x: T.switch(x > 0, x**2, -x)
    found["clip"] = lambda x: T.clip(x, -1.0, 1.0)
    return found


def of_vectors() -> dict[str, Build]:
    """What takes more than one element at a time."""
    def looped(x: Variable) -> Variable:
        start = T.constant(1.0, dtype="float64")
        return tutor.scan(lambda a, s: T.tanh(a * s) + s, x, start)[0]

    def chosen(x: Variable) -> Variable:
        return ifelse(x[0] > 0, x**2, x[::-1])

    ones = T.constant(np.array([[2.0, 1, 0], [0, 3, 1], [1, 0, 4]]))
    return {
        "sum": T.sum, "prod": T.prod, "max": T.max, "min": T.min, "mean": T.mean, "var": T.var,
        "std": T.std, "ptp": T.ptp, "cumsum": T.cumsum, "cumprod": T.cumprod, "sort": T.sort,
        "softmax": T.nnet.softmax, "logsoftmax": T.nnet.logsoftmax, "logsumexp": logsumexp,
        "norm": lambda x: x.norm(2), "norm 1": lambda x: x.norm(1), "norm 3": lambda x: x.norm(3),
        "norm inf": lambda x: x.norm(np.inf), "x[::-1]": lambda x: x[::-1], "x[0]": lambda x: x[0],
        "x[[0, 0, 2]]": lambda x: x[[0, 0, 2]], "x[2] alone": lambda x: x[2:],
        "x[x > 0]": lambda x: x[(x > 0).nonzero()], "topk": lambda x: T.topk(x, 2),
        "write": lambda x: T.set_subtensor(x[1:], x[:-1] ** 2),
        "write twice": lambda x: T.set_subtensor(x[[0, 0]], x[1:]),
        "add twice": lambda x: T.inc_subtensor(x[T.zeros_like(x, "int64")], x),
        "join": lambda x: T.concatenate([x, x[::-1] ** 2]), "stack": lambda x: T.stack([x, x * 2]),
        "repeat": lambda x: T.repeat(x, 2), "tile": lambda x: T.tile(x, 2),
        "roll": lambda x: T.roll(x, 1), "diff": T.diff, "diag": T.diag,
        "outer": lambda x: T.outer(x, x),
        "dot": lambda x: T.dot(x, x), "row": lambda x: x.dimshuffle("x", 0) * x.dimshuffle(0, "x"),
        "reshape": lambda x: x.reshape((-1, 1)), "tril": lambda x: T.tril(T.outer(x, x)),
        "alloc": lambda x: T.alloc(x, 2, x.shape[0]), "by the sum": lambda x: x / x.sum(),
        "pool": lambda x: T.signal.pool.pool_2d(x.dimshuffle("x", 0), (1, 2), True, (1, 1)),
        "pool mean": lambda x: T.signal.pool.pool_2d(
            x.dimshuffle("x", 0), (1, 2), True, (1, 1), mode="average_inc_pad"),
        "det": lambda x: nlinalg.det(T.stack([x, x[::-1], x**2])),
        "inverse": lambda x: nlinalg.matrix_inverse(ones + T.diag(T.tanh(x)) / 4),
        "outer solve": lambda x: T.slinalg.solve(ones, x), "scan": looped, "ifelse": chosen,
        "choose": lambda x: T.choose([0, 1, 0], [x, x**2]),
    }  # fmt: skip


FUNCTIONS = {**elementwise(), **of_vectors()}
PAIRS = [(outer, inner) for outer, inner in product(FUNCTIONS, FUNCTIONS)]


def weighted(out: Variable) -> Variable:
    """A scalar that every element has another part in."""
    flat = out.flatten()
    return (flat * T.cos(1.0 + T.arange(flat.shape[0]))).sum()


class Derivatives:
    """The derivatives of one cost of a vector, in some modes."""

    def __init__(self, build: Build, modes: list[object]) -> None:
        cost = weighted(build(v))
        with np.errstate(all="ignore"):
            g = tutor.grad(cost, v, disconnected_inputs="ignore")
            forwards = T.Rop(cost, v, way, "ignore")
            second = tutor.grad((g * way).sum(), v, disconnected_inputs="ignore")
            along = T.Rop(g, v, way, "ignore")
            wanted = [cost, g, forwards, second, along]
            self.compiled = [tutor.function([v, way], wanted, mode=mode, on_unused_input="ignore")
                             for mode in modes]  # fmt: skip
            self.plain = tutor.function([v], [cost, g], on_unused_input="ignore")

    def at(self, point: np.ndarray, direction: np.ndarray) -> Iterator[list[np.ndarray]]:
        """Value, slope, slope along the direction, and that of the slope twice, in each mode."""
        with np.errstate(all="ignore"):
            for f in self.compiled:
                yield f(point, direction)

    def near(self, point: np.ndarray, i: int, which: int) -> tuple[np.ndarray, np.ndarray]:
        """Slopes before and behind a point, of the value (0) or of the slope (1), and in between;
        nan where steps of another size give others: there differences say nothing."""
        first, second = (self._differences(point, i, which, s) for s in (1e-4, 3e-5))
        size = 1 + np.abs(first[0]).max(initial=0) + np.abs(self.scale(point)) * 1e-7
        if not np.all(np.abs(first[0] - second[0]) < 1e-4 * size):
            return first[0] + np.nan, first[1]
        return first

    def sides(self, point: np.ndarray) -> np.ndarray:
        """The slopes before and behind a point, by its first element."""
        return self._differences(point, 0, 0, 1e-6)[0]

    def scale(self, point: np.ndarray) -> float:
        """How large the value is: its last digits are noise in differences."""
        with np.errstate(all="ignore"):
            return float(self.plain(point)[0])

    def _differences(self, point: np.ndarray, i: int, which: int, step: float
                     ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        h = step * max(1.0, abs(point[i]))
        values = []
        with np.errstate(all="ignore"):
            for k in (-2, -1, 0, 1, 2):
                moved = point.copy()
                moved[i] += k * h
                values.append(np.asarray(self.plain(moved)[which], float))
        a, b, c, d, e = values
        return np.array([(3 * c - 4 * b + a), (4 * d - 3 * c - e)]) / (2 * h), (d - b) / (2 * h)


def agree(name: str, build: Build, points: list[list[float]], modes: list[object]) -> None:
    """What holds between the derivatives of a function, in each mode and between them."""
    derivatives = Derivatives(build, modes)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    for at in points:
        direction, first = rng.normal(size=len(at)), None
        for values in derivatives.at(np.array(at), direction):
            cost, g, forwards, second, along = values
            if not np.isfinite(cost):
                continue
            where = f"{name} at {at}"
            if np.isfinite(g).all():
                close(forwards, g @ direction, np.abs(g * direction), f"forwards: {where}")
            both = np.isfinite(second) & np.isfinite(along)
            close(second[both], along[both], np.abs(second[both]), f"second: {where}")
            first = first or values
            for other, one in zip(values, first, strict=True):
                both = np.isfinite(other) & np.isfinite(one)
                close(other[both], one[both], np.abs(one[both]), f"modes: {where}")


def close(found: np.ndarray, wanted: np.ndarray, sizes: np.ndarray, words: str) -> None:
    """Equal up to the last digits of the largest number that took part."""
    size = 1 + np.max(sizes, initial=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-8 * size, err_msg=words)


def check(name: str, build: Build, points: list[list[float]], modes: list[object],
          sure: bool = True) -> None:  # fmt: skip
    """First and second derivatives are those of differences, where these know one."""
    derivatives = Derivatives(build, modes)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    for at in points:
        point, direction = np.array(at), rng.normal(size=len(at))
        for cost, g, _, second, _ in derivatives.at(point, direction):
            if not np.isfinite(cost):
                continue
            where = f"{name} at {at}"
            for i in range(len(at)):
                slopes_are_true(derivatives, point, i, g, where, sure)
            if np.isfinite(g).all():
                bends_are_true(derivatives, point, direction, second, where)


def slopes_are_true(d: Derivatives, point: np.ndarray, i: int, g: np.ndarray, where: str,
                    sure: bool) -> None:  # fmt: skip
    """A slope is that of differences, or lies between both sides; finite, if they are."""
    sides, middle = d.near(point, i, 0)
    if not np.isfinite(sides).all() or np.abs(sides).max() > 1e7:
        return
    size = 1 + np.abs(sides).max() + abs(d.scale(point)) * 1e-6
    smooth = abs(sides[0] - sides[1]) < 1e-5 * size
    if smooth:
        if np.isnan(g[i]) and not sure:
            return
        np.testing.assert_allclose(g[i], middle, rtol=1e-4, atol=1e-5 * size,
                                   err_msg=f"slope {i}: {where}")
    elif sure and max(abs(sides)) < 1e3:
        low, high = min(sides) - 1e-3 * size, max(sides) + 1e-3 * size
        assert low <= g[i] <= high, f"slope {i} {g[i]} not in {sides}: {where}"


def bends_are_true(d: Derivatives, point: np.ndarray, direction: np.ndarray, second: np.ndarray,
                   where: str) -> None:  # fmt: skip
    """The second derivative along a direction is that of differences, where it has one."""
    for i in range(len(point)):
        sides, middle = d.near(point, i, 1)
        sides, middle = sides @ direction, middle @ direction
        if not np.isfinite(sides).all() or np.abs(sides).max() > 1e7:
            continue
        size = 1 + np.abs(sides).max()
        if abs(sides[0] - sides[1]) < 1e-5 * size:
            np.testing.assert_allclose(second[i], middle, rtol=1e-3, atol=1e-3 * size,
                                       err_msg=f"bend {i}: {where}")


def points_for(*names: str) -> list[list[float]]:
    """Hostile points that a function has a meaning at."""
    points = [*POINTS]
    if not LONG.intersection(names):
        points += ONE
    return points if SOME.intersection(names) else points + NONE


ALL_MODES = ["FAST_RUN", "FAST_COMPILE", DebugMode(check_isfinite=False)]
#: Between equals, whole numbers or branches the slope is stated, and differences know nothing.
STATED = {name for name in FUNCTIONS
          if name.split("(")[0] in {n for n, op in ELEMENTWISE.items() if op.subgradient}} | {
    "max", "min", "ptp", "topk", "sort", "pool", "norm 1", "norm inf", "norm", "norm 3", "std",
    "ifelse", "x[x > 0]"}  # fmt: skip
PLAIN = [[-0.5, 0.3, 0.7], [1000.0, -999.5, 2.5]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_derivatives_of_an_op(name: str, sampled: Callable) -> None:
    turned = "xʳ" in name
    points = PLAIN if turned and name in STATED else points_for(name)
    check(name, FUNCTIONS[name], sampled(points, 3), ["FAST_RUN"], not turned and name != "topk")
    modes = ALL_MODES[: 2 if turned or name == "diff" else 3]
    agree(name, FUNCTIONS[name], points_for(name), modes)


@pytest.mark.parametrize("name", [name for name, op in ELEMENTWISE.items() if op.nin == 1])
def test_where_an_op_has_a_kink_it_says_which_slope_counts(name: str) -> None:
    op = ELEMENTWISE[name]
    if name not in FUNCTIONS:
        return
    slope, place = op.subgradient.split(" at ") if op.subgradient else ("", "")
    derivatives = Derivatives(op, ["FAST_RUN"])
    for at in (-1.0, -0.5, 0.0, 0.5, 1.0):
        value, g, *_ = next(derivatives.at(np.array([at]), np.ones(1)))
        sides = derivatives.sides(np.array([at]))
        stated = place and (place == f"{at:g}" or (place == "whole numbers" and at == int(at))
                            or (place == "halves" and at != int(at)))  # fmt: skip
        if stated:
            part, _, whole = slope.partition("/")
            assert g[0] == pytest.approx(float(part) / float(whole or 1) * np.cos(1.0))
        elif np.isfinite(sides).all() and np.abs(sides).max() < 100 and np.isfinite(value):
            assert sides[0] == pytest.approx(sides[1], rel=1e-3, abs=1e-3), f"a kink at {at}"


def composed(outer: str, inner: str) -> Build:
    """A function of what another gives."""
    def build(x: Variable) -> Variable:
        y = FUNCTIONS[inner](x)
        return FUNCTIONS[outer](y if y.ndim == 1 else y.flatten())

    return build


def test_compositions_of_two(sampled: Callable) -> None:
    """Where neither has a slope that is only stated, differences are asked everywhere."""
    for outer, inner in sampled(PAIRS, 40):
        if {outer, inner} & LONG:
            continue  # they want as many numbers as another may not give
        name, build = f"{outer} of {inner}", composed(outer, inner)
        points = PLAIN if {outer, inner} & STATED else POINTS[:4]
        check(name, build, sampled(points, 2), ["FAST_RUN"], sure=False)
        agree(name, build, POINTS, ["FAST_RUN", "FAST_COMPILE"])


def test_compositions_in_jax(sampled: Callable) -> None:
    pytest.importorskip("jax")
    for name in sampled(sorted(FUNCTIONS.keys() - LONG), 6):
        agree(name, FUNCTIONS[name], POINTS[3:5], ["FAST_RUN", "jax"])
