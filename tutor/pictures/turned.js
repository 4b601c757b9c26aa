/* Inputs turned in the page: the values are computed here, and put where the marks are.
 *
 * Comes after explore.js and bitmap.js. TOLD has what is said with a mark, ⟦7⟧ or ⟦7+9⟧, for each value: of each choice
 * of branches, where there are some.
 */

const DECADES = 6; // between the thickest edge and the thinnest
const CELLS = 20; // of a small image

/* A number in four digits, as Python writes it. */
function four(value, digits = 4) {
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const rounded = Number(value.toPrecision(digits));
  const exponent = Math.floor(Math.log10(Math.abs(rounded)) + 1e-12);
  if (exponent >= -4 && exponent < digits) return String(rounded);
  const [mantissa, power] = rounded.toExponential().split("e");
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

function spelled(value, dtype, digits) {
  if (dtype === "bool") return value ? "True" : "False";
  return four(dtype.startsWith("float") ? Number(value) : String(value), digits);
}

/* A value in words: its numbers where they are few, else its shape and its range. */
function words({ data, shape, dtype }) {
  if (data.length <= 12) {
    const nested = (axis, start, size) => (axis === shape.length ? spelled(data[start], dtype)
      : `[${Array.from({ length: shape[axis] }, (_, i) => nested(axis + 1, start + (i * size) / shape[axis], size / shape[axis])).join(", ")}]`);
    return nested(0, 0, data.length);
  }
  const numbers = Array.from(data, Number).filter(Number.isFinite);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const head = shape.length === 1 ? `vector of ${shape}` : `${dtype} array, ${shape.join("×")}`;
  return `${head}, from ${four(low)} to ${four(high)}, mean ${four(mean)}`;
}

function signed(text) { return text.replaceAll("-", "−").replaceAll("e−", "e-"); }

/* What stands on an edge: lines, and an image of an array. */
function flowing(value) {
  const { data, shape, dtype } = value;
  if (!shape.length) return { lines: [signed(spelled(data[0], dtype))], image: "" };
  const numbers = Array.from(data, Number);
  const finite = numbers.every(Number.isFinite);
  const ends = [Math.min(...numbers), Math.max(...numbers)].map((v) => signed(four(v + 0, 2)));
  const range = !finite ? (numbers.some(Number.isNaN) ? "nan" : "inf") : ends[0] === ends[1] ? ends[0] : ends.join(" … ");
  const said = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  return { lines: [said, ...(data.length ? [range] : [])], image: shape.length <= 2 ? small(numbers, shape) : "" };
}

/* A vector or a matrix as a small image; of what is not negative, in ink. */
function small(numbers, shape) {
  const [rows, columns] = shape.length === 1 ? [1, shape[0]] : shape;
  if (!rows || !columns) return "";
  const [down, across] = [rows, columns].map((n) => Math.ceil(n / CELLS));
  const seen = Array.from({ length: Math.ceil(rows / down) }, (_, i) => numbers
    .slice(i * down * columns, (i * down + 1) * columns).filter((__, j) => j % across === 0));
  const top = Math.max(...numbers.map(Math.abs).filter(Number.isFinite)) || 1;
  return bitmap(seen, top, numbers.some((v) => v < 0) ? undefined : 0);
}

/* The sum of several values of one shape, or one alone. */
function summed(values, mark) {
  const [first, ...others] = mark.split("+").map((i) => values[i]);
  if (!others.length) return first;
  return { ...first, data: Array.from(first.data, (v, i) => others.reduce((s, { data }) => s + Number(data[i]), Number(v))) };
}

const MARK = /⟦([\d+]+)⟧/g;

function filled(part, put) {
  if (typeof part === "string") return part.replace(MARK, (_, mark) => put(mark));
  if (Array.isArray(part)) return part.map((one) => filled(one, put));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, filled(one, put)]));
}

/* The same flow with what stands there now, after the sign that it may have. */
function renewed(flow, values) {
  const [, sign, mark] = /^(.*?)⟦([\d+]+)⟧$/.exec(flow.lines[0] ?? "") ?? [];
  if (mark === undefined) return flow;
  const now = summed(values, mark);
  const { lines, image } = flowing(now);
  const size = Math.max(0, ...Array.from(now.data, (v) => Math.abs(Number(v))).filter(Number.isFinite));
  return { ...flow, lines: [sign + lines[0], ...lines.slice(1)], image, size };
}

/* What stands in a node: a sum of arrays is not written out. */
function inNode(text, values) {
  const marks = [...text.matchAll(MARK)].map(([, mark]) => summed(values, mark));
  const told = marks.map((value) => flowing(value).lines[0]);
  if (marks.length > 1 && marks.some(({ shape }) => shape.length)) return `∂ ${told.at(-1)}, sum of ${marks.length - 1}`;
  let i = 0;
  return text.replace(MARK, () => told[i++]);
}

