/* A run that is computed in the page, in place of the kernel: it answers the player as Python does.
 *
 * Comes after player.js. The worker is made of the program that stands in the page; the state is in
 * the address, so that a link shows what one sees.
 */

class Computed {
  constructor(script) {
    this.listeners = {};
    this.worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.worker.onerror = (event) => this.receive({ kind: "frame", changes: [], state: { problem: event.message, playing: false } });
    const kept = new URLSearchParams(location.hash.slice(1));
    const value = (name) => (kept.get(name) ?? "").split(",").map(Number).filter(Number.isFinite);
    const start = kept.has("start") ? value("start") : null;
    const [rate] = kept.has("rate") ? value("rate") : [];
    const [step] = kept.has("step") ? value("step") : [0];
    const [batch] = kept.has("batch") ? value("batch") : [];
    const more = kept.get("more")?.split(";").map((row) => row.split(",").map(Number));
    if (kept.size) this.worker.postMessage({ do: "begin", value: { start, rate, step, batch, more, rule: kept.get("rule") } });
  }

  on(name, listener) { this.listeners[name] = listener; }

  off(name) { delete this.listeners[name]; }

  send(message) {
    this.worker.postMessage(message);
    if (["start", "rate"].includes(message.do)) this.moved = { ...this.moved, [message.do]: true };
    if (message.do === "reset") this.moved = { ...this.moved, step: true };
  }

  receive(message) {
    if (!message.state) return; // an answer to somebody else
    this.listeners["msg:custom"]?.(message);
    if (message.state.step !== undefined && !message.state.playing) this.keep(message.state);
  }

  /* Put what one sees into the address. */
  keep({ start, rate, step, batch, more, rule }) {
    const parts = [];
    if (batch) parts.push(`batch=${batch}`);
    if (more.length) parts.push(`more=${more.map((row) => row.join(",")).join(";")}`);
    if (rule) parts.push(`rule=${rule}`);
    if (step) parts.push(`step=${step}`);
    if (this.moved?.rate && rate) parts.push(`rate=${rate.value}`);
    if (this.moved?.start) parts.push(`start=${start.join(",")}`);
    address(parts);
  }
}

/* What else can be changed: the rule of a step, how many rows it takes, and the data, where they are points. */
class Data {
  constructor(computed) {
    this.computed = computed;
    this.root = element("div", { class: "tutor-controls tutor-data" });
    this.made = false;
    this.said = element("output");
    computed.worker.addEventListener("message", ({ data }) => data.state && this.show(data.state));
  }

  send(what, value) { this.computed.send({ do: what, value }); }

  show({ rows, classes, batch, rule, rules, added }) {
    if (added) this.said.textContent = added[0] < added[1] ? `${added[0]} of ${added[1]} rows were added; the others are not ${this.form}.` : "";
    if (this.made) return;
    this.made = true;
    if (rules.length) this.root.append(this.rules(rules, rule));
    if (rows) this.root.append(this.batches(rows, batch));
    if (classes) this.root.append(...this.points(classes));
  }

  rules(rules, rule) {
    const select = element("select", { "aria-label": "The rule of a step" }, ...["", ...rules].map((name) => element("option", { value: name }, name || "as written")));
    select.value = rule;
    select.addEventListener("change", () => this.send("rule", select.value));
    return element("label", {}, "Rule", select);
  }

  batches(rows, batch) {
    const sizes = [0, ...[1, 4, 16, 32, 64, 128, 256].filter((n) => n < rows)];
    const select = element("select", { "aria-label": "Rows that a step takes" }, ...sizes.map((n) => element("option", { value: n }, n ? `${n} rows` : `all ${rows} rows`)));
    select.value = sizes.includes(batch) ? batch : 0;
    select.addEventListener("change", () => this.send("batch", Number(select.value)));
    return element("label", {}, "A step takes", select);
  }

  /* Points by a click, by the keyboard, or from a table; without classes each has a target. */
  points(classes) {
    const kinds = classes.length ? classes.map((k) => `class ${k}`) : ["a point"];
    const select = element("select", { "aria-label": "What a click adds" }, ...["nothing", ...kinds].map((name, i) => element("option", { value: i - 1 }, name)));
    const [form, of] = classes.length ? ["x1 x2 class", `two numbers and a class (${classes.join(", ")})`] : ["x target", "two numbers"];
    this.form = of;
    const field = element("textarea", { rows: 1, cols: 22, placeholder: `${form}, or a table`, "aria-label": `Points to add: ${form}, a row each` });
    const add = () => {
      const rows = field.value.split("\n").filter((row) => row.trim());
      if (rows.length) this.send("add", { table: rows.map((row) => row.trim().split(/[\s,;]+/).map(Number)) });
      field.value = "";
    };
    const more = element("button", { type: "button" }, "Add");
    more.addEventListener("click", add);
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        add();
      }
    });
    const less = element("button", { type: "button" }, "Take the last away");
    less.addEventListener("click", () => this.send("add", { last: true }));
    document.addEventListener("pointerdown", (event) => {
      const panel = event.target.closest?.(".tutor-scene > svg:first-of-type");
      if (!panel || Number(select.value) < 0) return;
      const { left, top, width } = panel.getBoundingClientRect();
      const zoom = panel.viewBox.baseVal.width / width;
      this.send("add", { pixels: [(event.clientX - left) * zoom, (event.clientY - top) * zoom, Number(select.value)] });
    });
    return [element("label", {}, "A click adds", select), field, more, less, this.said];
  }
}

document.querySelector(".tutor-before-player").hidden = true;
globalThis.tutorComputed = new Computed(document.getElementById("tutor-program").textContent);
const data = new Data(globalThis.tutorComputed);
render({ model: globalThis.tutorComputed, el: document.body });
document.body.append(data.root);
