// Other shapes of the same numbers, parts joined, arrays of equal numbers, checks of sizes.

/** x with another shape; one size may be -1. */
function reshape(x, sizes) {
  const shape = ints(sizes);
  const open = shape.indexOf(-1);
  if (open >= 0) shape[open] = x.size / -sizeOf(shape);
  if (sizeOf(shape) !== x.size || !shape.every(Number.isInteger)) {
    fail(`a tensor of shape (${x.shape}) has no shape (${ints(sizes)})`);
  }
  return new Tensor(packed(x).data, shape, x.dtype);
}

/** x with a new dimension of size 1. */
function expanded(x, axis) { return reshape(x, x.shape.toSpliced?.(axis, 0, 1) ?? [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]); }

/** Numbers, or a list of them, as an array of a dtype; an array as it is. */
function array(values, { dtype } = {}) {
  if (values instanceof Tensor) return values;
  const numbers = values.map((v) => (v instanceof Tensor ? v.item() : v));
  return new Tensor(KINDS[dtype].from(numbers, isBig(dtype) ? BigInt : Number), [numbers.length], dtype);
}

function asarray(x) { return x; }

function concatenate(parts, { axis = 0 } = {}) {
  const at = axisOf(axis, parts[0].ndim);
  const total = parts.reduce((n, x) => n + x.shape[at], 0);
  const shape = parts[0].shape.map((n, i) => (i === at ? total : n));
  for (const x of parts) {
    if (x.shape.some((n, i) => i !== at && n !== shape[i])) fail("parts of several sizes do not join");
  }
  const out = empty(shape, parts[0].dtype);
  const behind = sizeOf(shape.slice(at + 1));
  let start = 0;
  for (const x of parts) {
    const { data } = packed(x);
    const step = x.shape[at] * behind;
    for (let i = 0; i * step < data.length; i += 1) {
      out.data.set(data.subarray(i * step, (i + 1) * step), i * total * behind + start);
    }
    start += step;
  }
  return out;
}

/** Views of x along an axis, of sizes that must add up to its own. */
function parts_of(x, sizes, axis) {
  const wanted = ints(sizes);
  if (wanted.some((n) => n < 0) || wanted.reduce((a, b) => a + b, 0) !== x.shape[axis]) {
    fail(`parts of sizes ${wanted} do not make up ${x.shape[axis]}`);
  }
  let start = 0;
  return wanted.map((size) => {
    start += size;
    return x.at(...x.shape.slice(0, axis).map(() => slice()), slice(start - size, start));
  });
}

function zeros(shape, { dtype }) { return empty(ints(shape), dtype); }

/** A tensor, or a number, as a tensor of a dtype. */
function tensorOf(value, dtype) {
  return value instanceof Tensor ? value.astype(dtype) : scalar(value, dtype);
}

/** An array of a shape, filled with a value that stretches to it. */
function full(shape, value, { dtype }) {
  return packed(broadcast_to(tensorOf(value, dtype), ints(shape))).copy();
}

/** y stretched to the shape that x and y have together. */
function fill(x, y, dtype) { return full(stretched(x.shape, y.shape), y, { dtype }); }

function int64(value) { return scalar(int(value), "int64"); }

function float64(value) { return tensorOf(value, "float64"); }

function float32(value) { return tensorOf(value, "float32"); }

/** A number of a tensor without dimensions. */
function number(value) { return Number(value instanceof Tensor ? value.item() : value); }

function arange(start, stop, step, { dtype }) {
  const [from, to, by] = [start, stop, step].map(number);
  const n = Math.max(0, Math.ceil((to - from) / by));
  const next = from + by - from; // as NumPy steps on
  const out = empty([n], dtype);
  const kind = isBig(dtype) ? BigInt : Number;
  for (let i = 0; i < n; i += 1) out.data[i] = kind(from + i * next);
  return out;
}

