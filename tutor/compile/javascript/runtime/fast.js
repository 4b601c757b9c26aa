// Products of large matrices in WebAssembly, two floats at a time: by the kernels of products.wat,
// whose bytes stand here. Where there are none, products.js does all by itself.

const KERNELS = "";

/** Arrays that nobody writes to: they are laid out in the memory of the kernels once. */
const constants = new WeakSet();

const MOST_KEPT = 2 ** 28; // bytes of constants that are kept there

const fast = startFast();

/** The kernels with their memory; null where this browser has not what they need. */
function startFast() {
  if (!KERNELS) return null;
  try {
    const bytes = Uint8Array.from(atob(KERNELS), (c) => c.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return { ...exports, kept: new WeakMap(), top: 16, scratch: 16 };
  } catch {
    return null;
  }
}

/** Room for so many floats: for good, or until the next product. */
function roomFor(floats, forGood) {
  const at = forGood ? fast.top : fast.scratch;
  const end = at + 8 * floats;
  const missing = end - fast.memory.buffer.byteLength;
  if (missing > 0) fast.memory.grow(Math.ceil(missing / 65536) + 16);
  if (forGood) fast.top = end;
  fast.scratch = end;
  return at;
}

function floatsAt(place, count) { return new Float64Array(fast.memory.buffer, place, count); }

function upTo(n, multiple) { return Math.ceil(n / multiple) * multiple; }

/** Where the rows of a matrix lie: each as long as a multiple of 4, a multiple of them; with zeros
 *  in what was not there. */
function laidOut(x, multiple) {
  const key = `${x.shape} ${x.strides} ${x.offset} ${multiple}`;
  const known = fast.kept.get(x.data)?.get(key);
  if (known !== undefined) return known;
  const forGood = constants.has(x.data) && fast.top < MOST_KEPT;
  const [m, k] = x.shape;
  const [width, height] = [upTo(k, 4), upTo(m, multiple)];
  const place = roomFor(width * height, forGood);
  const rows = floatsAt(place, width * height);
  if (width > k || height > m) rows.fill(0);
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
function laidOutTogether(...matrices) {
  fast.scratch = fast.top;
  for (const [x, multiple] of matrices) if (constants.has(x.data)) laidOut(x, multiple);
  fast.scratch = fast.top;
  return matrices.map(([x, multiple]) => laidOut(x, multiple));
}

/** The product of two large matrices into `sums`; false where it is not done here. */
function fastProduct(a, b, sums) {
  const [m, k, n] = [...a.shape, b.shape[1]];
  if (!fast || m < 8 || n < 8 || k < 8 || m * n * k < 16384) return false;
  const [left, right] = laidOutTogether([a, 4], [b.T, 2]);
  const [height, width] = [upTo(m, 4), upTo(n, 2)];
  const out = roomFor(height * width, false);
  fast.dots(left, right, out, height, width, 8 * upTo(k, 4));
  const found = floatsAt(out, height * width);
  for (let i = 0; i < m; i += 1) sums.set(found.subarray(i * width, i * width + n), i * n);
  return true;
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
  const [left, right] = laidOutTogether([rows, 4], [vector, 1]);
  const count = turned_ ? upTo(k, 4) : upTo(m, 4);
  const out = roomFor(count, false);
  if (turned_) {
    floatsAt(out, count).fill(0);
    fast.columns(left, right, out, upTo(m, 4), 8 * upTo(k, 4));
  } else fast.rows(left, right, out, upTo(m, 4), 8 * upTo(k, 4));
  sums.set(floatsAt(out, sums.length));
  return true;
}