const ABOVE = /((?:<mrow>)?<mo[^>]*>\(<\/mo>|\()?(<mn>)?(70\d\d(?:\.5)?)(?:<\/mn>)?/g;
const BELOW = /((?:<mrow>)?<mo[^>]*>\(<\/mo>|\()?(?:<mo>−<\/mo><mn>|[-−])(70\d\d(?:\.5)?)/g;

/* A formula in which other numbers, `first` and on, stand for those of the inputs. Where these were
 * negative, `below` has parentheses around those that need them. */
function written(above, below, inputs) {
  const now = new Map(inputs.flatMap(({ values, first, dtype }) => values.map((v, i) => [
    String(first + i + (dtype.startsWith("float") ? 0.5 : 0)), Number(v.toFixed(4))])));
  const others = [...below.matchAll(BELOW)];
  let i = 0;
  return above.replace(ABOVE, (found, open = "", tag = "", number = "") => {
    const closed = others[i++]?.[1] && !open;
    if (!now.has(number)) return found;
    const value = now.get(number);
    if (!(value < 0)) return `${open}${tag}${value === 0 ? 0 : value}${tag && "</mn>"}`;
    const minus = tag ? `<mo>−</mo><mn>${-value}</mn>` : String(value);
    if (!closed) return open + minus;
    return tag ? `<mrow><mo stretchy="true">(</mo>${minus}<mo stretchy="true">)</mo></mrow>` : `(${minus})`;
  });
}

function broken(values, places) {
  return places.some((i) => !Array.from(values[i].data, Number).every(Number.isFinite));
}

/* The step from which nan or infinity comes, and where none went in. */
function begins(values, checks) {
  return checks.find(([, results, operands]) => broken(values, results) && !broken(values, operands));
}

/* All that the page says with these values of the inputs. */
function turned(inputs) {
  const values = evaluate(...inputs.map(({ values: own, shape, dtype }) => new Tensor(Float64Array.from(own), shape, "float64").astype(dtype)))
    .map((v) => ({ data: packed(v).data, shape: v.shape, dtype: v.dtype }));
  const said = (mark) => words(summed(values, mark));
  const taken = TOLD.choices.reduce((all, i) => 2 * all + (Number(values[i].data[0]) ? 1 : 0), 0);
  const { values: edges, sent, lines, mathematics, checks, ...rest } = TOLD.templates[taken];
  const found = filled(rest, said);
  if (!edges) return found;
  const flows = (list) => Object.fromEntries(Object.entries(list).map(([key, flow]) => [key, renewed(flow, values)]));
  const back = flows(sent);
  const most = Math.max(0, ...Object.values(back).map(({ size }) => size ?? 0));
  for (const flow of Object.values(back)) {
    flow.strength = flow.size && most ? Math.min(1, Math.max(0.04, 1 + Math.log10(flow.size / most) / DECADES)) : 0;
  }
  const [wrong, , , verdict, step] = begins(values, checks) ?? [];
  if (wrong) {
    Object.assign(found.steps[wrong], { wrong: true, html: filled(step, said) });
    found.verdict = verdict;
  }
  return { ...found, values: flows(edges), sent: back,
    lines: lines.map((side) => Object.fromEntries(Object.entries(side).map(([key, list]) => [key, list.map((text) => inNode(text, values))]))),
    mathematics: written(filled(mathematics, said), TOLD.below[taken], inputs) };
}

/* In place of the widget's model: what is turned is answered here, and kept in the address. */
class Turned {
  constructor() {
    this.count = 0;
    this.inputs = TOLD.inputs.map((input) => ({ ...input, values: addressed(input.id, input.values) }));
    const now = STORY.inputs.map((one) => ({ ...one, values: this.inputs.find(({ id }) => id === one.id).values }));
    this.story = { ...STORY, ...turned(this.inputs), inputs: now };
  }

  get(name) { return name === "story" ? this.story : this.numbers; }

  on(_, listener) { this.listener = listener; }

  set(_, numbers) {
    this.inputs = this.inputs.map((input) => ({ ...input, values: numbers[input.id] ?? input.values }));
  }

  save_changes() {
    this.numbers = { count: (this.count += 1), ...turned(this.inputs) };
    address(this.inputs.filter(({ id }) => id).map(({ id, values }) => `${id}=${values}`));
    queueMicrotask(() => this.listener());
  }
}

/* A page without steps: what is turned stands above it, and each value in its place. */
function placed(model) {
  const places = document.querySelectorAll("[data-value]");
  const put = ({ places: texts }) => places.forEach((place) => write(place, texts[place.dataset.value]));
  model.on("change:numbers", () => put(model.get("numbers")));
  const { inputs } = model.get("story");
  const turn = inputs.length ? turns(inputs, (numbers) => {
    model.set("turned", numbers);
    model.save_changes();
  }) : "";
  document.querySelector(".tutor-turned").append(turn);
  put(model.get("story"));
  reachable(document);
}

globalThis.tutorTurned = new Turned();
const before = document.querySelector(".tutor-before-explore");
if (before) {
  before.hidden = true;
  render({ model: globalThis.tutorTurned, el: document.body });
} else placed(globalThis.tutorTurned);
