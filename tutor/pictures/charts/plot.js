/* A plot that is computed in the page: other values of its inputs, other ends of its axes.
 *
 * Comes after axes.js, reading.js and the program. Over one input there are curves, with derivatives
 * and a tangent to drag; over two, contours or a surface. What is drawn is as plot.py draws it.
 */

const [ACROSS, PLANES] = [241, [[25, 21], [37, 31], [61, 49]]]; // places of a curve; columns and rows of a plane
const PATIENT = 120; // milliseconds that may be spent on a plane
const BOXES = { upper: { left: 52, top: 58, right: 360, bottom: 226 }, lower: { left: 52, top: 276, right: 360, bottom: 402 }, square: { left: 52, top: 58, right: 360, bottom: 306 } };
const [FLOW, LONG, SHORT_] = [[9, 7], 20, 6]; // arrows of the gradient, across and up; pixels of one
const POLE = 4; // times the height that most of a curve has: so far an axis goes
const [TURN, TILT, HIGH] = [(35 * Math.PI) / 180, (28 * Math.PI) / 180, 0.62]; // of a surface
const MIDDLE = [190, 178]; // pixels of it
const SHEETS = 10; // tones

/* The values of all expressions at some places, each a number for each axis: a list of each. */
function valuesAt(places, inputs, axes) {
  const fixed = inputs.map(({ values, shape, dtype }) => new Tensor(Float64Array.from(values), shape, "float64").astype(dtype));
  const asked = (numbers) => evaluate(...fixed.map((value, i) => {
    const axis = axes.findIndex(({ input }) => input === i);
    return axis < 0 ? value : new Tensor(Float64Array.from(numbers[axis]), inputs[i].shape.map(() => numbers[axis].length), "float64").astype(inputs[i].dtype);
  })).map((found) => Array.from(packed(found).data, Number));
  if (inputs[axes[0].input].shape.length) return asked([places.map(([x]) => x)]);
  const rows = places.map((place) => asked(place.map((v) => [v])));
  return rows[0].map((_, k) => rows.map((row) => row[k][0]));
}

/* The ends of the axis of heights: a pole does not take all of it. */
function heightsOf(lines) {
  const finite = lines.flat().filter(Number.isFinite).sort((a, b) => a - b);
  if (!finite.length) return roomy(0, 1);
  const at = (share) => finite[Math.round(share * (finite.length - 1))];
  const room = finite.length > 8 ? POLE * (at(0.95) - at(0.05)) : 0;
  return room > 0 ? roomy(Math.max(finite[0], at(0.05) - room), Math.min(finite.at(-1), at(0.95) + room)) : roomy(finite[0], finite.at(-1));
}

/* A curve from gap to gap: where it is not finite, or jumps. */
function pieces(xs, ys, frame, style) {
  const tall = 2 * (frame.y.high - frame.y.low);
  const steps = [0, 0, ...ys.slice(1).map((y, i) => Math.abs(y - ys[i])), 0, 0];
  const jumps = (i) => steps[i + 2] > tall || (steps[i + 2] > tall / 50 && steps[i + 2] > 8 * Math.max(steps[i] || 0, steps[i + 4] || 0));
  const parts = [[]];
  ys.forEach((y, i) => {
    if (!Number.isFinite(y) || (i && jumps(i - 1))) parts.push([]);
    if (Number.isFinite(y)) parts.at(-1).push([xs[i], y]);
  });
  return parts.filter(({ length }) => length > 1).map((part) => ["line", style, frame.place(part), ""]);
}

/* What moves at a place: guides, tangents, dots, and what is read off there. */
function stopAt(frames, name, names, at, heights, slopes) {
  const [upper, lower] = frames;
  const inside = (frame, v) => (v >= frame.y.low && v <= frame.y.high ? frame.place([[at, v]]) : []);
  const x = upper.x.at(at);
  const marks = frames.map((frame) => [x, frame.y.end, x, frame.y.start]);
  marks.push([upper.box.left, 18, equation(name, at)]);
  heights.forEach((height, i) => {
    const dot = inside(upper, height);
    if (lower) marks.push(tangent(upper, { slope: [slopes[i]] }, dot));
    marks.push(dot, ...(lower ? [inside(lower, slopes[i])] : []));
  });
  const alone = names.length === 1;
  marks.push([155, 18, alone ? `value ${said(heights[0])}` : ""]);
  if (lower) marks.push([262, 18, alone ? `slope ${said(slopes[0])}` : ""]);
  const told_ = [...names.map((one, i) => `${one} ${said(heights[i])}`), ...slopes.map((slope) => `slope ${said(slope)}`)];
  return [marks, `${name} = ${said(at)}: ${told_.join(", ")}`];
}

