/* Numbers on axes, and the frame around a plot: axes.py of the charts, for pages that compute. */

const BOX = { left: 52, top: 58, right: 360, bottom: 246 }; // of a plot in a panel, in pixels
const SIZE = [380, 286]; // of a panel
const OFFSIDE = 5; // times its length beyond its ends an axis goes on
const LARGEST = 1e300; // numbers that are drawn
const HUES = 6;
const LEVELS = 9;

/* A number with so many significant digits, as it is read. */
function said(value, digits = 4) {
  if (Math.abs(value) === Infinity) return value > 0 ? "∞" : "−∞";
  if (Number.isNaN(value)) return "nan";
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  const plain = exponent >= -4 && exponent < digits;
  const text = plain ? String(Number(value.toPrecision(digits)))
    : String(Number(value.toPrecision(digits)).toExponential()).replace("e+", "e");
  return text.replaceAll("-", "−");
}

function clean(value) { return Number(value.toPrecision(10)); }

/* The next of 1, 2, 5, 10, 20, … that is at least as large. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return clean([1, 2, 5, 10, 20].map((step) => step * power).find((v) => v >= value * (1 - 1e-9)));
}

/* Round numbers between two, about so many. */
function ticksOf(low, high, about = 4) {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const step = roundUp((high - low) / (about + 1));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => clean((first + i) * step));
}

/* The ends of an axis for these values: round, and 0 where 0 is near. */
function roomy(lowest, high) {
  if (!Number.isFinite(high - lowest)) return [lowest, high];
  if (high <= lowest) {
    const pad = Math.abs(lowest) * 0.1 || 1;
    return [lowest - pad, high + pad];
  }
  const low = lowest > 0 && lowest < 0.4 * high ? 0 : lowest;
  const step = roundUp((high - low) / 10);
  return [clean(Math.floor(low / step + 1e-9) * step), clean(Math.ceil(high / step - 1e-9) * step)];
}

/* A scale from numbers to pixels; of a logarithmic one, the ends are exponents. */
class Axis {
  constructor([low, high], start, end, log = false) {
    Object.assign(this, { low, high, start, end, log });
  }

  at(value) {
    const v = this.log ? (value > 0 ? Math.log10(value) : this.low - 1) : value;
    const share = Math.min(Math.max((v - this.low) / (this.high - this.low), -OFFSIDE), 1 + OFFSIDE);
    return Math.round(10 * (this.start + (Number.isNaN(share) ? 1 + OFFSIDE : share) * (this.end - this.start))) / 10;
  }

  /* The value at a pixel, as a person would say it. */
  value(pixel) {
    const share = Math.min(Math.max((pixel - this.start) / (this.end - this.start), 0), 1);
    const digits = Math.max(0, 2 - Math.floor(Math.log10(this.high - this.low)));
    return Number((this.low + share * (this.high - this.low)).toFixed(Math.min(digits, 20)));
  }

  ticks(about) {
    if (!this.log) return ticksOf(this.low, this.high, about).map((v) => [this.at(v), said(v, 6)]);
    const [first, last] = [Math.ceil(this.low - 1e-9), Math.floor(this.high + 1e-9)];
    const step = Math.max(1, Math.ceil((last - first) / 6));
    const found = [];
    for (let v = first; v <= last; v += step) {
      found.push([this.at(10 ** v), Math.abs(v) > 3 ? `1e${said(v)}` : said(10 ** v)]);
    }
    return found;
  }

  said(name) { return [name, this.low, this.high, this.start, this.end, this.log]; }
}

/* Two axes and the rectangle between them. */
class Frame {
  constructor(x, y, log = false, box = BOX) {
    this.box = box;
    this.x = new Axis(x, box.left, box.right);
    this.y = new Axis(y, box.bottom, box.top, log);
  }

  /* The pixels of points [x, y], one after the other; those that are not finite are left out. */
  place(points) {
    return points.filter(([x, y]) => Math.abs(x) < LARGEST && Math.abs(y) < LARGEST)
      .flatMap(([x, y]) => [this.x.at(x), this.y.at(y)]);
  }

  /* The grid with its numbers and the names of the axes. */
  grid(xName, yName, more = []) {
    const { left, top, right, bottom } = this.box;
    const marks = [
      ...this.y.ticks(4).flatMap(([y, label]) => [["line", "grid", [left, y, right, y], ""], ["text", "tick end", [left - 7, y + 4], label]]),
      ...this.x.ticks(5).flatMap(([x, label]) => [["line", "grid", [x, bottom, x, top], ""], ["text", "tick mid", [x, bottom + 16], label]]),
      ["line", "frame", [left, top, left, bottom, right, bottom], ""],
      ["text", "name mid", [(left + right) / 2, bottom + 34], cut(xName)],
      ["text", "head", [left, top - 12], cut(yName)],
    ];
    return { box: null, marks: [...marks, ...more] };
  }

  /* Marks that are cut off at the edge of the plot. */
  inside(...marks) {
    const room = 7;
    const { left, top, right, bottom } = this.box;
    return { box: [left - room, top - room, right - left + 2 * room, bottom - top + 2 * room], marks };
  }
}

function cut(words, most = 44) { return words.length <= most ? words : `${words.slice(0, most - 1)}…`; }

function equation(name, value) { return `${cut(name, 9)} = ${said(value)}`; }

/* A panel: what is read off at its top, each with a style, over its layers. */
function panelOf(head, ...layers) {
  const places = [BOX.left, 200, 300];
  const marks = head.map(([style, words], i) => ["text", style, [places[i], 18], words]);
  const [width, height] = SIZE;
  return { width, height, layers: [{ box: null, marks }, ...layers] };
}

