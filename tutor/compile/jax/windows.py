"""Convolution and pooling under JAX: what slides over images, and its gradients.

Comes before the names. What is linear in a cotangent is the transpose of the operation it belongs
to, as JAX makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tutor.ops.sliding import Plan, grouped, matching, planned, turned
from tutor.ops.windows import Sizes, Windows, lowest


def _slide(x: Any, w: Any, plan: Plan, groups: int) -> Any:
    """Filters over images, by JAX's own convolution."""
    dtype = jnp.result_type(x, w)
    return lax.conv_general_dilated(
        jnp.asarray(x, dtype), jnp.asarray(w, dtype), plan.step, plan.pads,
        rhs_dilation=plan.dilation, feature_group_count=groups)


def _transposed(linear: Callable[[Any], Any], shape: Sequence[int], g: Any) -> Any:
    """What an argument of this shape gets from the cotangent of a linear function of it."""
    like = jax.ShapeDtypeStruct(tuple(shape), g.dtype)  # type: ignore[no-untyped-call]
    return jax.linear_transpose(linear, like)(g)[0]


def correlation(x: Any, w: Any, border: Any, step: Sizes, dilation: Sizes, flip: bool, groups: int
                ) -> Any:
    return _slide(x, turned(w, flip), planned(x, w, border, step, dilation, groups), groups)


def filters_from(x: Any, g: Any, kernel: Sizes, border: Any, step: Sizes, dilation: Sizes,
                 flip: bool, groups: int) -> Any:
    plan = Plan(x.shape[2:], tuple(map(int, kernel)), border, step, dilation)
    matching(plan, x, g)
    x, g = jnp.asarray(x, jnp.result_type(x, g)), jnp.asarray(g, jnp.result_type(x, g))
    if groups > 1 and len(kernel) > 2:  # XLA ends the process over some of these, taken together
        parts = zip(jnp.split(x, groups, 1), jnp.split(g, groups, 1), strict=True)
        return jnp.concatenate([filters_from(one, its, kernel, border, step, dilation, flip, 1)
                                for one, its in parts])
    shape = (g.shape[1], x.shape[1] // groups, *plan.kernel)
    return _transposed(lambda w: _slide(x, turned(w, flip), plan, groups), shape, g)


def images_from(w: Any, g: Any, sizes: Sizes, border: Any, step: Sizes, dilation: Sizes,
                flip: bool, groups: int) -> Any:
    plan = Plan(tuple(map(int, sizes)), w.shape[2:], border, step, dilation)
    matching(plan, g, g)
    grouped(g.shape[1], len(w) // groups, groups)
    w, g = jnp.asarray(w, jnp.result_type(w, g)), jnp.asarray(g, jnp.result_type(w, g))
    shape = (len(g), w.shape[1] * groups, *plan.sizes)
    return _transposed(lambda x: _slide(x, turned(w, flip), plan, groups), shape, g)


def _windows(x: Any, window: Any, step: Any, pad: Any, ignore_border: bool) -> Windows:
    """The windows over an array, whose sizes are known while tracing."""
    sizes, steps, pads = (tuple(map(int, given)) for given in (window, step, pad))
    return Windows(x.shape, sizes, steps, pads, ignore_border)


def _widened(x: Any, windows: Windows, filler: Any) -> Any:
    """x with the padding, and whole windows at its end."""
    n = len(windows.full)
    more = [(p, full - p - size) for p, full, size in
            zip(windows.pad, windows.full, x.shape[-n:], strict=True)]
    return jnp.pad(x, [*[(0, 0)] * (x.ndim - n), *more], constant_values=filler)


def _reduced(x: Any, windows: Windows, filler: Any, reduction: Any) -> Any:
    """Each window, reduced to one number."""
    lead = (1,) * (x.ndim - len(windows.window))
    wide = _widened(x, windows, filler)
    found = lax.reduce_window(wide, np.asarray(filler, x.dtype)[()], reduction,
                              (*lead, *windows.window), (*lead, *windows.step), "VALID")
    ends = tuple(slice(n) for n in windows.out)
    return found[(..., *ends)]


def _averaged(total: Any, windows: Windows, mode: str) -> Any:
    if mode == "sum":
        return total
    return (total / windows.counts(mode == "average_inc_pad")).astype(total.dtype)


def pool(x: Any, window: Sizes, step: Sizes, pad: Sizes, ignore_border: bool, mode: str) -> Any:
    windows = _windows(x, window, step, pad, ignore_border)
    if mode == "max":
        return _reduced(x, windows, lowest(np.dtype(x.dtype)), lax.max)
    return _averaged(_reduced(x, windows, 0, lax.add), windows, mode)


def pool_back(like: Any, g: Any, window: Sizes, step: Sizes, pad: Sizes, ignore_border: bool,
              mode: str) -> Any:
    windows = _windows(like, window, step, pad, ignore_border)
    return _transposed(lambda x: _reduced(x, windows, 0, lax.add), like.shape,
                       _averaged(g, windows, mode))


def _largest(x: Any, y: Any, windows: Windows, dtype: Any) -> tuple[list[Any], Any]:
    """Where x is the largest of its window, for each place in it; and in how many places."""
    wide = _widened(x, windows, lowest(np.dtype(x.dtype)))
    chosen = [wide[place] == y for place in windows.places()]
    count = sum(c.astype(dtype) for c in chosen)
    return chosen, jnp.maximum(count, 1)


def pool_back_max(x: Any, y: Any, g: Any, window: Sizes, step: Sizes, pad: Sizes,
                  ignore_border: bool) -> Any:
    windows = _windows(x, window, step, pad, ignore_border)
    chosen, count = _largest(x, y, windows, g.dtype)
    share = g / count
    if windows.window == windows.step:
        return _tiled(x, y, share, windows)

    def picked(v: Any) -> Any:
        wide = _widened(v, windows, 0)
        return [jnp.where(c, wide[place], 0)
                for c, place in zip(chosen, windows.places(), strict=True)]

    like = jax.ShapeDtypeStruct(x.shape, g.dtype)  # type: ignore[no-untyped-call]
    return jax.linear_transpose(picked, like)([share] * len(chosen))[0]


def _tiled(x: Any, y: Any, share: Any, windows: Windows) -> Any:
    """The share of each window where x is its largest, y, for windows side by side: each is two
    axes, of which XLA makes one plain loop."""
    n = len(windows.window)
    lead, axes = x.shape[:-n], tuple(range(x.ndim - n + 1, x.ndim + n, 2))
    split = chain.from_iterable(zip(windows.out, windows.window, strict=True))
    sizes = [o * w for o, w in zip(windows.out, windows.window, strict=True)]
    wide = _widened(x, windows, lowest(np.dtype(x.dtype)))[(..., *map(slice, sizes))]
    chosen = wide.reshape(*lead, *split) == jnp.expand_dims(y, axes)
    found = jnp.where(chosen, jnp.expand_dims(share, axes), 0).reshape(*lead, *sizes)
    behind = [(0, full - size) for full, size in zip(windows.full, sizes, strict=True)]
    return jnp.pad(found, [*[(0, 0)] * len(lead), *behind])[windows.inside]


def pool_pick(x: Any, y: Any, v: Any, window: Sizes, step: Sizes, pad: Sizes,
              ignore_border: bool) -> Any:
    windows = _windows(x, window, step, pad, ignore_border)
    chosen, count = _largest(x, y, windows, v.dtype)
    wide = _widened(v, windows, 0)
    return sum(jnp.where(c, wide[place], 0)
               for c, place in zip(chosen, windows.places(), strict=True)) / count
