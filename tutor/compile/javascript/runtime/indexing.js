// Parts of arrays: slices, positions, masks; arrays with a part set or increased.

/** The slice start:stop:step, any of which may be left out. */
function slice(start = null, stop = null, step = null) { return { slice: [start, stop, step] }; }

/** The first place, how many, and the step of a slice of n. */
function span([start, stop, step], n) {
  const by = step === null ? 1 : int(step);
  const [low, high] = by > 0 ? [0, n] : [-1, n - 1];
  const place = (v, otherwise) => {
    if (v === null) return otherwise;
    const i = int(v) < 0 ? int(v) + n : int(v);
    return Math.min(Math.max(i, low), high);
  };
  const first = place(start, by > 0 ? low : high);
  const last = place(stop, by > 0 ? high : low);
  return [first, Math.max(0, Math.ceil((last - first) / by)), by];
}

/** A place counted from the front; an error where there is none. */
function placeOf(v, n) {
  const i = int(v);
  if (i < -n || i >= n) fail(`position ${i} is outside of ${n}`);
  return i < 0 ? i + n : i;
}

function isArray(entry) { return Array.isArray(entry) || (entry instanceof Tensor && entry.ndim > 0); }

/** The entries of an index, one a dimension: masks as positions, "..." as whole slices. */
function entriesOf(x, index) {
  const plain = index.flatMap((entry) => (entry instanceof Tensor && entry.dtype === "bool"
    ? nonzero(entry) : [Array.isArray(entry) ? array(entry, { dtype: "int64" }) : entry]));
  const used = plain.filter((e) => e !== null && e !== "...").length;
  const missing = Array.from({ length: x.ndim - used }, () => slice());
  const at = plain.indexOf("...");
  return at < 0 ? [...plain, ...missing] : [...plain.slice(0, at), ...missing, ...plain.slice(at + 1)];
}

/** The view of x at an index of numbers, slices and nulls. */
function viewOf(x, entries) {
  const [shape, strides] = [[], []];
  let { offset } = x;
  let axis = 0;
  for (const entry of entries) {
    if (entry === null) {
      shape.push(1);
      strides.push(0);
    } else if (entry.slice) {
      const [first, count, step] = span(entry.slice, x.shape[axis]);
      offset += count ? first * x.strides[axis] : 0;
      shape.push(count);
      strides.push(step * x.strides[axis]);
      axis += 1;
    } else {
      offset += placeOf(entry, x.shape[axis]) * x.strides[axis];
      axis += 1;
    }
  }
  return new Tensor(x.data, shape, x.dtype, strides, offset);
}

/** The places in C order that an index with arrays names, and their shape. Numbers go with the
 *  arrays; where all of these stand together, so do the dimensions they make, else these are first. */
function placesOf(x, entries) {
  const chosen = (e) => e !== null && !e.slice;
  const where = entries.flatMap((e, i) => (chosen(e) ? [i] : []));
  const together = where.every((place, i) => place === where[0] + i);
  const axes = [];
  entries.forEach((e) => axes.push(e === null ? null : axes.filter((a) => a !== null).length));
  const strides = stridesOf(x.shape);
  const arrays = where.map((i) => (isArray(entries[i]) ? entries[i] : scalar(int(entries[i]), "int64")));
  const shape = stretched(...arrays.map((v) => v.shape));
  const steps = new Float64Array(sizeOf(shape));
  arrays.forEach((v, k) => {
    const axis = axes[where[k]];
    const [n, stride] = [x.shape[axis], strides[axis]];
    const { data } = packed(broadcast_to(v, shape));
    for (let i = 0; i < data.length; i += 1) {
      const place = Number(data[i]);
      steps[i] += (place >= 0 && place < n ? place : placeOf(place, n)) * stride;
    }
  });
  const held = where.map((i) => axes[i]);
  const sizes = x.shape.map((n, axis) => (held.includes(axis) ? 1 : n)); // there may be none of these
  const rest = viewOf(new Tensor(null, sizes, x.dtype, strides), entries.map((e) => (chosen(e) ? 0 : e)));
  const behind = together ? entries.slice(where[0]).filter((e) => !chosen(e)).length : rest.ndim;
  const front = rest.ndim - behind;
  const [lead, tail] = [placesIn(rest, 0, front, rest.offset), placesIn(rest, front, rest.ndim, 0)];
  const places = new Float64Array(lead.length * steps.length * tail.length);
  let p = 0;
  for (const a of lead) for (const step of steps) for (const b of tail) places[p++] = a + step + b;
  return { places, shape: [...rest.shape.slice(0, front), ...shape, ...rest.shape.slice(front)] };
}

/** The places of the elements along some axes of a view, in C order. */
function placesIn(view, from, to, offset) {
  const part = new Tensor(null, view.shape.slice(from, to), "int64", view.strides.slice(from, to), offset);
  const found = new Float64Array(part.size);
  walk(part, (place, i) => { found[i] = place; });
  return found;
}

/** What stands at an index. */
function elementsAt(x, index) {
  const entries = entriesOf(x, index);
  if (!entries.some(isArray)) return viewOf(x, entries);
  const { places, shape } = placesOf(x, entries);
  const { data } = packed(x);
  const out = empty(shape, x.dtype);
  for (let i = 0; i < places.length; i += 1) out.data[i] = data[places[i]];
  return out;
}

