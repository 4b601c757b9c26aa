// Windows over images: convolutions as one product of matrices, neighbourhoods, pooling.
// Images are (batch, channels, sizes…), filters (filters, channels, sizes…).

/** How windows lie over images: sizes of image, kernel and output, padding, step, dilation. */
function planOf(sizes, kernel, border, step, dilation) {
  const extents = kernel.map((k, i) => (k - 1) * dilation[i] + 1);
  const wide = { valid: () => 0, full: (e) => e - 1, half: (e) => Math.floor(e / 2) }[border];
  const pads = wide ? extents.map((e) => [wide(e), wide(e)]) : border;
  const padded = sizes.map((n, i) => n + pads[i][0] + pads[i][1]);
  const out = padded.map((n, i) => Math.floor((n - extents[i]) / step[i]) + 1);
  if (out.some((n) => n < 1) || kernel.some((k) => k < 1)) {
    fail(`a filter of sizes (${kernel}) is larger than the image of size (${padded}) it slides over`);
  }
  return { sizes, kernel, pads, padded, out, step, dilation };
}

/** Where the images lie in the padded ones, or any part of the last sizes from these places. */
function insideOf(x, starts, sizes) {
  return x.at("...", ...starts.map((start, i) => slice(start, start + sizes[i])));
}

/** The images with a border of zeros, or of what `filler` says. */
function widened(x, pads, filler = 0) {
  if (pads.every(([a, b]) => a === 0 && b === 0)) return packed(x);
  const lead = x.shape.slice(0, x.ndim - pads.length);
  const sizes = x.shape.slice(lead.length);
  const out = empty([...lead, ...sizes.map((n, i) => n + pads[i][0] + pads[i][1])], x.dtype);
  if (filler !== 0) out.data.fill(filler);
  const { data } = packed(x);
  walk(insideOf(out, pads.map(([a]) => a), sizes), (place, i) => { out.data[place] = data[i]; });
  return out;
}

/** A view (batch, channels, kernel…, output…) of padded images: nothing is copied. */
function windowsOf(x, { kernel, out, step, dilation }) {
  const steps = x.strides.slice(2);
  return new Tensor(x.data, [...x.shape.slice(0, 2), ...kernel, ...out], x.dtype,
    [...x.strides.slice(0, 2), ...steps.map((s, i) => s * dilation[i]), ...steps.map((s, i) => s * step[i])],
    x.offset);
}

/** The filters as they slide: turned round in every size, for a convolution proper. */
function turned(w, flip) {
  return flip ? w.at(slice(), slice(), ...w.shape.slice(2).map(() => slice(null, null, -1))) : w;
}

/** The windows as columns of matrices, (group, kernel, image and place). */
function columnsOf(x, plan, groups) {
  const n = plan.kernel.length;
  const views = windowsOf(widened(x, plan.pads), plan);
  const order = [...views.shape.keys()];
  const moved = views.transpose([...order.slice(1, 2 + n), 0, ...order.slice(2 + n)]);
  const rows = (x.shape[1] / groups) * sizeOf(plan.kernel);
  return reshape(moved, [groups, rows, x.shape[0] * sizeOf(plan.out)]);
}

/** Outputs (image, filter, sizes…) as matrices (group, filter, image and place). */
function byGroup(g, groups) {
  const each_ = g.shape[1] / groups;
  const parts = reshape(g, [g.shape[0], groups, each_, sizeOf(g.shape.slice(2))]);
  return reshape(parts.transpose([1, 2, 0, 3]), [groups, each_, g.shape[0] * sizeOf(g.shape.slice(2))]);
}

function grouped(channels, filters, groups) {
  if (channels !== filters * groups) fail(`the images have ${channels} channels and the filters ${filters}`);
}

