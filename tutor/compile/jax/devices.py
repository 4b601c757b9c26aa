"""Shared values that stay on the device between calls, spread over several where asked.

A container that a function of JAX uses becomes one that holds JAX's array, and copies it to NumPy
only when somebody asks for the value.
"""

from __future__ import annotations

from typing import Any, cast

import jax
import numpy as np

from tutor.graph.container import Container

_plain: Any = Container.__dict__["value"]  # the slot itself


class DeviceContainer(Container):
    """A container whose value may be on the device; `value` is NumPy's array of it.

    The slot holds NumPy's array, JAX's, or both as a pair while nobody has changed it.
    """

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The value as NumPy's array, copied from the device when it is first asked for."""
        held = _plain.__get__(self)
        if isinstance(held, _Both):
            return held.on_host()
        return held

    @value.setter
    def value(self, new: Any) -> None:
        _plain.__set__(self, _Both(new) if isinstance(new, jax.Array) else new)

    def on_device(self) -> Any:
        """The value as JAX's array, with the sharding that was asked for."""
        held = _plain.__get__(self)
        if not isinstance(held, _Both):
            if not isinstance(held, np.ndarray):
                return held
            with jax.enable_x64(True):  # else JAX would make float32 of it
                held = _Both(jax.device_put(held, self.sharding), held)
            _plain.__set__(self, held)
        return held.device


class _Both:
    """An array on the device, and perhaps the same on the host."""

    def __init__(self, device: Any, host: Any = None) -> None:
        self.device, self.host = device, host

    def on_host(self) -> Any:
        if self.host is None:
            self.host = np.array(self.device)
        return self.host


def on_devices(container: Container) -> DeviceContainer:
    """The container, changed so that it can keep its value on the device."""
    if not isinstance(container, DeviceContainer):
        held = container.value
        container.spare = None
        container.__class__ = DeviceContainer
        _plain.__set__(container, held)
    return cast(DeviceContainer, container)
