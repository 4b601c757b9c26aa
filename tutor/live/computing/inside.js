/* A run from the inside, computed in the page: its layers, how steep the loss is, what is held back.
 *
 * Comes after panels.js and before worker.js. A checkpoint is taken every so many steps; what costs
 * much is computed less often while a run goes on.
 */

const CHECKPOINTS = 32; // at most twice as many
const REST = 9; // times as long as it takes, nothing is computed anew while a run goes on
const [BINS, SAMPLE] = [24, 20000]; // of a histogram; numbers that are counted
const THIRD = { size: [253, 196], box: { left: 40, top: 34, right: 243, bottom: 158 } }; // of a small panel
const LINE_ = between_([-0.25, 1.5], 29); // of the way from the start to where it is
const ROOM = [between_([-0.4, 1.4], 19), between_([-0.9, 0.9], 15)]; // of the plane around it

class Inside {
  constructor(run, told) {
    Object.assign(this, { run, ...told });
    this.held &&= this.held.map((i) => TENSORS[i]);
  }

  forget() {
    Object.assign(this, { times: [], stride: 1, kept: null, when: 0, took: 0, ways: [] });
    this.first = this.looked();
    this.begun = this.floats.map((key) => parameters[key]);
    this.check();
  }

  /* What pictures are drawn over, at this step. */
  get data() { return this.run.data.steady ? this.run.seen : this.run.batch(this.run.losses.length); }

  looked() { return Object.values(called("layers0", ...this.data)); }

  /* The loss with other values of what is trained, or over other data. */
  loss(values, data = this.data) {
    const now = this.floats.map((key) => parameters[key]);
    this.floats.forEach((key, i) => { parameters[key] = values[i]; });
    const found = number(first(called(this.run.loss, ...data)));
    this.floats.forEach((key, i) => { parameters[key] = now[i]; });
    return found;
  }

  /* What is told of a step; every other is forgotten when there are many. */
  told(step) {
    const norms = Object.values(called("norms0", ...this.data)).map(number);
    return { step, norms, held: this.held ? this.loss(this.now, this.held) : NaN, at: this.now };
  }

  get now() { return this.floats.map((key) => parameters[key]); }

  check() {
    const step = this.run.losses.length;
    if (step % this.stride) return;
    this.times.push(this.told(step));
    if (this.times.length <= 2 * CHECKPOINTS) return;
    this.stride *= 2;
    this.times = this.times.filter((one) => one.step % this.stride === 0);
  }

  /* All checkpoints, and where it is. */
  get moments() {
    const { length } = this.run.losses;
    return this.times.at(-1).step === length ? this.times : [...this.times, this.told(length)];
  }

  /* Panels for what is asked for, drawn anew when it is time. */
  drawn(ended) {
    const clock = performance.now();
    if (this.kept && !ended && clock < this.when + REST * this.took) return this.kept;
    this.looks = this.looked();
    this.seen = this.moments;
    this.kept = this.panels.map(([kind, place]) => INSIDE[kind](this, place));
    this.when = performance.now();
    this.took = this.when - clock;
    return this.kept;
  }

  mixed(share) {
    return this.begun.map((old, i) => shaped(old, old.data.map((v, k) => v + share * (this.now[i].data[k] - v))));
  }
}

function some(tensor) {
  const flat = numbersOf(tensor);
  const every = Math.max(1, Math.ceil(flat.length / SAMPLE));
  return flat.filter((v, i) => i % every === 0 && Number.isFinite(v));
}

function counted(values, low, high) {
  const counts = new Array(BINS).fill(0);
  for (const v of values) if (v >= low && v <= high) counts[Math.min(BINS - 1, Math.floor(((v - low) / (high - low)) * BINS))] += 1;
  return counts.map((n) => n / Math.max(1, values.length));
}

/* How many numbers lie where: now as bars, at the start as a line. */
function histogram(title, old, now) {
  const [before, after] = [some(old), some(now)];
  const all = [...before, ...after];
  const [low, high] = all.length ? roomy(all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))) : [0, 1];
  const counts = [before, after].map((values) => counted(values, low, high));
  const frame = new Frame([low, high], [0, Math.max(...counts.flat(), 1e-9)], false, THIRD.box);
  const edges = between_([low, high], BINS + 1);
  const bars = counts[1].map((n, i) => (n ? `M${frame.place([[edges[i], 0], [edges[i], n], [edges[i + 1], n], [edges[i + 1], 0]]).join(" ")}Z` : "")).join("");
  const line = frame.place(counts[0].flatMap((n, i) => [[edges[i], n], [edges[i + 1], n]]));
  const { left, right, bottom } = THIRD.box;
  const ticks = frame.x.ticks(3).map(([x, words]) => ["text", "tick mid", [x, bottom + 16], words]);
  return { width: THIRD.size[0], height: THIRD.size[1], layers: [{ box: null, marks: [["text", "head", [left, 22], cut(title, 28)], ["area", "bars", [], bars],
    ["line", "before", line, ""], ["line", "frame", [left, bottom, right, bottom], ""], ...ticks] }] };
}

