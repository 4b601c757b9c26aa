// Products of matrices and vectors. The inner loops run along memory: over a row of both operands,
// or over a row of the second and of the result, four at a time.

/** The product of matrices and vectors, as NumPy's dot. */
function dot(x, y) {
  const left = x.ndim === 1 ? new Tensor(x.data, [1, ...x.shape], x.dtype, [0, ...x.strides], x.offset) : x;
  const right = y.ndim === 1 ? new Tensor(y.data, [...y.shape, 1], y.dtype, [...y.strides, 0], y.offset) : y;
  const out = product(left, right);
  return new Tensor(out.data, [...x.shape.slice(0, -1), ...y.shape.slice(1)], out.dtype);
}

/** The dtype of what several dtypes become together. */
function promoted(...dtypes) {
  const width = (d) => Number(d.replace(/\D/g, "")) || 1;
  return dtypes.reduce((a, b) => {
    if (a === b || b === "bool") return a;
    if (a === "bool") return b;
    const [big, small] = width(a) >= width(b) ? [a, b] : [b, a];
    const kind = (d) => d.replace(/\d/g, "");
    if (kind(a) === kind(b)) return big;
    if (kind(a) === "float" || kind(b) === "float") {
      const [float, whole] = kind(a) === "float" ? [a, b] : [b, a];
      return float === "float32" && width(whole) > 16 ? "float64" : float;
    }
    const [signed, unsigned] = kind(a) === "int" ? [a, b] : [b, a];
    if (width(signed) > width(unsigned)) return signed;
    return width(unsigned) === 64 ? "float64" : `int${2 * width(unsigned)}`;
  });
}

/** The product of two matrices, (m, k) and (k, n). */
function product(x, y) {
  if (x.shape[1] !== y.shape[0]) fail(`shapes (${x.shape}) and (${y.shape}) have no product`);
  const dtype = promoted(x.dtype, y.dtype);
  if (!dtype.startsWith("float")) return wholeProduct(x, y, dtype);
  const [a, b] = [x, y].map((v) => (isBig(v.dtype) ? v.astype(dtype) : v));
  const [m, n] = [x.shape[0], y.shape[1]];
  const sums = new Float64Array(m * n);
  if (n < m && along(a.T)) byRows(packed(b.T), a.T, sums, n, m);
  else if (along(a) && along(b.T)) byDots(a, b.T, sums, m, n);
  else byRows(packed(a), packed(b), sums, m, n);
  const flipped = n < m && along(a.T);
  const data = dtype === "float64" ? sums : new KINDS[dtype](sums);
  return packed(flipped ? new Tensor(data, [n, m], dtype).T : new Tensor(data, [m, n], dtype));
}

/** Whether the rows of a matrix lie one after the other in memory. */
function along(x) { return x.shape[1] === 1 || x.strides[1] === 1; }

/** sums[i, j] = the dot product of row i of a and row j of b: four of these at a time. */
function byDots(a, b, sums, m, n) {
  const [p, q, k] = [a.data, b.data, a.shape[1]];
  for (let i = 0; i < m; i += 1) {
    const row = a.offset + i * a.strides[0];
    for (let j = 0; j < n; j += 1) {
      const other = b.offset + j * b.strides[0];
      let [s, t, u, v] = [0, 0, 0, 0];
      let l = 0;
      for (; l + 4 <= k; l += 4) {
        s += p[row + l] * q[other + l];
        t += p[row + l + 1] * q[other + l + 1];
        u += p[row + l + 2] * q[other + l + 2];
        v += p[row + l + 3] * q[other + l + 3];
      }
      for (; l < k; l += 1) s += p[row + l] * q[other + l];
      sums[i * n + j] = s + t + (u + v);
    }
  }
}

/** sums[i, :] += a[i, l] b[l, :], for four l at a time and in blocks that stay in the cache. */
function byRows(a, b, sums, m, n) {
  const [p, q, k] = [a.data, b.data, a.shape[1]];
  const step = b.strides[0];
  const block = Math.max(4, Math.floor(32768 / (n || 1)) & ~3);
  for (let start = 0; start < k; start += block) {
    const end = Math.min(start + block, k);
    for (let i = 0; i < m; i += 1) {
      const row = a.offset + i * a.strides[0];
      const target = i * n;
      let l = start;
      for (; l + 4 <= end; l += 4) {
        const [c0, c1, c2, c3] = [p[row + l], p[row + l + 1], p[row + l + 2], p[row + l + 3]];
        const r0 = b.offset + l * step;
        const [r1, r2, r3] = [r0 + step, r0 + 2 * step, r0 + 3 * step];
        for (let j = 0; j < n; j += 1) {
          sums[target + j] += c0 * q[r0 + j] + c1 * q[r1 + j] + (c2 * q[r2 + j] + c3 * q[r3 + j]);
        }
      }
      for (; l < end; l += 1) {
        const c = p[row + l];
        const r = b.offset + l * step;
        for (let j = 0; j < n; j += 1) sums[target + j] += c * q[r + j];
      }
    }
  }
}

