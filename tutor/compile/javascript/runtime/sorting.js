// Order: sorted numbers and positions, the largest few, counts, different elements.

/** Which of two numbers comes first; what is not a number comes last. */
function compare(a, b) {
  if (a !== a || b !== b) return Number(a !== a) - Number(b !== b);
  return Number(a > b) - Number(a < b);
}

function sort(x, { axis }) {
  return alongAxis(x, axis, x.dtype, (data, start, end) => data.subarray(start, end).sort(compare));
}

/** The positions in the order of the elements; equals keep theirs. */
function argsort(x, { axis }) {
  const at = axisOf(axis, x.ndim);
  const order = [...x.shape.keys()].filter((i) => i !== at).concat(at);
  const { data, shape } = packed(x.transpose(order));
  const n = x.shape[at];
  const places = empty(shape, "int64");
  for (let start = 0; start < data.length && n; start += n) {
    const found = Array.from({ length: n }, (_, i) => i);
    found.sort((i, j) => compare(data[start + i], data[start + j]) || i - j);
    found.forEach((place, i) => { places.data[start + i] = BigInt(place); });
  }
  return places.transpose([...order.keys()].map((i) => order.indexOf(i)));
}

/** The positions of the k largest elements along an axis, largest first; smallest for -k. */
function top_positions(x, k, axis, dtype) {
  const n = x.shape[axis];
  const many = Math.abs(int(k));
  if (many < 1 || many > n) fail(`of ${n} elements the ${int(k)} largest cannot be taken`);
  const back = [...x.shape.slice(0, axis).map(() => slice()), slice(null, null, -1)];
  const places = int(k) < 0 ? argsort(x, { axis })
    : mapped("int64", (i) => BigInt(n) - 1n - i, argsort(x.at(...back), { axis }).at(...back));
  return take(places, array(Array.from({ length: many }, (_, i) => i), { dtype: "int64" }), axis).astype(dtype);
}

/** Where numbers would have to stand in a sorted vector. */
function searchsorted(x, v, side, order = null) {
  const { data } = packed(order === null ? x : x.at(order));
  const before = side === "left" ? (a, b) => compare(a, b) < 0 : (a, b) => compare(a, b) <= 0;
  return mapped("int64", (value) => {
    let [low, high] = [0, data.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(data[middle], value)) low = middle + 1;
      else high = middle;
    }
    return BigInt(low);
  }, v.astype(x.dtype === v.dtype ? v.dtype : "float64"));
}

/** How often each of 0, 1, 2, … comes; or the sum of its weights. */
function bincount(x, ...rest) {
  const { minlength = 0 } = rest.at(-1) instanceof Tensor || !rest.length ? {} : rest.at(-1);
  const weights = rest[0] instanceof Tensor ? packed(rest[0].astype("float64")).data : null;
  const places = ints(x);
  if (places.some((i) => i < 0)) fail("what is counted is not negative");
  const counts = new Float64Array(places.reduce((n, i) => Math.max(n, i + 1), int(minlength)));
  places.forEach((place, i) => { counts[place] += weights ? weights[i] : 1; });
  const found = new Tensor(counts, [counts.length], "float64");
  return weights ? found : found.astype("int64");
}

/** The different elements in order; where each stood first, which one each was, how many. */
function unique_of(x, [index, inverse, counts], axis) {
  if (axis !== null) fail("the different slices along an axis are not there");
  const { data } = packed(x);
  const order = Array.from(data, (_, i) => i).sort((i, j) => compare(data[i], data[j]) || i - j);
  const first = order.filter((place, i) => !i || compare(data[place], data[order[i - 1]]) !== 0);
  const which = new Array(data.length);
  let group = -1;
  order.forEach((place, i) => {
    if (!i || compare(data[place], data[order[i - 1]]) !== 0) group += 1;
    which[place] = group;
  });
  const positions = (list) => array(list, { dtype: "int64" });
  const values = new Tensor(KINDS[x.dtype].from(first, (place) => data[place]), [first.length], x.dtype);
  const many = bincount(positions(which), { minlength: first.length });
  const found = [values, ...(index ? [positions(first)] : []), ...(inverse ? [positions(which)] : []),
    ...(counts ? [many] : [])];
  return found.length > 1 ? found : values;
}

/** Places counted in an array of a shape as positions, one array a dimension. */
function unravel_index(x, shape, order) {
  const sizes = ints(shape);
  const steps = order === "F" ? stridesOf([...sizes].reverse()).reverse() : stridesOf(sizes);
  if (ints(x.size ? reshape(x, [-1]) : reshape(x, [0])).some((v) => v < 0 || v >= sizeOf(sizes))) {
    fail(`a place is outside of an array of shape (${sizes})`);
  }
  return sizes.map((n, i) => mapped("int64", (v) => BigInt(Math.floor(Number(v) / steps[i]) % n), x));
}

/** Positions, one array a dimension, as places counted in an array of a shape. */
function ravel_multi_index(positions, shape, mode, order) {
  const sizes = ints(shape);
  const steps = order === "F" ? stridesOf([...sizes].reverse()).reverse() : stridesOf(sizes);
  const inside = (v, n) => {
    if (mode === "wrap") return ((v % n) + n) % n;
    if (mode === "raise") return v >= 0 && v < n ? v : fail(`position ${v} is outside of ${n}`);
    return Math.min(Math.max(v, 0), n - 1);
  };
  const place = (...at) => BigInt(at.reduce((s, v, i) => s + inside(Number(v), sizes[i]) * steps[i], 0));
  return mapped("int64", place, ...positions);
}