/* Curves, their derivatives under them, and a tangent. */
function curves({ names, sloped }, [axis], values) {
  const xs = between_(axis.ends, ACROSS);
  const found = values(xs.map((x) => [x]));
  const heights = found.slice(0, names.length);
  const slopes = sloped ? found.slice(names.length).map((line, i) => line.map((v, k) => (Number.isFinite(heights[i][k]) ? v : NaN))) : [];
  const upper = new Frame(axis.ends, heightsOf(heights), false, sloped ? BOXES.upper : BOX);
  const frames = sloped ? [upper, new Frame(axis.ends, heightsOf(slopes), false, BOXES.lower)] : [upper];
  const layers = [upper.grid(sloped ? "" : axis.name, names.length === 1 ? names[0] : ""), upper.inside(...heights.flatMap((ys, i) => pieces(xs, ys, upper, look(i))))];
  if (sloped) layers.push(frames[1].grid(axis.name, `derivative with respect to ${axis.name}`), frames[1].inside(...slopes.flatMap((ys, i) => pieces(xs, ys, frames[1], look(i)))));
  if (names.length > 1) layers.push({ box: null, marks: keys(names, upper.box) });
  const several = names.length > 1;
  const hue = (i, alone) => (several ? `hue${i % HUES}` : alone);
  const marks = [...frames.map(() => ["line", "guide"]), ["text", "head"],
    ...names.flatMap((_, i) => [...(sloped ? [["line", several ? `steep ${hue(i)}` : "tangent"]] : []), ...frames.map(() => ["dots", hue(i, "now")])]),
    ["text", "head point"], ...(sloped ? [["text", "head slope"]] : [])];
  const stops = xs.map((x, k) => stopAt(frames, axis.name, names, x, heights.map((line) => line[k]), slopes.map((line) => line[k])));
  const { left, top, right, bottom } = frames.at(-1).box;
  const reading_ = { kind: "stops", box: [left, upper.box.top, right - left, bottom - upper.box.top], marks, rest: Math.round(0.7 * (ACROSS - 1)),
    at: xs.map((x) => upper.x.at(x)), stops: stops.map(([points]) => points), words: stops.map(([, words]) => words) };
  return [{ width: 380, height: Math.max(top, bottom) + 44, layers, reading: reading_ }];
}

/* The gradient at some places: where it leads, and how long it is beside the longest. */
function arrows(frame, axes, values, i, lines) {
  const inner = (ends, n) => between_(ends, n + 2).slice(1, -1);
  const places = inner(axes[1].ends, FLOW[1]).flatMap((y) => inner(axes[0].ends, FLOW[0]).map((x) => [x, y]));
  const slopes = values(places).slice(lines + 2 * i, lines + 2 * i + 2);
  const signs = scalesOf(frame).map(Math.sign);
  const sizes = places.map((_, k) => Math.hypot(slopes[0][k], slopes[1][k]));
  const longest = Math.max(0, ...sizes.filter(Number.isFinite));
  return places.flatMap((place, k) => {
    if (!(sizes[k] > 0 && sizes[k] < Infinity)) return [];
    const [x, y] = frame.place([place]);
    const long = SHORT_ + (LONG - SHORT_) * Math.sqrt(sizes[k] / longest);
    const [dx, dy] = slopes.map((line, d) => (signs[d] * line[k] * long) / sizes[k]);
    return [["line", "tangent thin", arrowOf([x, y], [dx, dy], 0.3, 0.2), ""]];
  });
}

/* A plane of heights of each expression, as many columns and rows as there is time for. */
function planes({ names, sloped, surface }, axes, values) {
  const before = performance.now();
  values(Array.from({ length: 12 }, () => axes.map(({ ends: [low] }) => low)));
  const one = (performance.now() - before) / 12;
  const [columns, rows] = PLANES.findLast(([c, r]) => c * r * one < PATIENT) ?? PLANES[0];
  const [xs, ys] = [between_(axes[0].ends, columns), between_(axes[1].ends, rows)];
  const found = values(ys.flatMap((y) => xs.map((x) => [x, y])));
  return names.map((name, i) => {
    const grid = ys.map((_, r) => found[i].slice(r * columns, (r + 1) * columns));
    if (surface) return sheet(name, axes, grid);
    const frame = new Frame(axes[0].ends, axes[1].ends, false, BOXES.square);
    const { left, top, right, bottom } = frame.box;
    const more = [["text", "head", [left, 18], cut(name)], ["text", "name", [12, top - 12], cut(axes[1].name)]];
    const marks = [...bands(grid, frame), ...(sloped ? arrows(frame, axes, values, i, names.length) : [])];
    const reading_ = { kind: "cells", box: [left, top, right - left, bottom - top], rows, columns, values: [...grid].reverse().flat(),
      name: cut(name, 16), axes: [frame.x.said(axes[0].name), frame.y.said(axes[1].name)] };
    return { width: 380, height: bottom + 44, layers: [frame.grid(axes[0].name, "", more), frame.inside(...marks)], reading: reading_ };
  });
}

/* Pixels of a place of the floor, from -½ to ½, whose height is a share of the whole. */
function seen([a, b, c]) {
  const [across, away] = [a * Math.cos(TURN) - b * Math.sin(TURN), a * Math.sin(TURN) + b * Math.cos(TURN)];
  const up = (c - 0.5) * HIGH * Math.cos(TILT) + away * Math.sin(TILT);
  return [MIDDLE[0] + 205 * across, MIDDLE[1] - 205 * up].map((v) => Math.round(10 * v) / 10);
}