/* The norm of the gradient of each weight, by step. */
function norms({ seen, names }) {
  const all = seen.flatMap((one) => one.norms).filter((v) => v > 0 && Number.isFinite(v)).map(Math.log10);
  const low = all.length ? Math.floor(Math.min(...all)) : 0;
  const frame = new Frame([0, Math.max(1, seen.at(-1).step)], [low, Math.max(all.length ? Math.ceil(Math.max(...all)) : 0, low + 1)], true);
  const curves_ = names.map((_, i) => ["line", look(i), frame.place(seen.filter((one) => one.norms[i] > 0).map((one) => [one.step, one.norms[i]])), ""]);
  return panelOf([["head", "norm of the gradient (logarithmic)"]], frame.grid("step", ""), frame.inside(...curves_), { box: null, marks: keys(names, frame.box) });
}

/* The loss along the line from the start to where it is, and on. */
function way(inside) {
  const losses = LINE_.map((share) => inside.loss(inside.mixed(share)));
  const finite = losses.filter(Number.isFinite);
  const frame = new Frame([LINE_[0], LINE_.at(-1)], finite.length ? roomy(Math.min(...finite), Math.max(...finite)) : [0, 1]);
  const at = [0, 1].map((share) => frame.place([[share, inside.loss(inside.mixed(share))]]));
  return panelOf([], frame.grid("from the start (0) to now (1)", "loss along a line"), frame.inside(
    ["line", "curve", frame.place(LINE_.map((share, i) => [share, losses[i]])), ""], ["dots", "start", at[0], ""], ["dots", "now", at[1], ""]));
}

function product_(a, b) { return a.reduce((sum, v, i) => sum + v * b[i], 0); }

/* The loss over a plane through the start, where it is, and the middle of its way. */
function surroundings(inside) {
  const flat = (tensors) => tensors.flatMap(numbersOf);
  const start = flat(inside.begun);
  const ways = inside.seen.map(({ at }) => flat(at).map((v, i) => v - start[i]));
  const along_ = ways.at(-1);
  const size = product_(along_, along_) || 1;
  const aside = ways.map((one) => one.map((v, i) => v - (product_(one, along_) / size) * along_[i]));
  const lengths = aside.map((one) => product_(one, one));
  let far = aside[lengths.indexOf(Math.max(...lengths))];
  if (!far.some(Boolean)) far = far.map((_, i) => Math.sin(i + 1) - (product_(far.map((__, k) => Math.sin(k + 1)), along_) / size) * along_[i]);
  const scale = Math.sqrt(size / (product_(far, far) || 1));
  const up = far.map((v) => v * scale);
  const moved = (a, b) => {
    let from = 0;
    return inside.begun.map((like) => {
      const part = start.slice(from, from + like.size).map((v, i) => v + a * along_[from + i] + b * up[from + i]);
      from += like.size;
      return shaped(like, part);
    });
  };
  const [across, high] = ROOM;
  const frame = new Frame([across[0], across.at(-1)], [high[0], high.at(-1)]);
  const grid = high.map((b) => across.map((a) => inside.loss(moved(a, b))));
  const path = frame.place(ways.map((one) => [product_(one, along_) / size, product_(one, up) / size]));
  return panelOf([], frame.grid("from the start (0) to now (1)", "loss over a plane"), frame.inside(...bands(grid, frame),
    ["line", "path", path, ""], ["dots", "start", path.slice(0, 2), ""], ["dots", "now", path.slice(-2), ""]));
}

/* Images side by side, of an array of three or four dimensions. */
function tilesBy(shape) {
  const [height, width] = shape.slice(-2);
  const count = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return shape.length > 2 ? { count: Math.min(count, 144), height, width, pixel: [height * width, 1] } : null;
}

const INSIDE = {
  activations: ({ first: old, looks, names }, i) => histogram(`${names[i]}: activations`, old[i], looks[i]),
  weights: ({ run, weights, names }, i) => histogram(`${names[i]}: weights`, run.firsts[weights[i]], parameters[weights[i]]),
  gradients: norms,
  filters: ({ weights, names }, i) => sheetOf(parameters[weights[i]], tilesBy(parameters[weights[i]].shape), names[i]),
  features: ({ looks, names }, i) => sheetOf(looks[i].at(0), tilesBy(looks[i].shape.slice(1)), `${names[i]}: first example`),
  shown: ({ looks, names, shown }, i) => sheetOf(looks[names.length + i], tilesBy(looks[names.length + i].shape), shown[i]),
  line: way,
  plane: surroundings,
};
