"""What programs import for graphics processors: here there is none, and arrays stay where they are.

>>> cuda_available, dnn_available()
(False, False)
"""

from __future__ import annotations

import sys
from typing import Any

from tutor.graph import as_tensor_variable
from tutor.theano.mrg import MRG_RandomStreams

cuda_available = cuda_enabled = False
pygpu_activated = False


def dnn_available(context_name: str | None = None) -> bool:
    """Whether cuDNN can be used: no."""
    return False


def use(device: str, *args: Any, **kwargs: Any) -> None:
    """Say, once a device, that the program runs on the processor instead."""
    if device not in _said and not str(device).startswith("cpu"):
        _said.add(device)
        print(f"tutor: no {device} here; this program runs on the CPU.", file=sys.stderr)


def stays(value: Any, *context: Any) -> Any:
    """`value` as a variable: what moves arrays to a device and back is nothing here.

    >>> import tutor.tensor as T
    >>> x = T.dmatrix()
    >>> stays(x) is x
    True
    """
    return as_tensor_variable(value)


class DeviceType:
    """The type of an array on a device: no variable has it."""


class DeviceVariable:
    """A variable whose value is on a device: none is one."""


CudaNdarrayType = GpuArrayType = DeviceType
CudaNdarrayVariable = CudaNdarraySharedVariable = CudaNdarrayConstant = DeviceVariable
GpuArrayVariable = GpuArraySharedVariable = GpuArrayConstant = DeviceVariable
CURAND_RandomStreams = MRG_RandomStreams
gpu_contiguous = gpu_from_host = host_from_gpu = as_cuda_ndarray_variable = stays
as_gpuarray_variable = stays
_said: set[str] = set()
