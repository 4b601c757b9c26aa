// Functions of numbers as NumPy computes them, where JavaScript's own differ or are not there.
// Those of whole numbers take BigInts too.

const { fround } = Math;

function square(x) { return x * x; }

/** x to the power y; 1 to any power is 1, and so is -1 to an infinite one. */
function power(x, y) {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
}

/** A whole number to a whole power, by squaring; `times` multiplies in its width. */
function wholePower(x, y, times) {
  if (y < 0) fail("integers have no negative powers");
  const big = typeof x === "bigint";
  let result = big ? 1n : 1;
  for (let base = x, rest = BigInt(y); rest > 0n; rest >>= 1n, base = times(base, base)) {
    if (rest & 1n) result = times(result, base);
  }
  return result;
}

/** The product of two BigInts in 64 bits. */
function times64(x, y) { return BigInt.asIntN(64, x * y); }

/** The larger of two, not a number where one of them is not; of zeros the first. */
function larger(x, y) { return x >= y || x !== x ? x : y; }

/** The smaller of two, not a number where one of them is not; of zeros the first. */
function smaller(x, y) { return x <= y || x !== x ? x : y; }

/** The rest of a division that is rounded down: it has the sign of y. */
function mod(x, y) {
  const rest = x % y;
  if (rest === 0) return y < 0 ? -0 : 0;
  return (rest < 0) !== (y < 0) ? rest + y : rest;
}

/** x / y rounded down, as fits to the rest. */
function floorDiv(x, y) {
  if (y === 0) return x / y;
  const rest = x % y;
  let whole = (x - rest) / y;
  if (rest !== 0 && (rest < 0) !== (y < 0)) whole -= 1;
  if (whole === 0) return x / y < 0 ? -0 : 0 * (x / y);
  const down = Math.floor(whole);
  return whole - down > 0.5 ? down + 1 : down;
}

/** The rest of a division of whole numbers that is rounded down; 0 where y is 0. */
function wholeMod(x, y) {
  if (y == 0) return x - x;
  const rest = x % y;
  return rest != 0 && (rest < 0) !== (y < 0) ? rest + y : rest;
}

/** The quotient of whole numbers, rounded down; 0 where y is 0. */
function wholeDiv(x, y) {
  if (y == 0) return x - x;
  const rest = wholeMod(x, y);
  return (x - rest) / y;
}

/** x with its bits moved up; 0 where none is left in so many. */
function shiftLeft(x, y, bits) {
  if (y < 0 || y >= bits) return x - x;
  return x << y;
}

/** x with its bits moved down; its sign alone where none is left. */
function shiftRight(x, y, bits) {
  if (y >= 0 && y < bits) return bits === 32 && x > 2147483647 ? x >>> y : x >> y;
  const one = typeof x === "bigint" ? 1n : 1;
  return x < 0 ? -one : x - x;
}

/** The nearest whole number, of two the even one. */
function roundEven(x) {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? withSign(down, x) : withSign(down + 1, x);
  return withSign(down % 2 === 0 ? down : down + 1, x);
}

/** The nearest whole number, of two the one farther from 0. */
function roundAway(x) {
  const whole = Math.trunc(x);
  return withSign(Math.abs(x - whole) >= 0.5 ? Math.abs(whole) + 1 : whole, x);
}

/** The size of x with the sign of y, that of zeros too. */
function withSign(x, y) {
  const negative = y < 0 || Object.is(y, -0);
  return negative ? -Math.abs(x) : Math.abs(x);
}

function radians(x) { return x * (Math.PI / 180); }

function degrees(x) { return x * (180 / Math.PI); }

/** The length of the vector (x, y), scaled so that no square overflows or is lost. */
function hypot(x, y) {
  if (Math.abs(x) === Infinity || Math.abs(y) === Infinity) return Infinity;
  const top = Math.max(Math.abs(x), Math.abs(y));
  if (!(top > 0)) return top;
  const scale = top > 1e150 ? 2 ** -600 : top < 1e-150 ? 2 ** 600 : 1;
  return Math.sqrt((x * scale) ** 2 + (y * scale) ** 2) / scale;
}

/** log(exp(x) + exp(y)). */
function logAddExp(x, y) {
  if (x === y) return x + Math.LN2;
  const d = x - y;
  return d > 0 ? x + Math.log1p(Math.exp(-d)) : d <= 0 ? y + Math.log1p(Math.exp(d)) : d;
}

/** log2(2 ** x + 2 ** y). */
function logAddExp2(x, y) {
  if (x === y) return x + 1;
  const d = x - y;
  const log2p1 = (v) => Math.LOG2E * Math.log1p(v);
  return d > 0 ? x + log2p1(2 ** -d) : d <= 0 ? y + log2p1(2 ** d) : d;
}

/** The hyperbolic tangent: by a quotient of polynomials near 0, which keeps all digits, and by exp
 *  elsewhere; after S. Moshier's Cephes (1989), in a fourth of the time of Math.tanh. */
function tanh(x) {
  const size = Math.abs(x);
  if (size < 0.625) {
    if (x === 0) return x;
    const z = x * x;
    const above = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3;
    const below = ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3;
    return x + x * z * (above / below);
  }
  const y = 1 - 2 / (Math.exp(2 * size) + 1);
  return x < 0 ? -y : y;
}

/** 1 / (1 + exp(-x)). */
function sigmoid(x) { return 1 / (1 + Math.exp(-x)); }

/** log(1 + exp(x)) from the exponential that does not overflow. */
function softplus(x) { return larger(x, 0) + Math.log1p(Math.exp(-Math.abs(x))); }

/** log(1 - exp(x)): by expm1 where exp(x) is near 1, by log1p where it is small. */
function log1mexp(x) {
  return x > -0.6931471805599453 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/** x log y, and 0 where x is 0. */
function xlogy(x, y) { return x === 0 ? 0 : x * Math.log(y); }

/** The argument of x: π where it is negative, -0 too. */
function angle(x) { return Math.atan2(0, x); }