/* What of a grid of heights (rows of numbers, the first at the bottom) is higher than a level: cell
 * by cell the part inside, between corners and where the edges are crossed. */
function higher(grid, level, frame) {
  const parts = [];
  cells(grid, frame, (corners) => {
    const ring = corners.flatMap((corner, i) => {
      const next = corners[(i + 1) % 4];
      const points = corner[2] >= level ? [corner.slice(0, 2)] : [];
      if ((corner[2] >= level) !== (next[2] >= level)) points.push(crossing(corner, next, level));
      return points;
    });
    if (ring.length) parts.push(`M${ring.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join(" ")}Z`);
  });
  return parts.join("");
}

/* The line of equal height, as pieces through cells. */
function lineAt(grid, level, frame) {
  const parts = [];
  cells(grid, frame, (corners) => {
    const ends = corners.flatMap((corner, i) => {
      const next = corners[(i + 1) % 4];
      return (corner[2] >= level) === (next[2] >= level) ? [] : [crossing(corner, next, level)];
    });
    for (let i = 0; i + 1 < ends.length; i += 2) {
      parts.push(`M${[...ends[i], ...ends[i + 1]].map((v) => v.toFixed(1)).join(" ")}`);
    }
  });
  return parts.join("");
}

function crossing([a, b, u], [c, d, v], level) {
  const t = (level - u) / (v - u);
  return [a + t * (c - a), b + t * (d - b)];
}

/* Call f with the four corners [x, y, height] of each cell, in pixels. */
function cells(grid, frame, f) {
  const [rows, columns] = [grid.length, grid[0].length];
  const { x, y } = frame;
  const across = (j) => x.start + (j / (columns - 1)) * (x.end - x.start);
  const up = (i) => y.start + (i / (rows - 1)) * (y.end - y.start);
  for (let i = 0; i + 1 < rows; i += 1) {
    for (let j = 0; j + 1 < columns; j += 1) {
      const corner = (r, c) => [across(c), up(r), grid[r][c]];
      const four = [corner(i, j), corner(i, j + 1), corner(i + 1, j + 1), corner(i + 1, j)];
      if (four.every(([, , height]) => Number.isFinite(height))) f(four);
    }
  }
}

/* Numbers in equal steps between two ends. */
function between_([low, high], n) { return Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1)); }

/* What f says of the places of a rectangle, all at once: row by row from the bottom. */
function gridOver([across, up], [columns, rows], f) {
  const [xs, ys] = [between_(across, columns), between_(up, rows)];
  const flat = f(ys.flatMap((y) => xs.map((x) => [x, y])));
  return ys.map((_, i) => flat.slice(i * columns, (i + 1) * columns));
}

/* Heights at which lines lie, so that half of them are over half of the plane. */
function levelsOf(heights) {
  const sorted = heights.flat().filter(Number.isFinite).sort((a, b) => a - b);
  const quantile = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [low, middle, high] = [sorted[0], quantile(0.5), quantile(0.97)];
  if (!(high > low)) return [];
  const power = Math.max(Math.log(Math.max((middle - low) / (high - low), 1e-9)) / Math.log(0.5), 1);
  return Array.from({ length: LEVELS }, (_, i) => low + (high - low) * ((i + 1) / (LEVELS + 1)) ** power);
}

/* Tones and lines of a grid of heights. */
function bands(grid, frame) {
  const levels = levelsOf(grid);
  return [...levels.map((level, i) => ["area", `band band${i}`, [], higher(grid, level, frame)]),
    ["area", "level", [], levels.map((level) => lineAt(grid, level, frame)).join("")]];
}

function scalesOf(frame) { return [frame.x, frame.y].map((axis) => (axis.end - axis.start) / (axis.high - axis.low)); }

/* A line of that slope through a place, so many pixels to each side, as far as it is in the frame. */
function tangent(frame, { slope }, [x, y]) {
  if (x === undefined || !slope || !Number.isFinite(slope[0])) return [];
  const [across, up] = scalesOf(frame);
  const steep = Math.max(-1e6, Math.min(1e6, (slope[0] * up) / across));
  const end = (side) => {
    const [wall, floor] = [side < 0 ? frame.x.start : frame.x.end, side * steep < 0 ? frame.y.end : frame.y.start];
    const share = Math.min(62 / Math.hypot(1, steep), Math.abs(wall - x), steep ? Math.abs((floor - y) / steep) : Infinity);
    return [x + side * share, y + side * share * steep];
  };
  return [...end(-1), ...end(1)].map((v) => Math.round(10 * v) / 10);
}

/* A line from a place along a way, with the head of an arrow: so far back and aside, in shares of it. */
function arrowOf([x, y], [dx, dy], back, aside) {
  const tip = [x + dx, y + dy];
  const [one, other] = [1, -1].map((s) => [tip[0] - back * dx - s * aside * dy, tip[1] - back * dy + s * aside * dx]);
  return [x, y, ...tip, ...one, ...tip, ...other].map((v) => Math.round(10 * v) / 10);
}

function look(i) { return `lane hue${i % HUES} dash${(i + Math.floor(i / HUES)) % HUES}`; }

/* Names beside lines of their looks, in a row over a plot. */
function keys(names, { left, right, top }) {
  const share = (right - left) / names.length;
  return names.flatMap((name, i) => [["line", `${look(i)} key`, [left + i * share, top - 16, left + i * share + 18, top - 16], ""],
    ["text", `head hue${i % HUES}`, [left + i * share + 22, top - 12], cut(name, Math.max(2, Math.floor((share - 26) / 7.3)))]]);
}
