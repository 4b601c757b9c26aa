/* Runs that are trained in the page: here, beside it, so that it never waits.
 *
 * Comes after the module of the functions, axes.js, changes.js and panels.js. TOLD says which function is what;
 * what the player sends is done as Python does it, and scenes go back.
 */

const SPEEDS = [1, 2, 5, 10, 30, 100, 1000, Infinity]; // steps a second
const SLICE = 12; // milliseconds of steps at a time
const FRAME = 16; // milliseconds between two frames, at least
const AHEAD = 2; // frames that the page may not have drawn yet

function called(name, ...args) { return self.functions[name](...args); }

function first(found) { return found instanceof Tensor ? found : Object.values(found)[0]; }

function numbersOf(tensor) { return Array.from(packed(tensor).data, Number); }

/* Numbers for the place of a tensor: of its dtype and shape. */
function shaped(like, numbers) {
  return new Tensor(Float64Array.from(numbers), like.shape, "float64").astype(like.dtype);
}

/* 0 … n-1 in an order that belongs to a number. */
function shuffled(n, number_) {
  const order = Array.from({ length: n }, (_, i) => i);
  let state = (number_ + 1) * 0x9e3779b9;
  for (let i = n - 1; i > 0; i -= 1) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

class Run {
  constructor(told) {
    Object.assign(this, told);
    this.firsts = Object.fromEntries(this.changes.map((key) => [key, parameters[key]]));
    this.firstRate = this.rate && parameters[this.rate.key];
    this.seen = this.data.seen.map((i) => TENSORS[i]);
    this.within = this.inside && new Inside(this, this.inside);
    this.reset();
  }

  /* The arguments of a step; batches come round again when there are no more. Of fixed data so many
   * rows, where that was asked for: all of them once, in another order each time. */
  batch(step) {
    const { batches, rows } = this.data;
    const all = batches[step % batches.length].map((i) => TENSORS[i]);
    if (!this.size || !rows.length) return all;
    const n = all[rows[0]].shape[0];
    const count = Math.max(1, Math.floor(n / this.size));
    const start = (step % count) * this.size;
    const chosen = array(shuffled(n, Math.floor(step / count)).slice(start, start + this.size), { dtype: "int64" });
    return all.map((x, i) => (rows.includes(i) ? take(x, chosen, 0) : x));
  }

  /* How many rows the data have that steps may take some of. */
  get rows() {
    const { batches, rows } = this.data;
    return rows.length ? TENSORS[batches[0][rows[0]]].shape[0] : 0;
  }

  /* More points of the plane with their labels, or without the last. */
  change(points, labels) {
    const { edit, batches, seen } = this.data;
    for (const [place, more] of [[edit.points, points], [edit.labels, labels]]) {
      const old = TENSORS[batches[0][place]];
      const shape = [more.length, ...old.shape.slice(1)];
      const added = new Tensor(Float64Array.from(more.flat()), shape, "float64").astype(old.dtype);
      TENSORS.push(more.length ? concatenate([old, added], { axis: 0 }) : old.at(slice(0, -1)));
      batches[0][place] = TENSORS.length - 1;
      if (place in seen) seen[place] = TENSORS.length - 1;
    }
    this.seen = seen.map((i) => TENSORS[i]);
  }

  reset() {
    Object.assign(parameters, this.firsts);
    Object.assign(this, { losses: [], problem: null, cache: this.cache ?? {}, steep: undefined });
    this.path = [this.at()];
    this.look();
    this.within?.forget();
  }

  /* The numbers whose way is kept. */
  at() { return this.follows.flatMap((key) => numbersOf(parameters[key])); }

  begin(numbers) {
    if (numbers.length !== this.path[0].length || !numbers.every(Number.isFinite)) return;
    let start = 0;
    for (const key of this.follows) {
      const { size } = parameters[key];
      const own = numbers.slice(start, start + size);
      if (key in this.firsts) this.firsts[key] = shaped(parameters[key], own);
      start += size;
    }
    this.reset();
  }

  /* The loss of a step, as it was written, or by another rule from the slopes. */
  stepped(batch) {
    if (!this.rule) return first(called(this.train, ...batch));
    const [loss, ...slopes] = called("slopes", ...batch);
    called(this.rule, ...slopes);
    return loss;
  }

  step() {
    const loss = number(this.stepped(this.batch(this.losses.length)));
    this.losses.push(loss);
    this.path.push(this.at());
    this.within?.check();
    if (!Number.isFinite(loss) || this.path.at(-1).some((v) => !Number.isFinite(v))) {
      this.problem = `step ${this.losses.length} went out of range: the loss is ${said(loss)}. Make the steps smaller, or start elsewhere.`;
    }
  }

  /* The loss of the values as they are, over what pictures are drawn over. */
  look() {
    const seen = this.data.steady ? this.seen : this.batch(this.losses.length);
    this.now = number(first(called(this.loss, ...seen)));
    this.drawn = seen;
  }

  /* The loss and its slopes at a point of the map. */
  place(at) {
    const [loss, ...slopes] = called(this.map.loss, ...this.split(at), ...this.drawn);
    return { at, loss: number(loss), slope: slopes.length ? slopes.flatMap(numbersOf) : null };
  }

  /* A point as the arguments of functions over it: numbers, or one vector. */
  split(at) {
    return this.map.vector ? [shaped({ shape: [at.length], dtype: this.map.dtypes[0] }, at)]
      : at.map((v, i) => scalar(v, "float64").astype(this.map.dtypes[i]));
  }

  here() { return this.place(this.path.at(-1)); }

  /* Where the step leads, as it was written; no way is drawn of another rule. */
  next() {
    if (this.rule) return this.path.at(-1);
    const found = called(this.map.next, ...this.split(this.path.at(-1)), ...this.batch(this.losses.length));
    return found.flatMap(numbersOf);
  }

  curve(points) { return points.map((at) => this.place(at).loss); }

  /* What a model says of points: a row of numbers each. */
  predict(points) {
    const { ndim, dtype } = this.model;
    const shape = ndim === 1 ? [points.length] : [points.length, points[0].length];
    return this.scores(shaped({ shape, dtype }, points.flat()));
  }

  scores(tensor) {
    const flat = numbersOf(called(this.model.name, tensor));
    const width = flat.length / tensor.shape[0];
    return Array.from({ length: tensor.shape[0] }, (_, i) => flat.slice(i * width, (i + 1) * width));
  }

  scalars() { return this.model.scalars.map(([key, name]) => [name, number(parameters[key])]); }

  value(key) { return parameters[key]; }

  /* What is drawn anew only after a reset, or where the loss changes at every step. */
  kept(name, made) {
    return this.steady ? (this.cache[name] ??= made()) : made();
  }

  get steady() { return this.data.steady && !this.map.moving; }
}

class Player {
  constructor() {
    this.runs = TOLD.runs.map((told) => new Run(told));
    Object.assign(this, { playing: false, speed: TOLD.speed, log: false, shown: null, flying: 0, due: 0, owed: 0, goal: null, more: [] });
    [this.one] = this.runs;
    const { edit, batches } = this.one.data;
    if (!edit) return;
    const [points, labels] = [edit.points, edit.labels].map((i) => TENSORS[batches[0][i]]);
    const [width, flat] = [points.shape[1] ?? 1, numbersOf(points)];
    TOLD.view.points = flat.filter((_, i) => i % width === 0).map((_, i) => flat.slice(width * i, width * (i + 1)));
    if (!TOLD.view.known) TOLD.view.truth = numbersOf(labels);
  }

  get steps() { return Math.max(...this.runs.map(({ losses }) => losses.length)); }

  get left() { return this.runs.filter(({ problem }) => !problem); }

  get problem() { return this.left.length ? null : this.runs[0].problem; }

  advance() {
    for (const run of this.left) run.step();
  }

  hear({ do: what, value }) {
    if (what === "bye") return;
    if (what === "losses") {
      postMessage({ losses: this.runs.map(({ losses }) => losses) });
      return;
    }
    if (what === "ack") {
      this.flying = Math.max(0, this.flying - (value ?? 1));
      return;
    }
    if (["pause", "step", "reset", "start", "rule"].includes(what)) Object.assign(this, { playing: false, goal: null });
    if (what === "hello") this.shown = null;
    this.added = null;
    if (what === "speed") this.speed = value;
    if (what === "log") this.log = !this.log;
    if (what === "step" && !this.problem) this.advance();
    if (what === "reset") for (const run of this.runs) run.reset();
    if (what === "rate") this.setRate(value);
    if (what === "start") this.startAt(value);
    if (what === "begin") this.restore(value);
    if (what === "batch") this.setBatch(value);
    if (what === "rule") this.setRule(value);
    if (what === "add") this.add(value);
    if (what === "numbers") for (const run of this.runs) run.begin(value);
    if (what === "play") this.play();
    this.tell();
  }

  play() {
    if (this.playing || this.problem) return;
    Object.assign(this, { playing: true, before: performance.now(), owed: 1 });
    clearTimeout(this.timer);
    this.turn();
  }

  setBatch(value) {
    for (const run of this.runs) run.size = Number.isInteger(value) && value > 0 && value < run.rows ? value : 0;
  }

  setRate(value) {
    for (const { rate } of this.runs) {
      if (rate) parameters[rate.key] = scalar(value, "float64").astype(parameters[rate.key].dtype);
    }
  }

  /* Another rule, from the start on. */
  setRule(value) {
    for (const run of this.runs) {
      run.rule = run.rules.includes(value) ? value : "";
      run.reset();
    }
  }

  /* Another start, at a place of the scene. */
  startAt([x, y]) {
    const frame = new Frame(...(TOLD.view.axes.length === 2 ? TOLD.view.axes : [TOLD.view.axes[0], [0, 1]]));
    const at = TOLD.view.axes.length === 2 ? [frame.x.value(x), frame.y.value(y)] : [frame.x.value(x)];
    for (const run of this.runs) run.begin(at);
  }

  /* More points, each with its class or with what a model should say there: where a hand pressed, or
   * from a table; or the last one less. What is no such row is not added, and counted. */
  add({ pixels, table, last }) {
    if (!this.one.data.edit) return;
    const { view } = TOLD;
    const { known, points, truth } = view;
    const frame = new Frame(...(known ? view.axes : [[view.places[0], view.places.at(-1)], view.ends]));
    const rows = pixels ? [[frame.x.value(pixels[0]), frame.y.value(pixels[1]), ...(known ? [known[pixels[2]]] : [])]] : table ?? [];
    const width = points[0].length + 1;
    const good = rows.filter((row) => row.length === width && row.every(Number.isFinite) && (known?.includes(row[2]) ?? true));
    if (table) this.added = [good.length, rows.length];
    if (!good.length && !(last && points.length > 2)) return;
    this.one.change(good.map((row) => row.slice(0, -1)), good.map((row) => row.at(-1)));
    if (last) for (const list of [points, truth, this.more]) list.pop();
    points.push(...good.map((row) => row.slice(0, -1)));
    truth.push(...good.map((row) => known?.indexOf(row[2]) ?? row.at(-1)));
    this.more.push(...good);
  }

  /* What the address says: where the run starts, how fast it learns, how many steps it has made. */
  restore({ start, rate, step, batch, more, rule }) {
    if (rule) this.setRule(rule);
    this.setBatch(batch);
    if (more) this.add({ table: more });
    if (rate) this.setRate(rate);
    if (start) for (const run of this.runs) run.begin(start);
    if (step > this.steps) this.goal = Math.floor(step);
    if (this.goal) this.play();
  }

  turn() {
    if (!this.playing) return;
    const now = performance.now();
    const limit = Math.min(this.goal ? Infinity : SPEEDS[this.speed], 1e9);
    this.owed = Math.min(this.owed + ((now - this.before) / 1000) * limit, 1 + limit / 4);
    this.before = now;
    const until = now + SLICE;
    while (this.owed >= 1 && performance.now() < until && !this.problem && this.steps !== this.goal) {
      this.advance();
      this.owed -= 1;
    }
    if (this.problem || this.steps === this.goal) Object.assign(this, { playing: false, goal: null });
    if (!this.playing || (now >= this.due && this.flying < AHEAD)) {
      this.tell();
      this.due = now + FRAME;
    }
    if (this.playing) this.timer = setTimeout(() => this.turn(), Math.max(0, Math.min((1 - this.owed) * (1000 / limit), 50)));
  }

  /* The scene at this moment. */
  panels() {
    for (const run of this.runs) run.look();
    const more = this.one.within?.drawn(!this.playing) ?? [];
    const { panel } = lossPanel(this.runs, this.log, this.steps);
    const beside = PANELS[TOLD.kind]?.(this.runs, TOLD.view);
    return [...(beside ? [beside] : []), panel, ...(this.runs.length > 1 ? [legend(this.runs)] : []), ...more];
  }

  tell() {
    const panels = this.panels();
    const changes = this.shown && difference(this.shown, panels);
    this.shown = panels;
    this.flying += 1;
    const { rate } = this.one;
    const state = {
      playing: this.playing, step: this.steps, words: this.words(), title: TOLD.title, log: this.log,
      rate: rate && { name: rate.name, low: rate.low, high: rate.high, value: number(parameters[rate.key]) },
      speed: this.speed, speeds: SPEEDS.map((s) => (s === Infinity ? "no limit" : `${s} a second`)),
      ground: TOLD.ground, problem: this.problem, readings: panels.map(() => null),
      start: this.one.path[0], betterLog: false, batch: this.one.size ?? 0, more: this.more,
      rows: this.one.rows, rule: this.one.rule ?? "", rules: this.one.rules,
      classes: this.one.data.edit ? TOLD.view.known ?? [] : null, added: this.added,
    };
    postMessage({ ...(changes ? { kind: "frame", changes } : { kind: "scene", panels }), state });
  }

  words() {
    const count = `${this.steps} step${this.steps === 1 ? "" : "s"}`;
    const losses = this.runs.map(({ name, now }) => `${name ? `${name}: ` : ""}loss ${said(now)}`);
    return `${TOLD.title} after ${count}; ${losses.join("; ")}. Computed in this page${TOLD.note}.`;
  }
}

const player = new Player();
onmessage = ({ data }) => player.hear(data);
