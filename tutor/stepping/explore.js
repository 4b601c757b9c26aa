/* Steps through an expression over its picture. All values came with the page: no kernel is asked. */
const PACE = 900; // milliseconds a step when playing
const ZOOM = 1.2;
const PHASES = { forward: "forward", seed: "backward", backward: "backward", done: "gradient", rule: "rewriting" };
const SVG = "http://www.w3.org/2000/svg";

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function html(text, attributes = {}) {
  const made = element("div", attributes);
  made.innerHTML = text;
  return made;
}

function button(label, title, pressed) {
  const made = element("button", { type: "button", title, "aria-label": title }, label);
  made.addEventListener("click", pressed);
  return made;
}

/* One picture: which of its nodes are lit, which are there yet; it can be zoomed and moved. */
class Graph {
  constructor({ caption, svg }) {
    this.root = html(svg, { class: "tutor-show" });
    this.figure = element("figure", {}, element("figcaption", {}, caption), this.root);
    this.svg = this.root.querySelector("svg");
    this.nodes = new Map();
    for (const node of this.svg.querySelectorAll("[data-node]")) this.nodes.set(node.dataset.node, node);
    this.edges = [...this.svg.querySelectorAll("[data-edge]")];
    this.home = this.svg.getAttribute("viewBox");
    this.labels = new Map();
    this.move();
  }

  get box() {
    return this.svg.getAttribute("viewBox").split(" ").map(Number);
  }

  zoom(factor, px, py) {
    const [x, y, w, h] = this.box;
    const bounds = this.svg.getBoundingClientRect();
    const fx = px === undefined ? 0.5 : (px - bounds.left) / bounds.width;
    const fy = py === undefined ? 0.5 : (py - bounds.top) / bounds.height;
    this.svg.setAttribute("viewBox", [x + fx * w * (1 - factor), y + fy * h * (1 - factor), w * factor, h * factor].join(" "));
  }

  move() {
    let held = null;
    this.svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? ZOOM : 1 / ZOOM, event.clientX, event.clientY);
    }, { passive: false });
    this.svg.addEventListener("pointerdown", (event) => {
      held = { x: event.clientX, y: event.clientY, box: this.box };
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (!held || !event.buttons) return;
      const scale = held.box[2] / this.svg.getBoundingClientRect().width;
      const [x, y, w, h] = held.box;
      this.svg.setAttribute("viewBox", [x - (event.clientX - held.x) * scale, y - (event.clientY - held.y) * scale, w, h].join(" "));
    });
    this.svg.addEventListener("pointerup", () => { held = null; });
    this.svg.addEventListener("dblclick", () => this.svg.setAttribute("viewBox", this.home));
  }

  mark(id, name, on) {
    this.nodes.get(id)?.classList.toggle(name, on);
  }

  /* A small text beside a node: its value, or what arrived at it. */
  label(id, text, gradient) {
    const key = `${id}${gradient ? "g" : ""}`;
    let label = this.labels.get(key);
    const node = this.nodes.get(id);
    if (!node || (!text && !label)) return;
    if (!label) {
      const box = node.querySelector(".tutor-shape").getBBox();
      label = document.createElementNS(SVG, "text");
      label.setAttribute("class", `tutor-at${gradient ? " tutor-gradient" : ""}`);
      label.setAttribute("x", box.x + box.width + 3);
      label.setAttribute("y", box.y + (gradient ? box.height + 4 : 4));
      node.append(label);
      this.labels.set(key, label);
    }
    if (label.textContent !== text) label.textContent = text;
  }

  near(id, on) {
    this.mark(id, "tutor-hover", on);
    for (const edge of this.edges) {
      const { from, to } = edge.dataset;
      if (from !== id && to !== id) continue;
      edge.classList.toggle("tutor-feeds", on);
      this.mark(from === id ? to : from, "tutor-feeds", on);
    }
  }
}

class Explorer {
  constructor(story, el) {
    this.story = story;
    this.graphs = story.graphs.map((graph) => new Graph(graph));
    this.place = -1;
    this.timer = null;
    this.build(el);
    this.births();
    for (const graph of this.graphs) this.listen(graph);
    this.go(story.start);
  }

