"""`tutor.tensor.fft`: the Fourier transform of real numbers, complex ones as pairs."""

from tutor.names import naming_the_nearest
from tutor.ops.fourier import irfft, rfft
from tutor.signatures import answering_module

__all__ = ["irfft", "rfft"]

__getattr__ = naming_the_nearest("tutor.tensor.fft", "T.fft.", __all__)
answering_module(globals())
