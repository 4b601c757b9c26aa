"""Shared values that stay on the device between calls, spread over several where asked.

A container that a function of JAX uses becomes one that holds JAX's array, and copies it to NumPy
only when somebody asks for the value.
"""

from __future__ import annotations

from typing import Any, cast

import jax
import numpy as np

from tutor.compile.inplace import writing
from tutor.containers import Container

LARGE = 2**16  # bytes; to copy less is as quick


class DeviceContainer(Container):
    """A container whose value may be on the device; `value` is NumPy's array of it.

    The slot holds NumPy's array, JAX's, or both as a pair while nobody has changed it. What is on
    the device is deleted where a step writes over it (see `donation.py`).
    """

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The value as NumPy's array, copied from the device when it is first asked for."""
        held = self.held
        try:
            return held.on_host() if isinstance(held, Both) else (
                whole(held) if isinstance(held, jax.Array) else held)
        except RuntimeError:
            with writing:  # given away to a step, which stores before the lock is free
                if self.held is held or not is_deleted(held):
                    raise
        return self.value

    @value.setter
    def value(self, new: Any) -> None:
        self.held = kept(new)

    now = value

    def on_device(self) -> Any:
        """The value as JAX's array."""
        return placed(self, self.held)


class Both:
    """An array on the device, and perhaps the same on the host."""

    def __init__(self, device: Any, host: Any = None) -> None:
        self.device, self.host = device, host

    def on_host(self) -> Any:
        """NumPy's array."""
        if self.host is None:
            self.host = whole(self.device)
        return self.host


class Lent:
    """The memory of an array of JAX that nobody else holds, for NumPy to write to."""

    def __init__(self, array: Any) -> None:
        self.array = array  # keeps the memory
        self.__array_interface__ = {
            "version": 3, "shape": array.shape, "typestr": np.dtype(array.dtype).str,
            "data": (array.unsafe_buffer_pointer(), False)}


def handed_out(array: Any) -> Any:
    """A result of a compiled program as NumPy's array: each has memory of its own there, so what is
    large and on this processor is not copied."""
    if array.nbytes < LARGE or {d.platform for d in array.devices()} != {"cpu"} or (
            len(array.devices()) > 1):
        return whole(array)
    return np.asarray(Lent(array.block_until_ready()))


def is_deleted(held: Any) -> bool:
    """Whether what a container held is an array that was given away."""
    array = held.device if isinstance(held, Both) else held
    return isinstance(array, jax.Array) and array.is_deleted()


def kept(value: Any) -> Any:
    """A value as the slot of a container holds it."""
    return Both(value) if isinstance(value, jax.Array) else value


def placed(container: Container, held: Any) -> Any:
    """What a container holds as JAX's array, with the sharding that was asked for."""
    if isinstance(held, np.ndarray):
        with jax.enable_x64(True):  # else JAX would make float32 of it
            both = Both(jax.device_put(held, container.sharding), held)
        if container.held is held:
            container.held = both
        return both.device
    return held.device if isinstance(held, Both) else held


def spread(value: Any, sharding: Any) -> Any:
    """An argument spread over devices; of several processes each gives the part that it holds."""
    if sharding.is_fully_addressable:
        return jax.device_put(value, sharding)
    return jax.make_array_from_process_local_data(sharding, value)  # type: ignore[no-untyped-call]


def whole(value: Any) -> Any:
    """An array of JAX as NumPy's; the parts that are with other processes come from there.

    Then all processes take part: each of them asks for the value, or all of them wait.
    """
    try:
        return np.array(value)
    except RuntimeError:
        if not isinstance(value, jax.Array) or value.is_fully_addressable:
            raise
    if value.is_fully_replicated:
        return np.array(value.addressable_data(0))
    from jax.experimental.multihost_utils import process_allgather

    return np.array(process_allgather(value, tiled=True))


def on_devices(container: Container) -> DeviceContainer:
    """The container, changed so that it can keep its value on the device."""
    if not isinstance(container, DeviceContainer):
        with writing:
            container.__class__ = DeviceContainer
    return cast(DeviceContainer, container)
