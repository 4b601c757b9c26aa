// Arrays as NumPy has them: numbers of one dtype, a shape, and strides into a typed array.
// Nearly all functions work on whole arrays in C order, which `packed` gives.

/** The typed array of each dtype; a bool is 0 or 1, an integer of 64 bits a BigInt. */
const KINDS = {
  float64: Float64Array, float32: Float32Array, bool: Uint8Array,
  int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array,
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array,
};

class Tensor {
  constructor(data, shape, dtype, strides = stridesOf(shape), offset = 0) {
    this.data = data;
    this.shape = shape;
    this.dtype = dtype;
    this.strides = strides;
    this.offset = offset;
  }

  get ndim() { return this.shape.length; }

  get size() { return sizeOf(this.shape); }

  get T() { return this.transpose(this.shape.map((_, i) => this.ndim - 1 - i)); }

  /** The dimensions in another order: a view. */
  transpose(order) {
    const turned = (list) => order.map((i) => list[i]);
    return new Tensor(this.data, turned(this.shape), this.dtype, turned(this.strides), this.offset);
  }

  /** Without the dimensions `axes`, which have size 1: a view. */
  squeeze(axes) {
    const left = [axes].flat().map((axis) => axisOf(axis, this.ndim));
    const kept = (list) => list.filter((_, i) => !left.includes(i));
    return new Tensor(this.data, kept(this.shape), this.dtype, kept(this.strides), this.offset);
  }

  /** The numbers in another dtype. */
  astype(dtype) {
    if (dtype === this.dtype) return this;
    const { data } = packed(this);
    return new Tensor(converted(data, this.dtype, dtype), this.shape, dtype);
  }

  copy() {
    const own = packed(this);
    if (own !== this) return own;
    const out = blank(this.shape, this.dtype);
    out.data.set(this.data);
    return out;
  }

  /** What stands at an index: a view, or a copy where arrays of positions take part. */
  at(...index) { return elementsAt(this, index); }

  /** The elements (i, i + k) of two dimensions, as the last one. */
  diagonal(k = 0, axis1 = 0, axis2 = 1) { return diagonalOf(this, k, axis1, axis2); }

  /** The first number, as JavaScript has it. */
  item() { return this.data[this.offset]; }

  /** Numbers in nested lists; a number where there are no dimensions. */
  tolist() {
    const { data, shape, dtype } = packed(this);
    const plain = dtype === "bool" ? (v) => v !== 0 : (v) => v;
    const nested = (axis, start, size) => {
      if (axis === shape.length) return plain(data[start]);
      const step = size / shape[axis];
      return Array.from({ length: shape[axis] }, (_, i) => nested(axis + 1, start + i * step, step));
    };
    return nested(0, 0, data.length);
  }

  valueOf() { return this.size === 1 ? this.item() : NaN; }

  toString() {
    return JSON.stringify(this.tolist(), (_, v) => (typeof v === "bigint" || Object.is(v, -0)
      || (typeof v === "number" && !Number.isFinite(v)) ? String(v) : v)).replaceAll('"', "");
  }
}

function sizeOf(shape) { return shape.reduce((a, b) => a * b, 1); }

function isBig(dtype) { return dtype === "int64" || dtype === "uint64"; }

