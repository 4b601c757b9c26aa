/* The panels of a run that is computed in the page: the loss by step, and what is drawn beside it.
 *
 * Comes after axes.js; each takes the runs as worker.js keeps them and gives a panel of a scene.
 */

const CURVE = 300; // points of a curve at most
const TRAIL = 24; // last places that have a dot of their own
const GRID = [25, 37, 61, 97]; // columns of the loss over two numbers, two thirds as many rows
const PATIENT = 250; // milliseconds that may be spent on them, at least where they stay as they are
const FIELD = [61, 38]; // of a plane, where the model is asked
const TONES = [0, 0.2, 0.4, 0.6, 0.8]; // of a margin in probability

/* So many of a list, evenly, the last among them: [place, value] each. */
function thinned(values, most) {
  const stride = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, values.length) / most)));
  const found = [];
  for (let i = 0; i < values.length; i += stride) found.push([i, values[i]]);
  if ((values.length - 1) % stride) found.push([values.length - 1, values.at(-1)]);
  return found;
}

/* The loss of every step, of one run or of several. */
function lossPanel(runs, log, steps) {
  const lines = runs.map(({ losses, now }) => [...thinned(losses, CURVE), ...(Number.isFinite(now) ? [[losses.length, now]] : [])]);
  const held = (runs[0].within?.held && runs[0].within.seen.map((one) => [one.step, one.held])) || [];
  const first = Math.max(...lines.map((line) => line[0]?.[1] ?? 0));
  const limit = runs.length > 1 ? 3 * first * (log ? 1e4 : 1) : LARGEST;
  const seen = [...lines.flat(), ...held].map(([, loss]) => loss).filter((v) => Math.abs(v) <= limit && (!log || v > 0));
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const ends = !seen.length ? [0, 1] : log ? [Math.floor(Math.log10(low)), Math.max(Math.ceil(Math.log10(high)), Math.floor(Math.log10(low)) + 1)] : roomy(low, high);
  const frame = new Frame([0, Math.max(10, ticksRoom(steps))], ends, log);
  const marks = runs.length > 1
    ? lines.map((line, i) => ["line", look(i), frame.place(line), ""])
    : [["line", "curve", frame.place(lines[0]), ""], ...heldBack(held, frame), ["dots", "now", frame.place(lines[0].slice(-1)), ""]];
  const head = [["head", `step ${steps}`], ...(runs.length > 1 ? [] : [["head", Number.isFinite(runs[0].now) ? `loss ${said(runs[0].now)}` : ""]])];
  return { panel: panelOf(head, frame.grid("step", "loss"), frame.inside(...marks)), heights: frame.y };
}

/* The loss on what is held back. */
function heldBack(points, frame) {
  return points.length ? [["line", "lane hue1 dash1", frame.place(points), ""], ["text", "head hue1", [BOX.right - 68, BOX.top + 12], "held back"]] : [];
}

function ticksRoom(steps) { return steps <= 10 ? 10 : roundUp(steps * 1.05); }

/* The legend of a race. */
function legend(runs) {
  const entries = runs.map(({ name, now, problem, losses }, i) => {
    const y = 18 + 22 * i;
    const words = `${cut(name, 24)}: ${problem ? `out of range at step ${losses.length}` : `loss ${said(now, 3)}`}`;
    return [["line", look(i), [16, y - 4, 52, y - 4], ""], ["text", `head hue${i % HUES}`, [60, y], String(i + 1)],
      ["text", "plain", [78, y], cut(words)]];
  });
  return { width: SIZE[0], height: 14 + 22 * runs.length, layers: [{ box: null, marks: entries.flat() }] };
}

/* The point of a run in a race, with its number over it. */
function numbered(i, [x, y]) {
  const there = x !== undefined;
  return [["dots", `now hue${i % HUES}`, there ? [x, y] : [], ""],
    ["text", `head mid hue${i % HUES}`, there ? [x, y - 9] : [0, 0], there ? String(i + 1) : ""]];
}

