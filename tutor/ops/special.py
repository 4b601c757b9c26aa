"""Special functions, elementwise: the error function, gamma, sigmoid, softplus, and their kin.

Comes after the elementary functions. What they compute with is in `approximations.py` and
`kernels.py`.

>>> import tutor.tensor as T
>>> T.gamma([5.0]).eval()
array([24.])
"""

from __future__ import annotations

import math

import numpy as np

from tutor.ops import approximations as exact
from tutor.ops.arithmetic import sqr
from tutor.ops.elementwise import Elementwise, floats, switch
from tutor.ops.functions import exp, log
from tutor.ops.logic import and_, eq, ge, gt

erf = Elementwise(
    "erf", "erf({0})", floats, latex=r"\operatorname{{erf}}\left({0}\right)", scalar="erf({0})",
    grad=lambda x, y, g: g * exp(-sqr(x)) * (2 / math.sqrt(math.pi)), accepts="biuf",
    reference=exact.erf,
    zero_sign="kept", doc="The error function.")
erfc = Elementwise(
    "erfc", "erfc({0})", floats, latex=r"\operatorname{{erfc}}\left({0}\right)", scalar="erfc({0})",
    grad=lambda x, y, g: g * exp(-sqr(x)) * (-2 / math.sqrt(math.pi)), accepts="biuf",
    reference=exact.erfc,
    zero_sign="lost", doc="1 - erf(x), precise also where that is small.")
erfinv = Elementwise(
    "erfinv", "erfinv({0})", floats, latex=r"\operatorname{{erf}}^{{-1}}\left({0}\right)",
    grad=lambda x, y, g: g * exp(sqr(y)) * (math.sqrt(math.pi) / 2), accepts="biuf",
    domain=(-0.9, 0.9), reference=exact.erfinv, poles=True,
    zero_sign="kept", doc="The y with erf(y) = x.")
erfcinv = Elementwise(
    "erfcinv", "erfcinv({0})", floats, latex=r"\operatorname{{erfc}}^{{-1}}\left({0}\right)",
    grad=lambda x, y, g: g * exp(sqr(y)) * (-math.sqrt(math.pi) / 2), accepts="biuf",
    domain=(0.1, 1.9), reference=exact.erfcinv, poles=True,
    zero_sign="lost", doc="The y with erfc(y) = x.")
gamma = Elementwise(
    "gamma", "gamma({0})", floats, latex=r"\Gamma\left({0}\right)", label="Γ", scalar="gamma({0})",
    grad=lambda x, y, g: g * y * psi(x), accepts="biuf", domain=(0.5, 4.0),
    reference=exact.gamma, poles=True, doc="The gamma function: (x - 1)! for a whole number x.")
gammaln = Elementwise(
    "gammaln", "gammaln({0})", floats, latex=r"\log\Gamma\left({0}\right)",
    label="log Γ", scalar="lgamma({0})", grad=lambda x, y, g: g * psi(x), accepts="biuf",
    domain=(0.5, 4.0), reference=exact.gammaln,
    poles=True,
    zero_sign="lost", doc="The logarithm of the absolute value of gamma.")
psi: Elementwise = Elementwise(
    "psi", "psi({0})", floats, latex=r"\psi\left({0}\right)", label="ψ", aliases=("digamma",),
    grad=lambda x, y, g: g * tri_gamma(x), accepts="biuf", domain=(0.5, 4.0), reference=exact.psi,
    poles=True, doc="The derivative of the logarithm of gamma.")
tri_gamma: Elementwise = Elementwise(
    "tri_gamma", "tri_gamma({0})", floats, latex=r"\psi'\left({0}\right)", label="ψ′",
    grad=lambda x, y, g: g * polygamma(2, x), accepts="biuf", domain=(0.5, 4.0),
    reference=exact.tri_gamma, poles=True,
    zero_sign="lost", doc="The derivative of psi.")
polygamma: Elementwise = Elementwise(
    "polygamma", "polygamma({0}, {1})", floats, label="ψ⁽ⁿ⁾", accepts="biuf", domain=(1, 4),
    latex=r"\psi^{{({0})}}\left({1}\right)", reference=exact.polygamma,
    grad=lambda n, x, y, g: (None, g * polygamma(n + 1, x)),
    poles=True,
    zero_sign="lost", doc="The n-th derivative of psi, for whole n from 0 on.")

sigmoid = Elementwise(
    "sigmoid", "sigmoid({0})", floats, latex=r"\sigma\left({0}\right)", label="σ", accepts="biuf",
    grad=lambda x, y, g: g * y * (1 - y), scalar="1.0 / (1.0 + exp(-{0}))",
    reference=lambda x: np.exp(-np.logaddexp(0, -x)),
    result_sign="positive",
    into="sigmoid_into({0}, {out})", zero_sign="lost", doc="1 / (1 + exp(-x)), between 0 and 1.")
softplus = Elementwise(
    "softplus", "softplus({0})", floats, accepts="biuf", grad=lambda x, y, g: g * sigmoid(x),
    scalar="log1p(exp({0}))",
    reference=lambda x: np.logaddexp(0, x), result_sign="positive",
    into="softplus_into({0}, {out})", zero_sign="lost",
    doc="log(1 + exp(x)), without overflow.")
xlogy0 = Elementwise(
    "xlogy0", "xlogy({0}, {1})", floats, latex=r"{0} \log\left({1}\right)", level=7, needs=(8, 0),
    accepts="biuf", grad=lambda x, y, z, g: (g * log(y), g * x / y),
    chooses=lambda x, y, z: (None, (and_(eq(x, 0), eq(y, 0)), False)), domain=(0.1, 3.0),
    reference=lambda x, y: x * np.log(y), poles=True,
    zero_sign="lost", doc="x log y; 0 where x is 0.")
relu = Elementwise(
    "relu", "maximum({0}, 0)", floats, accepts="biuf", reference=lambda x: np.maximum(x, 0),
    grad=lambda x, y, g: g * switch(gt(x, 0), 1, 0.5), chooses=lambda x, y: ((ge(x, 0), True),),
    kinks="1/2 at 0", result_sign="not negative", cheap=True, zero_sign="lost",
    doc="x where it is positive, else 0. At 0 its slope counts as 1/2, as in Theano.")
