"""`theano.tensor.nnet.neighbours`: images as rows of neighbourhoods, and back."""

from tutor.ops.neighbours import Images2Neibs, images2neibs, neibs2images

__all__ = ["Images2Neibs", "images2neibs", "neibs2images"]