/** Steps through the numbers of an array in C order, one a dimension. */
function stridesOf(shape) {
  const strides = new Array(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i -= 1) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** An axis counted from the front. */
function axisOf(axis, ndim) { return axis < 0 ? axis + ndim : axis; }

/** An integer, of a number or of a tensor without dimensions. */
function int(value) { return Number(value instanceof Tensor ? value.item() : value); }

/** A list of integers, of one or several, or of a vector. */
function ints(value) {
  if (value instanceof Tensor) return Array.from(packed(value).data, Number);
  return [value].flat().map(int);
}

/** Whether a condition holds. */
function truth(value) { return value instanceof Tensor ? value.item() != 0 : Boolean(value); }

function fail(message) { throw new Error(message); }

function empty(shape, dtype) { return new Tensor(new KINDS[dtype](sizeOf(shape)), shape, dtype); }

/** Arrays of many numbers that nobody reads any more, by their kind and length. */
const spare = new Map();

const MOST_SPARE = 2 ** 27; // bytes of them, above which all are given back

const account = { lent: null }; // what `blank` has made since a function began

/** As `empty`, but for numbers that all are written: perhaps in the place of some of a past call. */
function blank(shape, dtype) {
  const n = sizeOf(shape);
  if (n < MANY || account.lent === null) return empty(shape, dtype);
  const key = `${dtype} ${n}`;
  const data = spare.get(key)?.pop() ?? new KINDS[dtype](n);
  account.lent.push([key, data]);
  return new Tensor(data, shape, dtype);
}

function begin() { account.lent = []; }

/** End a function: arrays on the way to its results and parameters are there to be written again. */
function done(found, parameters_ = {}) {
  const results = found instanceof Tensor ? [found] : Object.values(found);
  const read = new Set([...results, ...Object.values(parameters_)].map((v) => v.data));
  for (const [key, data] of account.lent) {
    if (!spare.has(key)) spare.set(key, []);
    if (!read.has(data)) spare.get(key).push(data);
  }
  account.lent = null;
  const bytes = [...spare.values()].flat().reduce((n, data) => n + data.byteLength, 0);
  if (bytes > MOST_SPARE) spare.clear();
  return found;
}

function scalar(value, dtype) {
  const out = empty([], dtype);
  out.data[0] = isBig(dtype) ? BigInt(value) : value;
  return out;
}

/** A number as a dtype takes it from another one. */
function conversion(from, to) {
  if (to === "bool") return (v) => v != 0;
  if (isBig(to)) return isBig(from) ? (v) => v : wholeBig;
  if (to.startsWith("float")) return Number;
  if (isBig(from)) return (v) => Number(BigInt.asIntN(32, v));
  return from.startsWith("float") && to !== "uint32" ? whole32 : Math.trunc;
}

/** A number cut down to an integer; what has no place among those of 32 bits is the smallest. */
function whole32(v) { return Math.abs(v + 0.5) < 2 ** 31 + 0.5 ? Math.trunc(v) : -(2 ** 31); }

/** A number cut down to an integer; what has no place among those of 64 bits is the smallest. */
function wholeBig(v) { return Math.abs(v) < 2 ** 63 ? BigInt(Math.trunc(v)) : -(2n ** 63n); }

function converted(data, from, to) {
  const Kind = KINDS[to];
  return from === to ? data.slice() : Kind.from(data, conversion(from, to));
}

function isPacked(x) {
  let step = 1;
  for (let i = x.shape.length - 1; i >= 0; i -= 1) {
    if (x.shape[i] !== 1 && x.strides[i] !== step) return false;
    step *= x.shape[i];
  }
  return x.offset === 0 && x.data.length === step;
}

/** The same numbers in C order, alone in their array: x itself where it is so. */
function packed(x) {
  if (isPacked(x)) return x;
  const out = blank(x.shape, x.dtype);
  const z = out.data;
  const { data } = x;
  const [n, step] = [x.shape.at(-1) ?? 1, x.strides.at(-1) ?? 0];
  let i = 0;
  eachRow(x.shape, [x], ([start]) => {
    for (let j = 0, place = start; j < n; j += 1, place += step) z[i++] = data[place];
  });
  return out;
}

/** Call f(the place in each array where it begins) for all rows of a shape, in C order. */
function eachRow(shape, arrays, f) {
  if (sizeOf(shape) === 0) return;
  const lead = shape.length - 1;
  const at = new Array(Math.max(lead, 0)).fill(0);
  const places = arrays.map((x) => x.offset);
  for (let axis = 0; axis >= 0;) {
    f(places);
    for (axis = lead - 1; axis >= 0; axis -= 1) {
      at[axis] += 1;
      const back = at[axis] === shape[axis] ? shape[axis] : 0;
      for (let k = 0; k < places.length; k += 1) places[k] += (1 - back) * arrays[k].strides[axis];
      if (!back) break;
      at[axis] = 0;
    }
  }
}

/** Call f(place in the data, number in C order) for all elements. */
function walk(x, f) {
  const { shape, strides } = x;
  const last = shape.length - 1;
  if (last < 0) return f(x.offset, 0);
  if (!x.size) return undefined;
  const at = shape.map(() => 0);
  let place = x.offset;
  for (let i = 0; ;) {
    for (let j = 0; j < shape[last]; j += 1, i += 1) f(place + j * strides[last], i);
    let axis = last - 1;
    for (; axis >= 0; axis -= 1) {
      at[axis] += 1;
      place += strides[axis];
      if (at[axis] < shape[axis]) break;
      place -= at[axis] * strides[axis];
      at[axis] = 0;
    }
    if (axis < 0) return undefined;
  }
}

/** The shape to which several stretch: sizes of 1 do. */
function stretched(...shapes) {
  const ndim = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: ndim }, (_, i) => {
    const sizes = shapes.map((s) => s[i - ndim + s.length] ?? 1).filter((n) => n !== 1);
    if (sizes.some((n) => n !== sizes[0])) fail(`shapes (${shapes.join(") and (")}) do not fit`);
    return sizes[0] ?? 1;
  });
}

/** x stretched to a shape: a view. */
function broadcast_to(x, shape) {
  const front = shape.length - x.ndim;
  if (front < 0 || x.shape.some((n, i) => n !== 1 && n !== shape[front + i])) {
    fail(`shape (${x.shape}) does not stretch to (${shape})`);
  }
  const strides = shape.map((n, i) => (i < front || x.shape[i - front] !== n ? 0
    : x.strides[i - front]));
  return new Tensor(x.data, shape, x.dtype, strides, x.offset);
}

const MANY = 512; // numbers that are worth a loop of their own
const loops = new Map();

/** A function of numbers, applied to each element of arrays that stretch to one shape. It reads
 *  nothing but its arguments: by its text it has a loop of its own, into which engines compile it,
 *  in a fifth of the time of a loop that calls many. Where no code may be made, there is one. */