/* The loss over one number: a curve, the point on it, its slope, the next step. */
function landscape(runs, { axes: [ends], names: [name], title }) {
  const [one] = runs;
  const xs = between_(ends, 121);
  const heights = one.curve(xs.map((x) => [x]));
  const finite = heights.filter(Number.isFinite);
  const frame = new Frame(ends, finite.length ? roomy(Math.min(...finite), Math.max(...finite)) : [0, 1]);
  const curve = frame.place(xs.map((x, i) => [x, heights[i]]));
  const marks = [["line", runs.length > 1 ? "grey" : "curve", curve, ""]];
  const head = [];
  runs.forEach((run, i) => {
    const here = run.here();
    const at = frame.place([[here.at[0], here.loss]]);
    const came = run.path.slice(-TRAIL - 1, -1);
    const trail = frame.place(one.curve(came).map((loss, k) => [came[k][0], loss]));
    if (runs.length > 1) {
      marks.push(["dots", `trail hue${i % HUES}`, trail, ""], ...numbered(i, at));
      return;
    }
    const there = run.next();
    const walk = at.length && Number.isFinite(there[0]) ? [...at, frame.x.at(there[0]), at[1], ...frame.place([[there[0], run.curve([there])[0]]])] : [];
    marks.push(["dots", "trail", trail, ""], ["line", "tangent", tangent(frame, here, at), ""], ["line", "walk", walk, ""],
      ["dots", "next", walk.slice(-2), ""], ["dots", "now", at, ""]);
    head.push(["head point", equation(name, here.at[0])], ["head slope", here.slope ? `slope ${said(here.slope[0])}` : ""]);
  });
  return panelOf(head, frame.grid(name, title), frame.inside(...marks));
}

/* So many columns and rows as there is time for. */
function fineness(run) {
  const before = performance.now();
  const here = run.path.at(-1);
  run.curve(Array.from({ length: 12 }, () => here));
  const [one, least] = [(performance.now() - before) / 12, run.steady ? PATIENT : PATIENT / 10];
  const columns = GRID.findLast((n) => (n * n * 2) / 3 * one < least) ?? GRID[0];
  return [columns, Math.round((columns * 2) / 3)];
}

/* The loss over two numbers: tones and lines of equal height, the ways of the runs. */
function contours(runs, { axes, names, title }) {
  const [one] = runs;
  const frame = new Frame(...axes);
  const marks = one.kept("contours", () => bands(gridOver(axes, fineness(one), (points) => one.curve(points)), frame));
  const moving = [];
  const head = [];
  runs.forEach((run, i) => {
    const here = run.here();
    const at = frame.place([here.at]);
    const way = frame.place(thinned(run.path, 400).map(([, point]) => point));
    moving.push(["line", runs.length > 1 ? look(i) : "path", way, ""]);
    if (runs.length > 1) {
      moving.push(...numbered(i, at));
      return;
    }
    const walk = frame.place([here.at, run.next()]);
    moving.push(["dots", "trail", frame.place(run.path.slice(-TRAIL)), ""], ["line", "tangent", arrow(frame, run, here, at), ""],
      ["line", "walk", walk, ""], ["dots", "next", walk.slice(2), ""], ["dots", "now", at, ""],
      ["dots", "start", frame.place(run.path.slice(0, 1)), ""]);
    head.push(...names.map((name, k) => ["head point", equation(name, here.at[k])]));
  });
  const up = ["text", "name end", [BOX.left - 7, BOX.top - 12], cut(names[1], 5)];
  return panelOf(head, frame.grid(names[0], title, [up]), frame.inside(...marks), frame.inside(...moving));
}