/** Each filter at each place of each image: (batch, filters, output sizes…). */
function correlation(x, w, border, step, dilation, flip, groups) {
  grouped(x.shape[1], w.shape[1], groups);
  if (w.shape[0] % groups) fail(`${w.shape[0]} filters do not fall into ${groups} groups`);
  const plan = planOf(x.shape.slice(2), w.shape.slice(2), border, step, dilation);
  const matrix = reshape(turned(w, flip), [groups, w.shape[0] / groups, sizeOf(w.shape.slice(1))]);
  const found = matmuls(matrix, columnsOf(x, plan, groups), []);
  const parts = reshape(found, [groups, w.shape[0] / groups, x.shape[0], sizeOf(plan.out)]);
  return reshape(parts.transpose([2, 0, 1, 3]), [x.shape[0], w.shape[0], ...plan.out]);
}

/** What filters get from the cotangent g of a correlation. */
function filters_from(x, g, kernel, border, step, dilation, flip, groups) {
  const sizes = ints(kernel);
  const plan = planOf(x.shape.slice(2), sizes, border, step, dilation);
  matching(plan, g);
  const found = matmuls(byGroup(g, groups), columnsOf(x, plan, groups).transpose([0, 2, 1]), []);
  return packed(turned(reshape(found, [g.shape[1], x.shape[1] / groups, ...sizes]), flip));
}

/** What images get from the cotangent g of a correlation. */
function images_from(w, g, sizes, border, step, dilation, flip, groups) {
  const plan = planOf(ints(sizes), w.shape.slice(2), border, step, dilation);
  matching(plan, g);
  grouped(g.shape[1], w.shape[0] / groups, groups);
  const channels = w.shape[1] * groups;
  const matrix = reshape(turned(w, flip), [groups, w.shape[0] / groups, sizeOf(w.shape.slice(1))]);
  const found = matmuls(matrix.transpose([0, 2, 1]), byGroup(g, groups), []);
  const n = plan.kernel.length;
  const order = Array.from({ length: 2 + 2 * n }, (_, i) => i);
  const parts = reshape(found, [channels, ...plan.kernel, g.shape[0], ...plan.out])
    .transpose([order[n + 1], 0, ...order.slice(1, n + 1), ...order.slice(n + 2)]);
  const wide = empty([g.shape[0], channels, ...plan.padded], found.dtype);
  const { data } = packed(parts);
  walk(windowsOf(wide, plan), (place, i) => { wide.data[place] += data[i]; });
  return packed(insideOf(wide, plan.pads.map(([a]) => a), plan.sizes));
}

function matching(plan, g) {
  if (!sameList(g.shape.slice(2), plan.out)) fail(`an output of shape (${g.shape}) is of other images`);
}

/** How rectangular neighbourhoods lie over images, and whether the border is wrapped round. */
function neighbourhood(sizes, shape, step, mode) {
  const wraps = mode === "wrap_centered";
  if (wraps && shape.some((n, i) => n % 2 === 0 || n > sizes[i])) fail("centered neighbourhoods have odd sizes");
  const border = wraps ? shape.map((n) => [Math.floor(n / 2), Math.floor(n / 2)])
    : ["full", "half"].includes(mode) ? mode : "valid";
  const plan = planOf(sizes, shape, border, step, shape.map(() => 1));
  const fits = plan.padded.every((p, i) => (p - shape[i]) % step[i] === 0);
  if (["valid", "full", "half"].includes(mode) && !fits) fail("neighbourhoods do not fill the image exactly");
  return plan;
}

/** The place in the images of each place in the padded ones: round the edge, or null outside. */
function placesInside(plan, lead, wraps) {
  const padded = [...lead, ...plan.padded];
  const strides = stridesOf([...lead, ...plan.sizes]);
  const steps = stridesOf(padded);
  return Array.from({ length: sizeOf(padded) }, (_, i) => {
    let place = 0;
    for (let axis = 0; axis < padded.length; axis += 1) {
      let at = Math.floor(i / steps[axis]) % padded[axis];
      if (axis >= lead.length) {
        const n = plan.sizes[axis - lead.length];
        at -= plan.pads[axis - lead.length][0];
        if (!wraps && (at < 0 || at >= n)) return null;
        at = ((at % n) + n) % n;
      }
      place += at * strides[axis];
    }
    return place;
  });
}

