"""`theano.tensor.fft`: the Fourier transform of real numbers, complex ones as pairs."""

from tutor.names import naming_the_nearest
from tutor.ops.fourier import IRFFT, RFFT, irfft, rfft

IRFFTOp, RFFTOp, irfft_op, rfft_op = IRFFT, RFFT, IRFFT(), RFFT()

__all__ = ["IRFFTOp", "RFFTOp", "irfft", "irfft_op", "rfft", "rfft_op"]

__getattr__ = naming_the_nearest("tutor.tensor.fft", "T.fft.", __all__)