/* An arrow against the gradient: shorter where it is flatter. */
function arrow(frame, run, { slope }, [x, y]) {
  const size = slope ? Math.hypot(...slope) : 0;
  if (x === undefined || !(size > 0) || !Number.isFinite(size)) return [];
  run.steep ??= size;
  const length = 42 * Math.min(1, (size / run.steep) ** 0.25);
  const scales = scalesOf(frame);
  const way = slope.map((s, i) => -s * scales[i]);
  const far = Math.hypot(...way);
  if (!(far > 0 && far < Infinity)) return [];
  const [dx, dy] = way.map((v) => v / far);
  return arrowOf([x, y], [length * dx, length * dy], 0.32, 0.16);
}

/* The points of the data, and the curve that the model draws through them. */
function fit([run], { places, points, truth: t, name, ends }) {
  const frame = new Frame([places[0], places.at(-1)], ends);
  const x = points.flat();
  const [curve, held] = [run.predict(places.map((v) => [v])), run.predict(x.map((v) => [v]))];
  const guides = x.length <= 60 ? x.map((v, i) => ["line", "guide", frame.place([[v, t[i]], [v, held[i][0]]]), ""]) : [];
  const head = run.scalars().slice(0, 2).map(([called, value]) => ["head", equation(called, value)]);
  return panelOf(head, frame.grid(name, "predicted, and the data"), frame.inside(...guides,
    ["line", "curve", frame.place(places.map((v, i) => [v, curve[i][0]])), ""],
    ["dots", "case case1", frame.place(x.map((v, i) => [v, t[i]])), ""]));
}

/* Margins of each class over the next: positive where it wins. */
function marginsOf(scores, known) {
  return scores.map((row) => {
    const each_ = row.length === 1 ? known.map((label) => -Math.abs(row[0] - label)) : row;
    const sorted = [...each_].sort((a, b) => b - a);
    return each_.map((score) => score - (score === sorted[0] ? sorted[1] : sorted[0]));
  });
}

function winner(margins) { return margins.indexOf(Math.max(...margins)); }

/* The plane in the colours of the classes, their borders, and the data. */
function boundary([run], { axes, points, truth, known, labelled }) {
  const frame = new Frame(...axes);
  const margins = gridOver(axes, FIELD, (places) => marginsOf(run.predict(places), known));
  const sure = margins.flat(2).every((v) => Math.abs(v) <= 1);
  const height = (v) => (sure ? Math.atanh(Math.max(-1 + 1e-15, Math.min(1 - 1e-15, v))) : v);
  const marks = [];
  known.forEach((_, k) => {
    const grid = margins.map((row) => row.map((margin) => height(margin[k])));
    TONES.forEach((tone, i) => marks.push(["area", `tone${i} class${k % HUES}`, [], higher(grid, Math.atanh(tone) * (sure ? 1 : 2), frame)]));
    if (known.length > 2 || k === 0) marks.push(["area", "level border", [], lineAt(grid, 0, frame)]);
  });
  const own = marginsOf(run.predict(points), known).map(winner);
  const classes = labelled ? truth : own;
  const right = own.filter((k, i) => k === truth[i]).length;
  const title = labelled ? `predicted: ${right} of ${points.length} points on their side` : "predicted";
  const shown = points.slice(0, 400);
  const cases = known.map((_, k) => ["dots", `case case${k % HUES}`, frame.place(shown.filter((__, i) => classes[i] === k)), ""]);
  const up = ["text", "name end", [BOX.left - 7, BOX.top - 12], "x2"];
  return panelOf([], frame.inside(...marks), frame.grid("x1", title, [up]), frame.inside(...cases));
}

/* The numbers that are watched, step by step. */
function values([run], { watched }) {
  const lines = watched.map((_, k) => thinned(run.path.map((at) => at[k]), CURVE));
  const seen = lines.flat().map(([, v]) => v).filter((v) => Math.abs(v) < LARGEST);
  const frame = new Frame([0, Math.max(10, ticksRoom(run.path.length - 1))], seen.length ? roomy(Math.min(...seen), Math.max(...seen)) : [0, 1]);
  const head = watched.slice(0, 3).map((name, k) => [`head hue${k % HUES}`, equation(name, run.path.at(-1)[k])]);
  return panelOf(head, frame.grid("step", "watched"), frame.inside(
    ...lines.map((line, k) => ["line", look(k), frame.place(line), ""])));
}

