// Products of matrices and vectors. The inner loops run along memory, several rows at a time.

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
  const [m, k, n] = [...x.shape, y.shape[1]];
  const own = blank([m, n], dtype);
  if (n > 1 && m > 1 && fastProduct(a, b, own.data)) return own;
  const sums = dtype === "float64" ? own.data.fill(0) : new Float64Array(m * n);
  if (n === 1) timesVector(a, packed(b).data, sums);
  else if (m === 1) timesVector(b.T, packed(a).data, sums);
  else rowsByRows(packed(a).data, packed(b.T).data, sums, m, n, k);
  if (sums !== own.data) own.data.set(sums);
  return own;
}

/** sums = a @ v: along the rows of a, or along its columns, as they lie in memory. */
function timesVector(a, v, sums) {
  if (fastVector(a, v, sums)) return;
  if (a.strides[1] === 1 || a.strides[0] !== 1) alongRows(packedRows(a), v, sums);
  else alongColumns(a, v, sums);
}

/** A matrix whose rows lie one after the other, perhaps with gaps between them. */
function packedRows(a) { return a.shape[1] === 1 || a.strides[1] === 1 ? a : packed(a); }

/** Four rows at a time, so that each number of the vector is read once for all. */
function alongRows(a, v, sums) {
  const { data } = a;
  const [m, k] = a.shape;
  const step = a.strides[0];
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    let r0 = a.offset + i * step;
    let r1 = r0 + step;
    let r2 = r1 + step;
    let r3 = r2 + step;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let l = 0; l < k; l += 1) {
      const c = v[l];
      s0 += data[r0++] * c;
      s1 += data[r1++] * c;
      s2 += data[r2++] * c;
      s3 += data[r3++] * c;
    }
    sums[i] = s0;
    sums[i + 1] = s1;
    sums[i + 2] = s2;
    sums[i + 3] = s3;
  }
  for (; i < m; i += 1) {
    const row = a.offset + i * step;
    let s = 0;
    for (let l = 0; l < k; l += 1) s += data[row + l] * v[l];
    sums[i] = s;
  }
}

/** Four columns at a time, added to all sums. */
function alongColumns(a, v, sums) {
  const { data } = a;
  const [m, k] = a.shape;
  const step = a.strides[1];
  let l = 0;
  for (; l + 4 <= k; l += 4) {
    const c0 = v[l];
    const c1 = v[l + 1];
    const c2 = v[l + 2];
    const c3 = v[l + 3];
    let r0 = a.offset + l * step;
    let r1 = r0 + step;
    let r2 = r1 + step;
    let r3 = r2 + step;
    for (let i = 0; i < m; i += 1) {
      sums[i] += data[r0++] * c0 + data[r1++] * c1 + (data[r2++] * c2 + data[r3++] * c3);
    }
  }
  for (; l < k; l += 1) {
    const c = v[l];
    const column = a.offset + l * step;
    for (let i = 0; i < m; i += 1) sums[i] += data[column + i] * c;
  }
}

/** sums[i, j] = row i of p times row j of q, of k numbers each. */
function rowsByRows(p, q, sums, m, n, k) {
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < n; j += 1) {
      let s = 0;
      for (let l = 0; l < k; l += 1) s += p[i * k + l] * q[j * k + l];
      sums[i * n + j] = s;
    }
  }
}

/** The product of matrices of whole numbers, in 64 bits. */
function wholeProduct(x, y, dtype) {
  const [p, q] = [x, y].map((v) => v.copy().astype("int64").data);
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
  return mapped(dtype, dtype === "int32" || dtype === "uint32" ? Math.imul : (a, b) => a * b,
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
    return mapped(dtype, (a, b, c) => a * b - c, part(x, j), part(y, k), multiplied(part(x, k), part(y, j)));
  });
  return concatenate(parts.map((v) => expanded(v, axisOf(axis, shape.length))), { axis });
}