/* Heights as a surface, from the back to the front. */
function sheet(name, axes, grid) {
  const finite = grid.flat().filter(Number.isFinite);
  const [low, high] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  const share = (v) => (v - low) / (high - low || 1);
  const every = Math.ceil((grid[0].length - 1) / 24);
  const coarse = grid.filter((_, i) => i % every === 0).map((row) => row.filter((_, j) => j % every === 0));
  const [rows, columns] = [coarse.length, coarse[0].length];
  const spot = (i, j) => [j / (columns - 1) - 0.5, i / (rows - 1) - 0.5, share(coarse[i][j])];
  const quads = [];
  for (let i = 0; i + 1 < rows; i += 1) {
    for (let j = 0; j + 1 < columns; j += 1) {
      const corners = [spot(i, j), spot(i, j + 1), spot(i + 1, j + 1), spot(i + 1, j)];
      const middle = corners.reduce((sum, [, , c]) => sum + c / 4, 0);
      const path = `M${corners.flatMap(seen).join(" ")}Z`;
      const [a, b] = corners[0];
      if (Number.isFinite(middle)) quads.push([a * Math.sin(TURN) + b * Math.cos(TURN), ["area", `sheet sheet${Math.min(Math.floor(middle * SHEETS), SHEETS - 1)}`, [], path]]);
    }
  }
  quads.sort(([a], [b]) => b - a);
  return { width: 380, height: 330, reading: null, layers: [{ box: null, marks: [["text", "head", [16, 28], cut(name)]] },
    { box: null, marks: [...sides(axes, low, high), ...quads.map(([, mark]) => mark)] }] };
}

/* The edges of the floor, with names and ends, and that of heights. */
function sides(axes, low, high) {
  const [near, right, far, left, top] = [[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0], [-0.5, 0.5, 1]].map(seen);
  const along_ = axes.flatMap(({ name, ends }, k) => [[0.1, said(ends[0]), "tick"], [0.5, cut(name, 8), "name"], [0.95, said(ends[1]), "tick"]]
    .map(([share, words, style]) => ["text", `${style} mid`, near.map((p, d) => p + share * ([right, left][k][d] - p) + [[8, -8][k], 18][d]), words]));
  return [["line", "frame", [...left, ...near, ...right], ""], ["line", "grid", [...left, ...far, ...right], ""], ["line", "frame", [...left, ...top], ""], ...along_,
    ["text", "tick end", [left[0] - 7, left[1] + 4], said(low, 3)], ["text", "tick end", [top[0] - 7, top[1] + 4], said(high, 3)]];
}

class Plotted {
  constructor(root) {
    this.inputs = TOLD.inputs.map((input) => ({ ...input, values: addressed(input.id, input.values) }));
    this.axes = TOLD.axes.map((axis, i) => {
      const ends = addressed(`axis${i}`, axis.ends);
      return { ...axis, ends: ends[0] < ends[1] ? ends : axis.ends };
    });
    this.said = element("div", { class: "tutor-aloud", role: "status", "aria-live": "polite" });
    this.stage = new Stage();
    this.readings = [];
    const turned = TOLD.turns.map((one) => ({ ...one, values: this.inputs.find(({ id }) => id === one.id).values }));
    const turn = turned.length ? turns(turned, (values) => this.put(values)) : "";
    root.append(turn, element("div", { class: "tutor-turns" }, ...this.axes.map((axis) => this.ends(axis))), this.stage.root, this.said);
    this.draw();
  }

  /* Two fields for the ends of an axis. */
  ends(axis) {
    const fields = axis.ends.map((value, i) => {
      const field = element("input", { type: "number", step: "any", value, "aria-label": `${axis.name} ${["from", "to"][i]}` });
      field.addEventListener("input", () => {
        const [low, high] = fields.map((one) => Number(one.value));
        if (!(low < high)) return;
        axis.ends = [low, high];
        this.keep();
      });
      return field;
    });
    return element("div", { class: "tutor-turn" }, element("b", {}, axis.name), "from", fields[0], "to", fields[1]);
  }

  put(values) {
    this.inputs = this.inputs.map((input) => ({ ...input, values: values[input.id] ?? input.values }));
    this.keep();
  }

  /* Draw, and put what one sees into the address. */
  keep() {
    address([...this.inputs.filter(({ id }) => id).map(({ id, values }) => `${id}=${values}`), ...this.axes.map(({ ends }, i) => `axis${i}=${ends}`)]);
    this.due ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.due = null;
    const values = (places) => valuesAt(places, this.inputs, this.axes);
    const panels = (this.axes.length === 1 ? curves : planes)(TOLD, this.axes, values);
    const places = this.readings.map(({ place }) => place);
    this.stage.set({ panels });
    this.stage.draw();
    this.readings = reading(this.stage.panels, panels.map((panel) => panel.reading), (words) => { this.said.textContent = words; });
    this.readings.forEach((one, i) => places[i] && one.show(places[i], false));
  }
}

document.querySelector(".tutor-before-plot").hidden = true;
globalThis.tutorPlotted = new Plotted(document.querySelector(".tutor-turned"));
