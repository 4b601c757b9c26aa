// Sums and their kin, along axes: the numbers that become one stand side by side first.

/** An axis, several, or all (null) as a list. */
function axesOf(axis, ndim) {
  if (axis === null || axis === undefined) return Array.from({ length: ndim }, (_, i) => i);
  return [axis].flat().map((i) => axisOf(i, ndim));
}

/** The numbers of x in C order, those along the axes last; the shape of what is left, with sizes of
 *  1 in their place where they are kept; how many become one. */
function lanes(x, axis, keepdims = false) {
  const axes = axesOf(axis, x.ndim);
  const others = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const { data } = packed(x.transpose([...others, ...axes]));
  const kept = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  return { data, shape: keepdims ? kept : others.map((i) => x.shape[i]),
    length: sizeOf(axes.map((i) => x.shape[i])) };
}

/** Reduce x by f(numbers, start, end), the same for each lane. */
function reduced(x, { axis = null, keepdims = false, dtype = x.dtype } = {}, f) {
  const { data, shape, length } = lanes(x, axis, keepdims);
  const out = empty(shape, dtype);
  for (let i = 0; i < out.data.length; i += 1) out.data[i] = f(data, i * length, (i + 1) * length);
  return out;
}

/** The sum of so many numbers in pairs of halves, as NumPy adds: rounding grows with log n only. */
function pairwise(data, start, end) {
  const n = end - start;
  if (n > 128) {
    const middle = start + ((n >> 1) & ~7);
    return pairwise(data, start, middle) + pairwise(data, middle, end);
  }
  let [a, b, c, d] = [-0, -0, -0, -0];
  let i = start;
  for (; i + 4 <= end; i += 4) {
    a += data[i];
    b += data[i + 1];
    c += data[i + 2];
    d += data[i + 3];
  }
  for (; i < end; i += 1) a += data[i];
  return n ? a + b + (c + d) : 0;
}

function folded(f, first) {
  return (data, start, end) => {
    let found = first;
    for (let i = start; i < end; i += 1) found = f(found, data[i]);
    return found;
  };
}

/** The sum over an axis, several, or all. */
function sum(x, how = {}) {
  const dtype = how.dtype ?? x.dtype;
  const given = isBig(dtype) && !isBig(x.dtype) ? x.astype(dtype) : x;
  if (x.ndim === 2 && !isBig(dtype) && !how.keepdims && sameList([how.axis].flat(), [0])) return sumOfRows(x, dtype);
  return reduced(given, { ...how, dtype }, isBig(given.dtype) ? folded((a, b) => a + b, 0n) : pairwise);
}

/** The sum over the rows of a matrix, along memory. */
function sumOfRows(x, dtype) {
  const { data } = packed(x);
  const [m, n] = x.shape;
  const sums = new Float64Array(n).fill(m ? -0 : 0);
  for (let i = 0, place = 0; i < m; i += 1) {
    for (let j = 0; j < n; j += 1) sums[j] += data[place++];
  }
  return new Tensor(dtype === "float64" ? sums : new KINDS[dtype](sums), [n], dtype);
}

/** The product over an axis, several, or all. */
function prod(x, how = {}) {
  const dtype = how.dtype ?? x.dtype;
  const given = isBig(dtype) && !isBig(x.dtype) ? x.astype(dtype) : x;
  const one = isBig(given.dtype) ? 1n : 1;
  return reduced(given, { ...how, dtype }, folded((a, b) => a * b, one));
}

/** The first of the best elements of a lane; one that is not a number comes before all. */
function place(better) {
  return (data, start, end) => {
    if (start === end) fail("nothing has no largest or smallest element");
    let best = start;
    for (let i = start; i < end; i += 1) {
      if (data[i] !== data[i]) return i;
      if (better(data[i], data[best])) best = i;
    }
    return best;
  };
}

const largestPlace = place((a, b) => a > b);
const smallestPlace = place((a, b) => a < b);

function max(x, how) {
  return reduced(x, how, (data, start, end) => data[largestPlace(data, start, end)]);
}

function min(x, how) {
  return reduced(x, how, (data, start, end) => data[smallestPlace(data, start, end)]);
}

/** The position of the largest element, the first of equals. */
function argmax(x, how) {
  const f = (data, start, end) => BigInt(largestPlace(data, start, end) - start);
  return reduced(x, { ...how, dtype: "int64" }, f);
}

