// Linear systems, inverses and determinants of matrices, or of stacks of them.

/** The triangles of a matrix after elimination with the largest pivots, in one array; the order of
 *  the rows, and the sign of that order. (Golub and Van Loan, "Matrix Computations", 3.4) */
function eliminated(x) {
  const n = x.shape[0];
  if (n !== x.shape[1]) fail(`a matrix of shape (${x.shape}) is not square`);
  const a = x.copy().astype("float64").data;
  const order = Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let k = 0; k < n; k += 1) {
    let pivot = k;
    for (let i = k + 1; i < n; i += 1) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
    if (pivot !== k) {
      sign = -sign;
      [order[k], order[pivot]] = [order[pivot], order[k]];
      for (let j = 0; j < n; j += 1) [a[k * n + j], a[pivot * n + j]] = [a[pivot * n + j], a[k * n + j]];
    }
    for (let i = k + 1; i < n && a[k * n + k] !== 0; i += 1) {
      const factor = a[i * n + k] / a[k * n + k];
      a[i * n + k] = factor;
      for (let j = k + 1; j < n; j += 1) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return { a, n, order, sign };
}

/** The x with a @ x = b, for the columns of b. */
function solved(x, b) {
  const { a, n, order } = eliminated(x);
  const m = b.shape[1];
  if (b.shape[0] !== n) fail(`a system of shape (${x.shape}) does not go with (${b.shape})`);
  for (let i = 0; i < n; i += 1) if (a[i * n + i] === 0) fail("Singular matrix");
  const given = b.copy().astype("float64").data;
  const y = new Float64Array(n * m);
  for (let c = 0; c < m; c += 1) {
    for (let i = 0; i < n; i += 1) {
      let s = given[order[i] * m + c];
      for (let j = 0; j < i; j += 1) s -= a[i * n + j] * y[j * m + c];
      y[i * m + c] = s;
    }
    for (let i = n - 1; i >= 0; i -= 1) {
      let s = y[i * m + c];
      for (let j = i + 1; j < n; j += 1) s -= a[i * n + j] * y[j * m + c];
      y[i * m + c] = s / a[i * n + i];
    }
  }
  return new Tensor(y, [n, m], "float64");
}

function floatOf(...tensors) {
  return tensors.every((x) => x.dtype === "float32") ? "float32" : "float64";
}

function solve(a, b) {
  const dtype = floatOf(a, b);
  if (b.ndim === 1) return take(solve(a, expanded(b, 1)), 0, 1).astype(dtype);
  const lead = stretched(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const both = [a, b].map((v) => broadcast_to(v, [...lead, ...v.shape.slice(-2)]));
  return stacked(lead, both, (x, y) => solved(x, y).astype(dtype), b.shape.slice(-2), dtype);
}

/** The same for one triangle of a. */
function solve_triangle(a, b, lower) { return solve(lower ? tril(a) : triu(a), b); }

function inv(x) {
  const n = x.shape.at(-1);
  return solve(x, eye(n, n, 0, { dtype: x.dtype === "float32" ? "float32" : "float64" }));
}

/** The sign of the determinant, and the logarithm of its absolute value. */
function slogdet(x) {
  const lead = x.shape.slice(0, -2);
  const dtype = floatOf(x);
  const pair = (m) => {
    const { a, n, sign } = eliminated(m);
    const pivots = Array.from({ length: n }, (_, i) => a[i * n + i]);
    if (pivots.includes(0)) return new Tensor(new Float64Array([0, -Infinity]), [2], "float64");
    return new Tensor(new Float64Array([pivots.reduce((s, p) => s * Math.sign(p), sign),
      pivots.reduce((s, p) => s + Math.log(Math.abs(p)), 0)]), [2], "float64");
  };
  const found = stacked(lead, [x], pair, [2], "float64");
  return [0, 1].map((i) => found.at("...", i).astype(dtype));
}

function det(x) {
  const f = (m) => {
    const { a, n, sign } = eliminated(m);
    return scalar(Array.from({ length: n }, (_, i) => a[i * n + i]).reduce((s, p) => s * p, sign), "float64");
  };
  return stacked(x.shape.slice(0, -2), [x], f, [], "float64").astype(floatOf(x));
}

/** The triangular root of positive definite matrices; nan where there is none, if `orNan`. */
function cholesky(x, lower, orNan) {
  const n = x.shape.at(-1);
  let failed = false;
  const root = (m) => {
    const a = m.copy().astype("float64").data;
    const l = new Float64Array(n * n);
    for (let j = 0; j < n; j += 1) {
      for (let i = j; i < n; i += 1) {
        let s = lower ? a[i * n + j] : a[j * n + i];
        for (let k = 0; k < j; k += 1) s -= l[i * n + k] * l[j * n + k];
        if (i === j && !(s > 0)) failed = true;
        l[i * n + j] = i === j ? Math.sqrt(s) : s / l[j * n + j];
      }
    }
    const found = new Tensor(l, [n, n], "float64");
    return lower ? found : found.T;
  };
  const found = stacked(x.shape.slice(0, -2), [x], root, [n, n], "float64").astype(floatOf(x));
  if (failed && !orNan) fail("Matrix is not positive definite");
  return failed ? mapped(found.dtype, () => NaN, found) : found;
}