/** The product of matrices of whole numbers, in 64 bits. */
function wholeProduct(x, y, dtype) {
  const [p, q] = [x.astype("int64").data, y.astype("int64").data];
  const [m, k, n] = [...x.shape, y.shape[1]];
  const sums = empty([m, n], "int64");
  for (let i = 0; i < m; i += 1) {
    for (let l = 0; l < k; l += 1) {
      for (let j = 0; j < n; j += 1) sums.data[i * n + j] += p[i * k + l] * q[l * n + j];
    }
  }
  return sums.astype(dtype);
}

/** Every element of x times every element of y. */
function outer(x, y) {
  const ones = x.shape.map(() => 1);
  const tall = reshape(x, [...x.shape, ...y.shape.map(() => 1)]);
  return multiplied(tall, reshape(y, [...ones, ...y.shape]));
}

function multiplied(x, y) {
  const dtype = promoted(x.dtype, y.dtype);
  return each(dtype, dtype === "int32" || dtype === "uint32" ? Math.imul : (a, b) => a * b,
    x.astype(dtype), y.astype(dtype));
}

/** Products of stacks of matrices, of which these leading sizes must agree. */
function matmuls(x, y, axes) {
  if (axes.some((i) => x.shape.at(i) !== y.shape.at(i))) fail("batches of several lengths");
  const lead = stretched(x.shape.slice(0, -2), y.shape.slice(0, -2));
  const [rows, columns] = [x.shape.slice(-2), y.shape.slice(-2)];
  const [a, b] = [broadcast_to(x, [...lead, ...rows]), broadcast_to(y, [...lead, ...columns])];
  return stacked(lead, [a, b], product, [rows[0], columns[1]], promoted(x.dtype, y.dtype));
}

/** f of each of several stacks of matrices, as a stack. */
function stacked(lead, stacks, f, shape, dtype) {
  const out = empty([...lead, ...shape], dtype);
  const size = sizeOf(shape);
  const flat = stacks.map((v) => reshape(v, [sizeOf(lead), ...v.shape.slice(lead.length)]));
  for (let i = 0; i < sizeOf(lead); i += 1) out.data.set(packed(f(...flat.map((v) => v.at(i)))).data, i * size);
  return out;
}

/** The sum of products over axes of both, the other axes in their order. */
function tensordot(x, y, [first, second]) {
  const [left, right] = [axesOf(first, x.ndim), axesOf(second, y.ndim)];
  const rest = (v, axes) => [...v.shape.keys()].filter((i) => !axes.includes(i));
  const [mine, other] = [rest(x, left), rest(y, right)];
  const sizes = (v, axes) => axes.map((i) => v.shape[i]);
  if (!sameList(sizes(x, left), sizes(y, right))) fail(`shapes (${x.shape}) and (${y.shape}) do not fit`);
  const k = sizeOf(sizes(x, left));
  const a = reshape(x.transpose([...mine, ...left]), [sizeOf(sizes(x, mine)), k]);
  const b = reshape(y.transpose([...right, ...other]), [k, sizeOf(sizes(y, other))]);
  return reshape(product(a, b), [...sizes(x, mine), ...sizes(y, other)]);
}

/** A product along named dimensions, summed over those that the result lacks. */
function contracted(subscripts, ...operands) {
  const [given, result] = subscripts.split("->");
  const names = given.split(",");
  const sizes = {};
  names.forEach((letters, i) => [...letters].forEach((letter, axis) => {
    const n = operands[i].shape[axis];
    if ((sizes[letter] ??= n) !== n) fail(`the index ${letter} has two sizes`);
  }));
  const summed = Object.keys(sizes).filter((letter) => !result.includes(letter));
  const all = [...result, ...summed];
  const views = operands.map((x, i) => new Tensor(x.data, all.map((letter) => sizes[letter]), x.dtype,
    all.map((letter) => [...names[i]].reduce((s, c, axis) => s + (c === letter ? x.strides[axis] : 0), 0)),
    x.offset));
  const whole = views.length === 1 ? packed(views[0]) : views.reduce(multiplied);
  return summed.length ? sum(whole, { axis: summed.map((_, i) => result.length + i) }) : whole.copy();
}

/** The cross product of vectors of 3 elements along an axis. */
function crossed(x, y, axis, axes) {
  if (x.shape.at(axis) !== 3 || y.shape.at(axis) !== 3) fail("a cross product is of 3 elements");
  of_sizes(x, y.shape, axes.filter((i) => i !== axis));
  const shape = stretched(x.shape, y.shape);
  const part = (v, i) => take(broadcast_to(v, shape), i, axis);
  const dtype = promoted(x.dtype, y.dtype);
  const parts = [0, 1, 2].map((i) => {
    const [j, k] = [(i + 1) % 3, (i + 2) % 3];
    return each(dtype, (a, b, c) => a * b - c, part(x, j), part(y, k), multiplied(part(x, k), part(y, j)));
  });
  return concatenate(parts.map((v) => expanded(v, axisOf(axis, shape.length))), { axis });
}