/** The position of the smallest element, the first of equals. */
function argmin(x, how) {
  const f = (data, start, end) => BigInt(smallestPlace(data, start, end) - start);
  return reduced(x, { ...how, dtype: "int64" }, f);
}

function any(x, how) {
  const f = (data, start, end) => data.subarray(start, end).some((v) => v != 0);
  return reduced(x, { ...how, dtype: "bool" }, f);
}

function all(x, how) {
  const f = (data, start, end) => data.subarray(start, end).every((v) => v != 0);
  return reduced(x, { ...how, dtype: "bool" }, f);
}

/** Change each lane along one axis by f(numbers, start, end), in place of a copy. */
function alongAxis(x, axis, dtype, f) {
  const at = axisOf(axis, x.ndim);
  const order = [...x.shape.keys()].filter((i) => i !== at).concat(at);
  const turned = x.transpose(order).copy().astype(dtype);
  const n = x.shape[at];
  for (let i = 0; i + n <= turned.data.length && n; i += n) f(turned.data, i, i + n);
  return turned.transpose([...x.shape.keys()].map((i) => order.indexOf(i)));
}

function cumsum(x, { axis, dtype }) {
  return alongAxis(x, axis, dtype, (data, start, end) => {
    for (let i = start + 1; i < end; i += 1) data[i] += data[i - 1];
  });
}

function cumprod(x, { axis, dtype }) {
  return alongAxis(x, axis, dtype, (data, start, end) => {
    for (let i = start + 1; i < end; i += 1) data[i] *= data[i - 1];
  });
}

/** s with s[i] = g[i] + x[i] s[i-1]; or backwards, s[i] = g[i] + x[i+1] s[i+1]. */
function recurrence(g, x, axis, backwards) {
  const shape = stretched(g.shape, x.shape);
  const at = axisOf(axis, shape.length);
  const order = [...shape.keys()].filter((i) => i !== at).concat(at);
  const factors = packed(broadcast_to(x, shape).transpose(order)).data;
  return alongAxis(broadcast_to(g, shape), axis, g.dtype === "float64" ? g.dtype : x.dtype,
    (s, start, end) => {
      if (backwards) for (let i = end - 2; i >= start; i -= 1) s[i] += factors[i + 1] * s[i + 1];
      else for (let i = start + 1; i < end; i += 1) s[i] += factors[i] * s[i - 1];
    });
}

/** log(sum(exp(x))); the largest element is taken out first, where it is finite. */
function logsumexp(x, axis, keepdims, dtype) {
  const f = (data, start, end) => {
    const lane = data.slice(start, end);
    const top = lane.reduce(larger, -Infinity);
    const base = Number.isFinite(top) ? top : 0;
    return Math.log(pairwise(lane.map((v) => Math.exp(v - base)), 0, lane.length)) + base;
  };
  return reduced(x.astype(dtype === "float32" ? dtype : "float64"), { axis, keepdims, dtype }, f);
}

/** The softmax of one lane, in its place: its largest element, and log of the sum of the rest. */
function softmaxOf(data, start, end) {
  let top = -Infinity;
  for (let i = start; i < end; i += 1) top = larger(top, data[i]);
  for (let i = start; i < end; i += 1) data[i] = Math.exp(data[i] - top);
  const total = pairwise(data, start, end);
  for (let i = start; i < end; i += 1) data[i] /= total;
  return [top, Math.log(total)];
}

function softmax(x, axis, dtype) { return alongAxis(x, axis, dtype, softmaxOf); }

/** The softmax (times `scale`), the largest elements, and log of the sum of what is left. */
function softmax_parts(x, axis, dtype, scale = null) {
  const found = [];
  const y = alongAxis(x, axis, dtype, (...lane) => { found.push(softmaxOf(...lane)); });
  const at = axisOf(axis, x.ndim);
  const shape = x.shape.map((n, i) => (i === at ? 1 : n));
  const part = (k) => new Tensor(KINDS[dtype].from(found, (pair) => pair[k]), shape, dtype);
  return [scale === null ? y : each(dtype, (a, b) => a * b, y, scale), part(0), part(1)];
}

/** log(softmax(x)), without an exponential that overflows. */
function logsoftmax(x, axis, dtype) {
  return alongAxis(x, axis, dtype, (data, start, end) => {
    const [top, rest] = softmaxOf(data.slice(start, end), 0, end - start);
    for (let i = start; i < end; i += 1) data[i] = data[i] - top - rest;
  });
}