/* The numbers of an array as tones: rows of a matrix, or each column as a small image. */
function sheet([run], { key, tiles, title }) { return sheetOf(run.value(key), tiles, title); }

function sheetOf(array, tiles, title) {
  const numbers = Array.from(packed(array).data, Number);
  const top = numbers.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
  const rows = tilesOf(array.shape, numbers, tiles);
  const zoom = Math.min((BOX.right - BOX.left) / rows[0].length, (BOX.bottom - BOX.top) / rows.length);
  const place = [BOX.left, BOX.top, zoom * rows[0].length, zoom * rows.length];
  return panelOf([["head", cut(title)], ["head", ""], ["head", `±${said(top, 2)}`]],
    { box: null, marks: [["image", "pixels", place, bitmap(rows, top)]] });
}

/* The images that are not recognized, the surest first, each with its label and the guess. */
function mistakes([run], { images, labels, size: [height, width] }) {
  const tensor = TENSORS[images];
  const numbers = numbersOf(tensor);
  const top = numbers.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
  const ink = numbers.some((v) => v < 0) ? 0xd55e00 : 0;
  const scores = run.scores(tensor).map((row) => (row.length === 1 ? [1 - row[0], row[0]] : row));
  const guess = scores.map((row) => row.indexOf(Math.max(...row)));
  const sure = (k) => scores[k][guess[k]];
  const wrong = labels.map((_, k) => k).filter((k) => guess[k] !== labels[k]).sort((a, b) => sure(b) - sure(a));
  const head = `${wrong.length} of ${labels.length} wrong${wrong.length ? ": label → guess" : ""}`;
  const marks = Array.from({ length: 10 }, (_, i) => { // always as many, so that little changes
    const [k, x, y] = [wrong[i], 24 + 68 * (i % 5), BOX.top + 94 * Math.floor(i / 5)];
    const start = (k * numbers.length) / labels.length;
    const pixels = k === undefined ? [null] : numbers.slice(start, start + height * width);
    return [["image", "pixels", [x, y, 58, 58], bitmap(tilesOf([height, pixels.length === 1 ? 1 : width], pixels), top, ink)],
      ["text", "tick mid", [x + 29, y + 74], k === undefined ? "" : `${labels[k]} → ${guess[k]}`]];
  });
  return panelOf([], { box: null, marks: [["text", "head", [BOX.left, BOX.top - 12], head], ...marks.flat()] });
}

/* The rows of a picture: of the matrix itself, or of images side by side, with an empty line between. */
function tilesOf(shape, numbers, tiles) {
  if (!tiles) {
    const columns = shape.length === 2 ? shape[1] : numbers.length;
    return Array.from({ length: numbers.length / columns }, (_, i) => numbers.slice(i * columns, (i + 1) * columns));
  }
  const { count, height, width, pixel } = tiles;
  const across = Math.ceil(Math.sqrt(count * 1.4));
  const down = Math.ceil(count / across);
  const rows = Array.from({ length: down * (height + 1) - 1 }, () => new Array(across * (width + 1) - 1).fill(null));
  for (let k = 0; k < count; k += 1) {
    const [top, left] = [Math.floor(k / across) * (height + 1), (k % across) * (width + 1)];
    for (let i = 0; i < height; i += 1) {
      for (let j = 0; j < width; j += 1) rows[top + i][left + j] = numbers[pixel[0] * k + pixel[1] * (i * width + j)];
    }
  }
  return rows;
}

const PANELS = { landscape, contours, fit, boundary, values, weights: sheet, images: sheet, mistakes };