function each(dtype, f, ...operands) {
  if (operands.every((x) => x.size < MANY)) return over(applied, dtype, f, operands);
  const text = String(f);
  if (!loops.has(text)) {
    try {
      const own = `// ${loops.size}, so that no other loop has this text\nreturn ${applied}`;
      loops.set(text, [new Function(own)(), f]);
    } catch {
      loops.set(text, [applied, f]);
    }
  }
  const [loop, first] = loops.get(text);
  return over(loop, dtype, first, operands);
}

/** The same for a function that reads what is around it. */
function mapped(dtype, f, ...operands) { return over(applied, dtype, f, operands); }

function over(loop, dtype, f, operands) {
  const [{ shape: first }] = operands;
  const alike_ = operands.every((x) => x.shape === first || sameList(x.shape, first));
  const shape = alike_ ? first : stretched(...operands.map((x) => x.shape));
  const out = blank(shape, dtype);
  const data = operands.map((x) => x.data);
  const zeros_ = operands.map(() => 0);
  if (alike_ && operands.every(isPacked)) {
    loop(out.data, 0, 1, out.data.length, f, data, zeros_, zeros_, operands.map(() => 1));
    return out;
  }
  const views = operands.map((x) => broadcast_to(x, shape));
  const steps = views.map((x) => x.strides.at(-1) ?? 0);
  const down = views.map((x) => x.strides.at(-2) ?? 0);
  const [rows, n] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  let at = 0;
  eachRow(shape.length > 2 ? [...shape.slice(0, -2), 1] : [1], views, (starts) => {
    loop(out.data, at, rows, n, f, data, starts, down, steps);
    at += rows * n;
  });
  return out;
}

/** The numbers of a matrix, from place `at` of z on: f of those of the arrays, each from its start
 *  on, in steps down and along. */
function applied(z, at, rows, n, f, [a, b, c, ...more], starts, down, steps) {
  const [i0, j0, k0] = starts;
  const [di, dj, dk] = steps;
  for (let row = 0, p = at; row < rows; row += 1) {
    const end = p + n;
    let i = i0 + row * down[0];
    if (b === undefined) for (; p < end; p += 1, i += di) z[p] = f(a[i]);
    else {
      let j = j0 + row * down[1];
      if (c === undefined) for (; p < end; p += 1, i += di, j += dj) z[p] = f(a[i], b[j]);
      else {
        let k = k0 + row * down[2];
        if (!more.length) for (; p < end; p += 1, i += di, j += dj, k += dk) z[p] = f(a[i], b[j], c[k]);
        else {
          for (let q = 0; p < end; p += 1, q += 1, i += di, j += dj, k += dk) {
            z[p] = f(a[i], b[j], c[k], ...more.map((d, m) => d[starts[m + 3] + row * down[m + 3] + q * steps[m + 3]]));
          }
        }
      }
    }
  }
}

function sameList(a, b) { return a.length === b.length && a.every((v, i) => v === b[i]); }

/** An error where two arrays have not the same sizes along these axes (all, where none is said). */
function sameSizes(x, y, axes) {
  const differ = axes ? axes.some((i) => x.shape.at(i) !== y.shape.at(i))
    : !sameList(x.shape, y.shape);
  if (differ) fail(`shapes (${x.shape}) and (${y.shape}) do not fit`);
}

/** What a caller gives as a tensor of this dtype; an error where it has another number of
 *  dimensions, or numbers that the dtype would lose. */
function argument(value, name, dtype, ndim) {
  const given = value instanceof Tensor ? value : asTensor(value, dtype);
  if (given.ndim !== ndim) fail(`${name} has ${ndim} dimensions, and got ${given.ndim}`);
  if (given.dtype === dtype) return given;
  const found = given.astype(dtype);
  const { data } = packed(given);
  const lost = found.data.findIndex((v, i) => v != data[i] && !Number.isNaN(data[i]));
  if (lost >= 0 && !dtype.startsWith("float")) {
    fail(`${name} is ${dtype}, which would lose something of ${data[lost]}`);
  }
  return found;
}

/** Nested lists, a typed array or a number as a tensor; `dtype` is that of an empty list. */
function asTensor(value, dtype) {
  const shape = [];
  for (let part = value; part?.length !== undefined; [part] = part) shape.push(part.length);
  const flat = ArrayBuffer.isView(value) ? Array.from(value) : [value].flat(Infinity);
  if (flat.length !== sizeOf(shape)) fail("a list whose parts have several lengths is no tensor");
  const kind = typeof flat[0];
  if (kind !== "number" && kind !== "bigint" && kind !== "boolean" && flat.length) {
    fail(`${flat[0]} is no number`);
  }
  const found = { bigint: "int64", boolean: "bool", number: "float64" }[kind] ?? dtype;
  return new Tensor(KINDS[found].from(flat), shape, found);
}

/** The numbers of one dtype from their bytes, written in base 64; nobody writes to them. */
function fromBase64(text, dtype, shape) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const data = new KINDS[dtype](bytes.buffer);
  constants.add(data);
  return new Tensor(data, shape, dtype);
}