  build(el) {
    const { story } = this;
    this.first = button("|◀", "To the start (Home)", () => this.go(0));
    this.before = button("◀", "One step back (left arrow)", () => this.go(this.place - 1));
    this.play = button("▶ Play", "Play (space)", () => this.toggle());
    this.next = button("▶", "One step on (right arrow)", () => this.go(this.place + 1));
    this.last = button("▶|", "To the end (End)", () => this.go(story.steps.length - 1));
    this.scrub = element("input", { type: "range", min: 0, max: Math.max(0, story.steps.length - 1), "aria-label": "Step" });
    this.scrub.addEventListener("input", () => this.go(Number(this.scrub.value)));
    this.count = element("span", { class: "tutor-count" });
    this.search = element("input", { type: "search", placeholder: "find a name", "aria-label": "Find a node by name" });
    this.search.addEventListener("input", () => this.find(this.search.value));
    const zoom = [button("+", "Larger", () => this.zoom(1 / ZOOM)), button("−", "Smaller", () => this.zoom(ZOOM))];
    const bar = element("div", { class: "tutor-bar" }, this.first, this.before, this.play, this.next,
      this.last, this.scrub, this.count, ...(story.graphs.length ? [this.search, ...zoom] : []));
    this.told = element("div", { class: "tutor-told tutor-show", role: "status", "aria-live": "polite" });
    this.about = element("div", { class: "tutor-about tutor-show" });
    const stage = element("div", { class: "tutor-stage" }, ...this.graphs.map((graph) => graph.figure));
    this.root = element("div", { class: "tutor-explore", role: "group", tabindex: "0", "aria-label": `Step through: ${story.title}` },
      html(story.formulas, { class: "tutor-show" }), bar, this.told, stage, this.about);
    // JupyterLab's own keys are silent where this attribute is.
    this.root.dataset.lmSuppressShortcuts = "true";
    this.root.addEventListener("keydown", (event) => this.key(event));
    el.append(this.root);
  }

  /* The step at which each node of each picture is there: known, computed, or grown. */
  births() {
    const [forward, backward] = [new Map(), new Map()];
    this.story.steps.forEach((step, i) => {
      if (step.phase === "forward" && !forward.has(step.node)) forward.set(step.node, i);
      for (const id of step.grown) if (!backward.has(id)) backward.set(id, i);
    });
    this.computed = forward;
    this.grown = backward;
  }

  /* A constant without a name is drawn beside what uses it, and comes with that. */
  birth(id) {
    const user = id.split("-");
    const key = user.length === 3 ? `n${user[1]}` : id;
    return this.grown.get(key) ?? this.grown.get(id) ?? -1;
  }

  listen(graph) {
    for (const [id, node] of graph.nodes) {
      node.setAttribute("tabindex", "-1");
      const show = () => { this.point(id, true); this.describe(id); };
      const hide = () => this.point(id, false);
      node.addEventListener("pointerenter", show);
      node.addEventListener("pointerleave", hide);
      node.addEventListener("focus", show);
      node.addEventListener("blur", hide);
      node.addEventListener("click", () => this.visit(id));
    }
  }

  point(id, on) {
    for (const graph of this.graphs) graph.near(id, on);
  }

  /* Go to the step about a node: the next one from here, or else the first. */
  visit(id) {
    const places = this.story.steps.flatMap((step, i) => (step.node === id ? [i] : []));
    if (places.length) this.go(places.find((i) => i > this.place) ?? places[0]);
  }

  describe(id) {
    const node = this.story.nodes[id];
    if (!node) return;
    this.about.replaceChildren(element("b", {}, node.name ?? id));
    if (node.what && node.what !== node.name) this.about.append(` = ${node.what}`);
    if (node.type) this.about.append(` : ${node.type}`);
    if (node.value) this.about.append(html(`value ${node.value}`));
    if (node.cotangent) this.about.append(html(`derivative of the result with respect to it ${node.cotangent}`));
    if (node.origin) this.about.append(html("", {}), element("code", {}, node.origin));
  }