/** The windows of images in the order of their rows: (batch, channels, places, neighbourhood). */
function rowsOf(wide, plan) { return windowsOf(wide, plan).transpose([0, 1, 4, 5, 2, 3]); }

/** Each neighbourhood of images as a row, image by image and channel by channel. */
function to_neighbours(x, shape, step, mode) {
  const plan = neighbourhood(x.shape.slice(2), ints(shape), ints(step), mode);
  const wide = empty([...x.shape.slice(0, 2), ...plan.padded], x.dtype);
  const { data } = packed(x);
  placesInside(plan, x.shape.slice(0, 2), mode === "wrap_centered").forEach((place, i) => {
    if (place !== null) wide.data[i] = data[place];
  });
  return reshape(rowsOf(wide, plan), [-1, sizeOf(ints(shape))]);
}

/** What images get from the cotangent g of their neighbourhoods; `like` has their shape. */
function from_neighbours(like, g, shape, step, mode) {
  const plan = neighbourhood(like.shape.slice(2), ints(shape), ints(step), mode);
  const wide = empty([...like.shape.slice(0, 2), ...plan.padded], g.dtype);
  const { data } = packed(g);
  walk(rowsOf(wide, plan), (place, i) => { wide.data[place] += data[i]; });
  const out = empty(like.shape, g.dtype);
  placesInside(plan, like.shape.slice(0, 2), mode === "wrap_centered").forEach((place, i) => {
    if (place !== null) out.data[place] += wide.data[i];
  });
  return out;
}

/** How windows of a pooling lie over the last dimensions. */
function poolingOf(x, window, step, pad, ignoreBorder) {
  const [kernel, steps, pads] = [window, step, pad].map(ints);
  if (pads.some((p) => p) && !ignoreBorder) fail("a border of zeros goes with ignore_border=True only");
  const n = kernel.length;
  const sizes = x.shape.slice(-n);
  const padded = sizes.map((size, i) => size + 2 * pads[i]);
  const out = padded.map((size, i) => {
    const [w, s] = [kernel[i], steps[i]];
    if (ignoreBorder) return Math.max(0, Math.floor((size - w) / s) + 1);
    if (s >= w) return Math.floor((size - 1) / s) + 1;
    return Math.max(0, Math.floor((size - 1 - w + s) / s)) + 1;
  });
  const full_ = out.map((o, i) => Math.max((o - 1) * steps[i] + kernel[i], padded[i]));
  const around = full_.map((f, i) => [pads[i], f - sizes[i] - pads[i]]);
  return { kernel, step: steps, dilation: kernel.map(() => 1), out, pads, around, sizes, padded };
}

/** The windows of a padded array as a view (…, output…, kernel…), as many matrices. */
function pooledView(wide, plan) {
  const n = plan.kernel.length;
  const lead = wide.ndim - n;
  const steps = wide.strides.slice(lead);
  return new Tensor(wide.data, [...wide.shape.slice(0, lead), ...plan.out, ...plan.kernel], wide.dtype,
    [...wide.strides.slice(0, lead), ...steps.map((s, i) => s * plan.step[i]), ...steps], wide.offset);
}

function lowest(dtype) {
  if (dtype.startsWith("float")) return -Infinity;
  if (dtype === "bool" || dtype.startsWith("u")) return isBig(dtype) ? 0n : 0;
  return dtype === "int64" ? -(2n ** 63n) : -(2 ** (Number(dtype.slice(3)) - 1));
}

