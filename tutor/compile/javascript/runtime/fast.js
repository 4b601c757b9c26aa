// Products of large matrices in WebAssembly, two floats at a time: by the kernels of products.wat,
// whose bytes stand here, the fastest first. Where there are none, products.js does all by itself.

const KERNELS = [];

/** Arrays that nobody writes to: they are laid out in the memory of the kernels once. */
const constants = new WeakSet();

const MOST_KEPT = 2 ** 28; // bytes of constants that are kept there

const fast = startFast();

/** The first kernels that this browser knows, with their memory; null where it knows none. */
function startFast() {
  for (const text of KERNELS) {
    try {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
      return { ...exports, kept: new WeakMap(), top: 16, scratch: 16 };
    } catch {
      // the next ones ask for less
    }
  }
  return null;
}

/** Room for so many numbers: for good, or until the next product. */
function roomFor(count, Kind, forGood) {
  const at = forGood ? fast.top : fast.scratch;
  const end = at + Kind.BYTES_PER_ELEMENT * upTo(count, 8);
  const missing = end - fast.memory.buffer.byteLength;
  if (missing > 0) fast.memory.grow(Math.ceil(missing / 65536) + 16);
  if (forGood) fast.top = end;
  fast.scratch = end;
  return at;
}

function numbersAt(place, count, Kind) { return new Kind(fast.memory.buffer, place, count); }

function upTo(n, multiple) { return Math.ceil(n / multiple) * multiple; }

/** Numbers that a row gets: 32 bytes, or a multiple. */
function padded(k, Kind) { return upTo(k, 32 / Kind.BYTES_PER_ELEMENT); }

/** Where the rows of a matrix lie, and a multiple of 4 of them; with zeros in what was not there. */
function laidOut(x, Kind) {
  const key = `${x.shape} ${x.strides} ${x.offset} ${Kind.name}`;
  const known = fast.kept.get(x.data)?.get(key);
  if (known !== undefined) return known;
  const forGood = constants.has(x.data) && fast.top < MOST_KEPT;
  const [m, k] = x.shape;
  const [width, height] = [padded(k, Kind), upTo(m, 4)];
  const place = roomFor(width * height, Kind, forGood);
  const rows = numbersAt(place, width * height, Kind);
  if (width > k) rows.fill(0);
  else if (height > m) rows.fill(0, m * width);
  if (x.strides[1] === 1) copyRows(x, rows, width);
  else copyTurned(x, rows, width);
  if (forGood) {
    if (!fast.kept.has(x.data)) fast.kept.set(x.data, new Map());
    fast.kept.get(x.data).set(key, place);
  }
  return place;
}

function copyRows(x, rows, width) {
  const [m, k] = x.shape;
  if (k === width && x.strides[0] === k) {
    rows.set(x.data.subarray(x.offset, x.offset + m * k));
    return;
  }
  for (let i = 0; i < m; i += 1) {
    const start = x.offset + i * x.strides[0];
    rows.set(x.data.subarray(start, start + k), i * width);
  }
}

/** The same where columns lie together, in blocks that stay in the cache. */
function copyTurned(x, rows, width) {
  const [m, k] = x.shape;
  const { data, offset } = x;
  const [down, across] = x.strides;
  for (let first = 0; first < k; first += 16) {
    const last = Math.min(first + 16, k);
    for (let i = 0; i < m; i += 1) {
      const start = offset + i * down;
      for (let j = first; j < last; j += 1) rows[i * width + j] = data[start + j * across];
    }
  }
}

/** Lay out what stays before what is written over by the next product. */
function laidOutTogether(Kind, ...matrices) {
  fast.scratch = fast.top;
  for (const x of matrices) if (constants.has(x.data)) laidOut(x, Kind);
  fast.scratch = fast.top;
  return matrices.map((x) => laidOut(x, Kind));
}

/** The product of two large matrices into `sums`; false where it is not done here. */
function fastProduct(a, b, sums) {
  const [m, k, n] = [...a.shape, b.shape[1]];
  if (!fast || m < 4 || n < 4 || k < 4 || m * n * k < 4096) return false;
  const Kind = sums.constructor;
  const turned_ = a.strides[1] !== 1 && a.strides[0] === 1;
  const [left, right] = laidOutTogether(Kind, turned_ ? a.T : a, b);
  const [height, width] = [upTo(m, 4), padded(n, Kind)];
  const out = roomFor(height * width, Kind, false);
  const size = Kind.BYTES_PER_ELEMENT;
  const row = size * padded(turned_ ? m : k, Kind);
  const multiply = size === 8 ? fast.product64 : fast.product32;
  multiply(left, right, out, m, k, size * width, ...(turned_ ? [size, row] : [row, size]));
  copyOut(numbersAt(out, m * width, Kind), sums, m, n, width);
  return true;
}

/** The first n numbers of each row. */
function copyOut(rows, sums, m, n, width) {
  if (n === width) sums.set(rows);
  else for (let i = 0; i < m; i += 1) sums.set(rows.subarray(i * width, i * width + n), i * n);
}

/** A constant matrix, or its transpose, times a vector into `sums`; false where it is not done
 *  here: what changes from call to call takes longer to be laid out. */
function fastVector(a, v, sums) {
  if (!fast || !constants.has(a.data) || a.size < 16384) return false;
  const turned_ = a.strides[1] !== 1;
  const rows = turned_ ? a.T : a;
  if (rows.strides[1] !== 1) return false;
  const [m, k] = rows.shape;
  const vector = new Tensor(v, [1, v.length], "float64");
  const [left, right] = laidOutTogether(Float64Array, rows, vector);
  const count = upTo(turned_ ? k : m, 4);
  const out = roomFor(count, Float64Array, false);
  if (turned_) {
    numbersAt(out, count, Float64Array).fill(0);
    fast.columns(left, right, out, upTo(m, 4), 8 * upTo(k, 4));
  } else fast.rows(left, right, out, upTo(m, 4), 8 * upTo(k, 4));
  sums.set(numbersAt(out, sums.length, Float64Array));
  return true;
}
