// Special functions of numbers: the error function, gamma and their kin.

/** c[0] + c[1] x + c[2] x² + … */
function polynomial(c, x) { return c.reduceRight((sum, next) => sum * x + next, 0); }

// The error function in five pieces, each a quotient of polynomials: after fdlibm's s_erf.c
// (Sun Microsystems, 1993), whose error is below one unit in the last place.
const ERF = {
  edge: 8.45062911510467529297e-01, // erf(1), as a float32 holds it
  slope: 1.28379167095512586316e-01, // 2 / sqrt(π) - 1
  small: [[1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
    -5.77027029648944159157e-03, -2.37630166566501626084e-05],
  [1, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
    1.32494738004321644526e-04, -3.96022827877536812320e-06]],
  middle: [[-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
    3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
    -2.16637559486879084300e-03],
  [1, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
    1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02]],
  large: [[-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
    -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
    -8.12874355063065934246e+01, -9.81432934416914548592e+00],
  [1, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02,
    6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02,
    6.57024977031928170135e+00, -6.04244152148580987438e-02]],
  tail: [[-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
    -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
    -4.83519191608651397019e+02],
  [1, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03,
    3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02,
    -2.24409524465858183362e+01]],
};

function quotient([above, below], x) { return polynomial(above, x) / polynomial(below, x); }

/** 1 - erf(x) for x ≥ 1.25: exp(-x²) times a quotient, x² in two parts so that none is lost. */
function erfTail(x) {
  const s = 1 / (x * x);
  const coarse = new Float64Array([x]);
  new Uint32Array(coarse.buffer)[0] = 0;
  const [z] = coarse;
  const rest = quotient(x < 1 / 0.35 ? ERF.large : ERF.tail, s);
  return (Math.exp(-z * z - 0.5625) * Math.exp((z - x) * (z + x) + rest)) / x;
}

function erf(x) {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size < 0.84375) {
    if (size < 2 ** -28) return size < 1e-300 ? 0.125 * (8 * x + 8 * ERF.slope * x) : x + ERF.slope * x;
    return x + x * quotient(ERF.small, x * x);
  }
  if (size < 1.25) return Math.sign(x) * (ERF.edge + quotient(ERF.middle, size - 1));
  return Math.sign(x) * (size < 6 ? 1 - erfTail(size) : 1);
}

function erfc(x) {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size < 0.84375) {
    const y = size < 2 ** -56 ? 0 : quotient(ERF.small, x * x);
    return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
  }
  if (size < 1.25) {
    const part = quotient(ERF.middle, size - 1);
    return x >= 0 ? 1 - ERF.edge - part : 1 + (ERF.edge + part);
  }
  if (size < 28) return x > 0 ? erfTail(x) : 2 - erfTail(size);
  return x > 0 ? 0 : 2;
}

/** erf⁻¹ within 0.2 percent, from 1 - x²: S. Winitzki, "A handy approximation for the error
 *  function and its inverse" (2008). */
function erfGuess(rest) {
  const half = Math.log(rest) / 2;
  const first = 2 / (Math.PI * 0.147) + half;
  return Math.sqrt(Math.max(Math.sqrt(first * first - (2 * half) / 0.147) - first, 0));
}

/** One step of Halley's method, from the error divided by the slope: erf'' = -2y erf'. */
function erfStep(y, error) {
  const step = error * Math.exp(y * y) * (Math.sqrt(Math.PI) / 2);
  const change = step / (1 + y * step);
  return Number.isFinite(change) ? y - change : y;
}

function erfinv(x) {
  const size = Math.abs(x);
  if (!(size <= 0.5)) return withSign(erfcinv(1 - size), x);
  let y = erfGuess((1 - size) * (1 + size));
  for (let i = 0; i < 2; i += 1) y = erfStep(y, erf(y) - size);
  return withSign(y, x);
}

function erfcinv(t) {
  if (!(t >= 0 && t <= 2)) return NaN;
  const small = Math.min(t, 2 - t);
  let y = erfGuess(small * (2 - small));
  for (let i = 0; i < 4; i += 1) y = erfStep(y, small - erfc(y));
  if (small === 0) y = Infinity;
  return t <= 1 ? y : -y;
}

// Γ by C. Lanczos's approximation with the 13 coefficients and the g of Boost's and CPython's.
const LANCZOS = {
  g: 6.024680040776729583740234375,
  above: [23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408],
  below: [0, 39916800, 120543840, 150917976, 105258076, 45995730, 13339535, 2637558, 357423, 32670,
    1925, 66, 1],
};

function lanczos(x) {
  if (x < 5) return quotient([LANCZOS.above, LANCZOS.below], x);
  const turned = (c) => c.reduce((sum, next) => sum / x + next, 0);
  return turned(LANCZOS.above) / turned(LANCZOS.below);
}