/** How many numbers each window holds, with the padding or without. */
function countsOf(plan, withPadding) {
  const along_ = plan.out.map((n, i) => Array.from({ length: n }, (_, at) => {
    const start = at * plan.step[i];
    const [low, high] = withPadding ? [0, plan.padded[i]] : [plan.pads[i], plan.padded[i] - plan.pads[i]];
    return Math.min(start + plan.kernel[i], high) - Math.max(start, low);
  }));
  const all = along_.reduce((list, counts) => list.flatMap((a) => counts.map((b) => a * b)), [1]);
  return new Tensor(Float64Array.from(all), plan.out, "float64");
}

function lastAxes(plan) { return plan.kernel.map((_, i) => -1 - i); }

/** The largest, the sum, or the mean of each window. */
function pool(x, window, step, pad, ignoreBorder, mode) {
  const plan = poolingOf(x, window, step, pad, ignoreBorder);
  const filler = mode === "max" ? lowest(x.dtype) : 0;
  const view = pooledView(widened(x, plan.around, filler), plan);
  if (mode === "max") return max(view, { axis: lastAxes(plan) });
  const total = sum(view, { axis: lastAxes(plan) });
  if (mode === "sum") return total;
  return mapped("float64", (a, b) => a / b, total, countsOf(plan, mode === "average_inc_pad")).astype(x.dtype);
}

/** The cotangent of x in a pooling by sum or mean; `like` has its shape. */
function pool_back(like, g, window, step, pad, ignoreBorder, mode) {
  const plan = poolingOf(like, window, step, pad, ignoreBorder);
  const share = mode === "sum" ? g
    : mapped(g.dtype, (a, b) => a / b, g, countsOf(plan, mode === "average_inc_pad"));
  const wide = widened(mapped(g.dtype, () => 0, like), plan.around);
  spreadInto(wide, plan, (i) => packed(share).data[i], () => true);
  return packed(insideOf(wide, plan.pads, plan.sizes));
}

/** Add to the numbers of each window what its number says, where `counts` holds. */
function spreadInto(wide, plan, value, counts) {
  const size = sizeOf(plan.kernel);
  walk(pooledView(wide, plan), (place, i) => {
    const at = Math.floor(i / size);
    if (counts(place, at)) wide.data[place] += value(at);
  });
}

/** How many elements of each window are the largest, y. */
function tiesOf(wide, y, plan) {
  const best = packed(y).data;
  const ties = new Float64Array(best.length);
  const size = sizeOf(plan.kernel);
  walk(pooledView(wide, plan), (place, i) => {
    const at = Math.floor(i / size);
    if (wide.data[place] === best[at]) ties[at] += 1;
  });
  return ties.map((count) => Math.max(count, 1));
}

/** The cotangent of x in a pooling y by the largest: g in equal parts to all that are it. */
function pool_back_max(x, y, g, window, step, pad, ignoreBorder) {
  const plan = poolingOf(x, window, step, pad, ignoreBorder);
  const wide = widened(x, plan.around, lowest(x.dtype));
  const total = empty(wide.shape, g.dtype);
  const [best, given, ties] = [packed(y).data, packed(g).data, tiesOf(wide, y, plan)];
  spreadInto(total, plan, (at) => given[at] / ties[at], (place, at) => wide.data[place] === best[at]);
  return packed(insideOf(total, plan.pads, plan.sizes));
}

/** The mean, over each window, of the v that stand where x is the largest, y. */
function pool_pick(x, y, v, window, step, pad, ignoreBorder) {
  const plan = poolingOf(x, window, step, pad, ignoreBorder);
  const wide = widened(x, plan.around, lowest(x.dtype));
  const values = widened(v, plan.around);
  const [best, ties] = [packed(y).data, tiesOf(wide, y, plan)];
  const sums = new Float64Array(best.length);
  const size = sizeOf(plan.kernel);
  walk(pooledView(wide, plan), (place, i) => {
    const at = Math.floor(i / size);
    if (wide.data[place] === best[at]) sums[at] += values.data[place];
  });
  return new Tensor(KINDS[v.dtype].from(sums, (s, i) => s / ties[i]), y.shape, v.dtype);
}