/** So many numbers from start to stop; of tensors, so many along a new first axis. */
function linspace(start, stop, count, { endpoint = true, dtype }) {
  const n = int(count);
  const parts = endpoint ? n - 1 : n;
  const whole = dtype.startsWith("float") ? (v) => v : (v) => wholeBig(Math.floor(v));
  const at = (i) => (a, b) => {
    if (endpoint && i === n - 1 && n > 1) return whole(b);
    return whole(parts > 0 ? i * ((b - a) / parts) + a : a);
  };
  const ends = [start, stop].map(float64);
  const kind = dtype.startsWith("float") ? dtype : "int64";
  const rows = Array.from({ length: n }, (_, i) => expanded(mapped(kind, at(i), ...ends), 0));
  const none = [0, ...stretched(...ends.map((x) => x.shape))];
  return n ? concatenate(rows).astype(dtype) : empty(none, dtype);
}

/** A matrix of ones and zeros, as f(row, column) says. */
function marked(rows, columns, dtype, f) {
  const [m, n] = [int(rows), int(columns)];
  const numbers = Array.from({ length: m * n }, (_, i) => Number(f(Math.floor(i / n), i % n)));
  return reshape(array(numbers, { dtype }), [m, n]);
}

function eye(rows, columns, k, { dtype }) { return marked(rows, columns, dtype, (i, j) => j - i === int(k)); }

function tri(rows, columns, k, { dtype }) { return marked(rows, columns, dtype, (i, j) => j - i <= int(k)); }

/** x with 0 where f(row, column) does not hold, in its last two dimensions. */
function masked(x, f) {
  const [m, n] = x.shape.slice(-2);
  const out = x.copy();
  for (let i = 0; i < out.data.length; i += 1) {
    if (!f(Math.floor(i / n) % m, i % n)) out.data[i] = isBig(x.dtype) ? 0n : 0;
  }
  return out;
}

function tril(x, k = 0) { return masked(x, (i, j) => j - i <= k); }

function triu(x, k = 0) { return masked(x, (i, j) => j - i >= k); }

/** A matrix with x on its k-th diagonal. */
function diag(x, k) {
  const n = x.shape[0] + Math.abs(k);
  const out = empty([n, n], x.dtype);
  packed(x).data.forEach((v, i) => { out.data[(i + Math.max(0, -k)) * n + i + Math.max(0, k)] = v; });
  return out;
}

/** x summed over the dimensions in which `like` has size 1. */
function summed_to(g, like) {
  const axes = g.shape.map((_, i) => i).filter((i) => g.shape[i] !== like.shape[i]);
  return axes.length ? sum(g, { axis: axes, keepdims: true }) : g;
}

function spread_over(g, like) { return packed(broadcast_to(g, like.shape)).copy(); }

/** x itself, if its size is 1 along these axes. */
function with_ones(x, axes) {
  for (const axis of [axes].flat()) {
    if (x.shape[axis] !== 1) fail(`dimension ${axis} was said to have size 1: (${x.shape})`);
  }
  return x;
}

/** x itself, if it has these sizes along these axes, counted from the last. */
function of_sizes(x, sizes, axes) {
  const wanted = ints(sizes);
  for (const axis of axes) {
    if (x.shape.at(axis) !== wanted.at(axis)) fail(`size ${x.shape.at(axis)} does not stretch to ${wanted.at(axis)}`);
  }
  return x;
}

/** x itself, if its sizes along these axes are those of the others. */
function alike(x, ...others) {
  for (const [y, axes] of others) {
    if (axes.some((i) => x.shape.at(i) !== y.shape.at(i))) fail(`shapes (${x.shape}) and (${y.shape}) do not fit`);
  }
  return x;
}

function of_shape(x, axes, sizes, what) {
  axes.forEach((axis, i) => {
    if (x.shape[axis] !== int(sizes[i])) fail(`${what}: dimension ${axis} was said to have size ${sizes[i]}`);
  });
  return x;
}

function asserted(x, conditions, message) {
  if (!conditions.every(truth)) fail(message);
  return x;
}

/** The first n elements of x, of which there have to be so many. */
function first_steps(x, n) {
  if (int(n) > x.shape[0] || int(n) < 0) fail(`a sequence of ${x.shape[0]} has no ${int(n)} steps`);
  return x.at(slice(0, int(n)));
}