/** sin(πx), exact where x is whole. */
function sinPi(x) {
  const y = Math.abs(x) % 2;
  const pieces = [() => Math.sin(Math.PI * y), () => Math.cos(Math.PI * (y - 0.5)),
    () => Math.sin(Math.PI * (1 - y)), () => -Math.cos(Math.PI * (y - 1.5)),
    () => Math.sin(Math.PI * (y - 2))];
  return (x < 0 ? -1 : 1) * pieces[Math.round(2 * y)]();
}

function gamma(x) {
  if (x === Infinity || Number.isNaN(x)) return x;
  if (x === 0) return withSign(Infinity, x);
  if (x === Math.floor(x)) {
    if (x < 0) return NaN;
    if (x <= 23) return factorial(x - 1);
  }
  const size = Math.abs(x);
  if (size < 1e-20) return 1 / x;
  if (size > 200) return x < 0 ? 0 / sinPi(x) : Infinity;
  const { g } = LANCZOS;
  const y = size + (g - 0.5);
  const lost = size > g - 0.5 ? y - size - (g - 0.5) : y - (g - 0.5) - size;
  const z = (lost * g) / y;
  let result = x > 0 ? lanczos(size) / Math.exp(y)
    : (-Math.PI / sinPi(size) / size) * (Math.exp(y) / lanczos(size));
  result += (x > 0 ? z : -z) * result;
  const root = size < 140 ? y ** (size - 0.5) : y ** (size / 2 - 0.25);
  const once = x > 0 ? result * root : result / root;
  return size < 140 ? once : x > 0 ? once * root : once / root;
}

function factorial(n) { return n < 2 ? 1 : n * factorial(n - 1); }

function gammaln(x) {
  if (Math.abs(x) === Infinity) return Infinity;
  if (x === Math.floor(x) && x <= 2) return x <= 0 ? Infinity : 0;
  const size = Math.abs(x);
  if (size < 1e-20) return -Math.log(size);
  const { g } = LANCZOS;
  const value = Math.log(lanczos(size)) - g + (size - 0.5) * (Math.log(size + g - 0.5) - 1);
  if (x >= 0 || Number.isNaN(x)) return value;
  return Math.log(Math.PI) - Math.log(Math.abs(sinPi(size))) - Math.log(size) - value;
}

/** B₂ₖ / 2k for k = 1, 2, …, with the Bernoulli numbers B: the asymptotic series of digamma. */
const BERNOULLI = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160];

/** c[0] w + c[1] w² + … */
function powerSeries(c, w) { return c.reduceRight((sum, next) => (sum + next) * w, 0); }

/** The logarithmic derivative of Γ: recurrence up to 12, where the series is exact to rounding, and
 *  reflection (Abramowitz and Stegun, 6.3.5, 6.3.7 and 6.3.18). */
function psi(x) {
  if (x === 0) return withSign(Infinity, -x);
  if (x < 0 && x === Math.floor(x)) return NaN;
  let z = x > 0 ? x : 1 - x;
  let result = 0;
  for (; z < 12; z += 1) result -= 1 / z;
  result = result + Math.log(z) - 1 / (2 * z) - powerSeries(BERNOULLI, 1 / (z * z));
  return x > 0 ? result : result - Math.PI / Math.tan(Math.PI * (x - Math.floor(x)));
}

/** The n-th derivative of psi for x > 0 (Abramowitz and Stegun, 6.4.6 and 6.4.11). */
function polygammaUp(n, x) {
  let z = x;
  let total = 0;
  for (; z < 12 + n; z += 1) total += factorial(n) / z ** (n + 1);
  const terms = BERNOULLI.map((c, k) => (c * factorial(2 * k + n + 1)) / factorial(2 * k + 1));
  total = total + factorial(n - 1) / z ** n + factorial(n) / (2 * z ** (n + 1));
  const sign = n % 2 ? 1 : -1;
  return sign * (total + powerSeries(terms, 1 / (z * z)) / z ** n);
}

/** The n-th derivative of psi; nan where n is none of 0, 1, 2, … For x ≤ 0 by reflection, with the
 *  derivatives of the cotangent, which are polynomials in it (Abramowitz and Stegun, 6.4.7). */
function polygamma(n, x) {
  if (!(n >= 0 && n < Infinity) || n !== Math.floor(n) || Number.isNaN(x)) return NaN;
  if (n === 0) return psi(x);
  const even = n % 2 === 0;
  if (n > 150) return x > 0 ? (even ? -Infinity : Infinity) : NaN;
  if (x > 0) return polygammaUp(n, x);
  if (x === Math.floor(x)) return !even ? Infinity : x === 0 ? withSign(Infinity, -x) : NaN;
  let cot = [0, 1];
  for (let i = 0; i < n; i += 1) {
    const slope = cot.map((c, k) => c * k).slice(1);
    cot = Array.from({ length: slope.length + 2 }, (_, k) => -(slope[k] ?? 0) - (slope[k - 2] ?? 0));
  }
  const turned = polynomial(cot, 1 / Math.tan(Math.PI * (x - Math.floor(x))));
  return (even ? 1 : -1) * polygammaUp(n, 1 - x) - Math.PI ** (n + 1) * turned;
}