  find(text) {
    const wanted = text.trim().toLowerCase();
    let found = 0;
    for (const [id, node] of Object.entries(this.story.nodes)) {
      const hit = wanted !== "" && (node.name ?? "").toLowerCase().includes(wanted);
      found += hit;
      for (const graph of this.graphs) graph.mark(id, "tutor-found", hit);
      if (hit && found === 1) this.describe(id);
    }
    if (wanted && !found) this.about.textContent = `No node is called “${text.trim()}”.`;
  }

  zoom(factor) {
    for (const graph of this.graphs) graph.zoom(factor);
  }

  toggle() {
    if (this.timer) return this.stop();
    if (this.place >= this.story.steps.length - 1) this.go(0);
    this.timer = setInterval(() => {
      if (this.place >= this.story.steps.length - 1 || !this.root.isConnected) return this.stop();
      this.go(this.place + 1);
    }, PACE);
    this.play.textContent = "⏸ Pause";
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "▶ Play";
  }

  key(event) {
    // The notebook would take the arrows for itself.
    event.stopPropagation();
    if (event.target === this.search || event.ctrlKey || event.metaKey || event.altKey) return;
    const { length } = this.story.steps;
    const to = { ArrowRight: this.place + 1, ArrowLeft: this.place - 1, Home: 0, End: length - 1 }[event.key];
    if (event.target === this.scrub && to === undefined && event.key !== " ") return;
    if (event.key === " " && event.target.tagName !== "BUTTON") this.toggle();
    else if (event.key === "+" || event.key === "-") this.zoom(event.key === "+" ? 1 / ZOOM : ZOOM);
    else if (to !== undefined) this.go(to);
    else return;
    event.preventDefault();
  }

  go(place) {
    const { steps } = this.story;
    const to = Math.min(Math.max(place, 0), steps.length - 1);
    if (to < 0 || to === this.place) return;
    this.place = to;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    const { steps } = this.story;
    const step = steps[this.place];
    const back = step.phase !== "forward";
    const [expression, derivative] = this.graphs;
    if (!expression) return this.say(step);
    for (const [id, node] of expression.nodes) {
      const known = this.computed.get(id) ?? -1;
      node.classList.toggle("tutor-later", known > this.place);
      node.classList.toggle("tutor-lit", id === step.node);
      node.classList.toggle("tutor-back", id === step.node && back);
      node.classList.toggle("tutor-bad", id === step.node && step.wrong);
    }
    if (derivative) this.grow(derivative);
    const shown = new Map();
    steps.slice(0, this.place + 1).forEach(({ phase, node, short }) => {
      if (phase !== "seed") shown.set(`${phase === "forward" ? "" : "g"}${node}`, short);
    });
    for (const id of expression.nodes.keys()) {
      expression.label(id, shown.get(id) ?? "", false);
      expression.label(id, shown.get(`g${id}`) ?? "", true);
    }
    this.say(step);
  }

  grow(derivative) {
    for (const [id, node] of derivative.nodes) {
      const birth = this.birth(id);
      node.classList.toggle("tutor-unborn", birth > this.place);
      node.classList.toggle("tutor-fresh", birth === this.place);
    }
    for (const edge of derivative.edges) {
      const birth = Math.max(this.birth(edge.dataset.from), this.birth(edge.dataset.to));
      edge.classList.toggle("tutor-unborn", birth > this.place);
    }
  }

  say(step) {
    const { steps } = this.story;
    this.told.innerHTML = step.html;
    this.told.dataset.phase = step.phase;
    this.told.classList.toggle("tutor-wrong", Boolean(step.wrong));
    if (step.wrong) this.told.append(html("", {}), this.story.verdict);
    this.count.textContent = `${this.place + 1} of ${steps.length}, ${PHASES[step.phase]}`;
    this.scrub.value = this.place;
    this.scrub.setAttribute("aria-valuetext", step.words);
    this.root.dataset.step = this.place;
    this.first.disabled = this.before.disabled = this.place === 0;
    this.next.disabled = this.last.disabled = this.place === steps.length - 1;
  }
}

function render({ model, el }) {
  const explorer = new Explorer(model.get("story"), el);
  return () => explorer.stop();
}

export default { render };