/** A copy of x with y at the places of an index, or added there, as often as a place is named. */
function changedAt(x, index, y, adds) {
  const out = x.copy();
  const entries = entriesOf(out, index);
  const plain = !entries.some(isArray);
  const view = plain ? viewOf(out, entries) : null;
  const { places, shape } = plain
    ? { places: placesIn(view, 0, view.ndim, view.offset), shape: view.shape } : placesOf(out, entries);
  const given = packed(broadcast_to(tensorOf(y, x.dtype), shape)).data;
  const { data } = out;
  if (adds) for (let i = 0; i < places.length; i += 1) data[places[i]] += given[i];
  else for (let i = 0; i < places.length; i += 1) data[places[i]] = given[i];
  return out;
}

function set_at(x, index, y) { return changedAt(x, index, y, false); }

/** x with the elements at an index increased by y, each once. */
function inc_at(x, index, y) {
  const before = x.at(...index);
  return set_at(x, index, mapped(x.dtype, (a, b) => a + b, before, tensorOf(y, x.dtype)));
}

/** x with the elements at an index increased by y, each as often as the index names it. */
function add_at(x, index, y) { return changedAt(x, index, y, true); }

/** y itself, if it has the sizes of x[index] along these axes. */
function fitting(y, x, index, axes) { return of_sizes(y, x.at(...index).shape, axes); }

/** The slices of x at these positions along an axis. */
function take(x, places, axis) { return x.at(...x.shape.slice(0, axisOf(axis, x.ndim)).map(() => slice()), places); }

/** The positions of the elements that are not 0, one vector a dimension. */
function nonzero(x) {
  const found = x.shape.map(() => []);
  const strides = stridesOf(x.shape);
  packed(x).data.forEach((v, i) => {
    if (v != 0) x.shape.forEach((n, axis) => found[axis].push(Math.floor(i / strides[axis]) % n));
  });
  return found.map((places) => array(places, { dtype: "int64" }));
}

function diagonalOf(x, k, axis1, axis2) {
  const [a, b] = [axisOf(axis1, x.ndim), axisOf(axis2, x.ndim)];
  const n = Math.max(0, Math.min(x.shape[a] + Math.min(k, 0), x.shape[b] - Math.max(k, 0)));
  const rest = [...x.shape.keys()].filter((i) => i !== a && i !== b);
  const offset = x.offset + (n ? Math.max(0, -k) * x.strides[a] + Math.max(0, k) * x.strides[b] : 0);
  return new Tensor(x.data, [...rest.map((i) => x.shape[i]), n], x.dtype,
    [...rest.map((i) => x.strides[i]), x.strides[a] + x.strides[b]], offset);
}

/** A copy of x with a diagonal set to y, whose last dimension runs along it. */
function set_diagonal(x, y, k, axis1, axis2, axes = []) {
  const out = x.copy();
  const view = diagonalOf(out, k, axis1, axis2);
  of_sizes(y, view.shape, axes);
  const given = packed(broadcast_to(y.astype(x.dtype), view.shape)).data;
  walk(view, (place, i) => { out.data[place] = given[i]; });
  return out;
}

function take_along_axis(x, places, axis) {
  const at = axisOf(axis, x.ndim);
  const shape = stretched(...[x, places].map((v) => v.shape.map((n, i) => (i === at ? 1 : n))));
  const sized = (v) => broadcast_to(v, shape.map((n, i) => (i === at ? v.shape[at] : n)));
  return sized(x).at(...gridOf(sized(places), at));
}

/** Positions of all elements, those along an axis as given. */
function gridOf(places, axis) {
  return places.shape.map((n, i) => (i === axis ? places
    : reshape(arange(0, n, 1, { dtype: "int64" }), places.shape.map((_, j) => (j === i ? n : 1)))));
}

/** A copy of x with y added at positions along an axis. */
function along_axis_add(x, places, y, axis) {
  const at = axisOf(axis, x.ndim);
  const grid = gridOf(places, at).map((v, i) => (i !== at && x.shape[i] === 1 ? scalar(0, "int64") : v));
  return add_at(x, grid, y);
}

/** Each slice along an axis several times. */
function repeat(x, times, { axis }) {
  const n = x.shape[axis];
  const counts = times instanceof Tensor && times.size > 1 ? ints(times) : Array(n).fill(ints(times)[0]);
  if (counts.some((c) => c < 0)) fail("nothing is repeated a negative number of times");
  const places = counts.flatMap((count, i) => Array(count).fill(i));
  return take(x, array(places, { dtype: "int64" }), axis);
}

function tile(x, times) {
  const counts = ints(times);
  const ndim = Math.max(counts.length, x.ndim);
  const given = reshape(x, [...Array(ndim - x.ndim).fill(1), ...x.shape]);
  return [...Array(ndim - counts.length).fill(1), ...counts].reduce((y, count, axis) => take(y,
    array(Array.from({ length: count * y.shape[axis] }, (_, i) => i % y.shape[axis]), { dtype: "int64" }),
    axis), given).copy();
}

function roll(x, by, { axis }) {
  const n = x.shape[axis];
  const places = Array.from({ length: n }, (_, i) => (((i - int(by)) % n) + n) % n);
  return take(x, array(places, { dtype: "int64" }), axis);
}
