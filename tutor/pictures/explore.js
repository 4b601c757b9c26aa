/* Steps through an expression over its picture. All values came with the page: no kernel is asked,
   save where inputs are turned: then it sends new numbers for the same picture. */
const PACE = 900; // milliseconds a step when playing
const SIDE = 110; // pixels of a plane
const [NARROW, GAP] = [720, 28]; // pixels of a stage that shows one picture at a time; between two
const PHASES = { given: "what goes in", forward: "forward", seed: "backward", backward: "backward", done: "gradient", rule: "rewriting" };

/* A plane for two numbers: its point is dragged, or goes by the arrow keys (with Shift ten steps). */
function plane(axes, turned) {
  const label = `${axes[0].name} to the right, ${axes[1].name} upwards: drag the point, or use the arrow keys`;
  const held = html(`<svg viewBox="-6 -6 ${SIDE + 12} ${SIDE + 12}"><rect width="${SIDE}" height="${SIDE}"/><path/>
    <text x="${SIDE - 4}" y="${SIDE - 5}" text-anchor="end"></text><text x="4" y="13"></text><circle r="6"/></svg>`,
    { class: "tutor-plane", tabindex: 0, role: "group", "aria-label": label, title: label });
  const [svg, lines, point] = ["svg", "path", "circle"].map((tag) => held.querySelector(tag));
  held.querySelectorAll("text").forEach((text, i) => { text.textContent = axes[i].name.slice(0, 14); });
  const clamp = (share) => Math.min(1, Math.max(0, share));
  const draw = () => {
    const [x, y] = axes.map(({ low, high, value }) => clamp((value() - low) / (high - low)) * SIDE);
    point.setAttribute("cx", x);
    point.setAttribute("cy", SIDE - y);
    lines.setAttribute("d", `M0 ${SIDE - y}H${SIDE}M${x} 0V${SIDE}`);
  };
  const go = (shares) => {
    axes.forEach(({ low, high, step, set }, i) => {
      const steps = Math.round((clamp(shares[i]) * (high - low)) / step);
      set(Number((low + steps * step).toPrecision(12)));
    });
    draw();
    turned();
  };
  const drag = (event) => {
    const { left, top, width, height } = svg.querySelector("rect").getBoundingClientRect();
    go([(event.clientX - left) / width, 1 - (event.clientY - top) / height]);
  };
  held.addEventListener("pointerdown", (event) => { held.setPointerCapture(event.pointerId); drag(event); });
  held.addEventListener("pointermove", (event) => { if (event.buttons) drag(event); });
  held.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    go(axes.map(({ low, high, step, value }, i) => (value() - low + by[i] * step * (event.shiftKey ? 10 : 1)) / (high - low)));
  });
  draw();
  return { held, draw };
}

/* Inputs to turn: a slider for a number, a plane too for two, a cell for each number of a small array. */
function turns(inputs, changed) {
  const numbers = Object.fromEntries(inputs.map(({ id, values }) => [id, [...values]]));
  const axes = [];
  let pair = null;
  const rows = inputs.map(({ id, name, shape, values, low, high, step }) => {
    const cells = values.map((value, i) => {
      const label = shape.length ? `${name}[${i}]` : name;
      const cell = element("input", { type: "number", step: "any", value, "aria-label": label });
      const slider = element("input", { type: "range", min: low, max: high, step, value, "aria-label": `Turn ${label}` });
      const put = (text) => {
        if (text === "" || !Number.isFinite(Number(text))) return;
        numbers[id] = numbers[id].with(i, Number(text));
        pair?.draw();
        changed({ ...numbers });
      };
      const set = (number) => { cell.value = slider.value = number; numbers[id] = [number]; };
      if (!shape.length) axes.push({ name, low, high, step, set, value: () => numbers[id][0] });
      cell.addEventListener("input", () => { slider.value = cell.value; put(cell.value); });
      slider.addEventListener("input", () => { cell.value = slider.value; put(slider.value); });
      return shape.length ? cell : element("span", { class: "tutor-slider" }, slider, cell);
    });
    const columns = shape.length === 2 ? shape[1] : values.length;
    const table = element("span", { class: "tutor-cells", style: `grid-template-columns:repeat(${columns},auto)` }, ...cells);
    return element("div", { class: "tutor-turn" }, element("b", {}, name), table);
  });
  if (axes.length === 2) pair = plane(axes, () => changed({ ...numbers }));
  return element("div", { class: "tutor-turns" }, ...rows, ...(pair ? [pair.held] : []));
}

class Explorer {
  constructor(story, el, model) {
    this.story = story;
    this.model = model;
    this.graphs = story.graphs.map((graph) => new Graph(graph));
    this.windows = new Map();
    (story.windows ?? []).forEach(({ nodes }, i) => nodes.forEach((id) => this.windows.set(id, i)));
    this.part = { number: -1, graph: null };
    this.opened = "";
    this.hits = [];
    this.place = -1;
    this.timer = null;
    this.build(el);
    for (const graph of this.graphs) this.listen(graph);
    this.births();
    this.sizes = new ResizeObserver(() => {
      if (this.stage.clientWidth !== this.width) this.fit();
    });
    this.sizes.observe(this.stage);
    this.fit();
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
    const tools = [button("+", "Larger", () => this.zoom(1 / ZOOM)), button("−", "Smaller", () => this.zoom(ZOOM)),
      button("All", "All of the picture", () => this.whole())];
    if (this.graphs.some(({ views }) => views.length > 1)) {
      this.boxes = button("Open all", "Open or close all boxes", () => this.open(this.opened ? "" : "all"));
      tools.push(this.boxes);
    }
    const bar = element("div", { class: "tutor-bar" }, this.first, this.before, this.play, this.next,
      this.last, this.scrub, this.count, ...(story.graphs.length ? [this.search, ...tools] : []));
    this.told = element("div", { class: "tutor-told tutor-show", role: "status", "aria-live": "polite" });
    this.about = element("div", { class: "tutor-about tutor-show" });
    this.tabs = element("div", { class: "tutor-tabs", role: "tablist" }, ...this.graphs.map((graph, i) => {
      const tab = button(story.graphs[i].caption, `Show the ${story.graphs[i].caption}`, () => this.front(i));
      tab.setAttribute("role", "tab");
      return tab;
    }));
    this.stage = element("div", { class: "tutor-stage" }, ...this.graphs.map((graph) => graph.figure));
    this.formulas = html(story.formulas, { class: "tutor-show" });
    this.turn = (story.inputs ?? []).length ? turns(story.inputs, (numbers) => this.send(numbers)) : "";
    this.mathematics = html(story.mathematics ?? "", { class: "tutor-show tutor-numbers" });
    this.root = element("div", { class: "tutor-explore", role: "group", tabindex: "0", "aria-label": `Step through: ${story.title}` },
      this.formulas, this.turn, this.mathematics, bar, this.told, this.tabs,
      html(story.legend ?? "", { class: "tutor-show" }), this.stage, this.about, html(story.inside ?? "", { class: "tutor-show" }));
    // JupyterLab's own keys are silent where this attribute is.
    this.root.dataset.lmSuppressShortcuts = "true";
    this.root.addEventListener("keydown", (event) => this.key(event));
    el.append(this.root);
    this.front(0);
  }

  /* Ask for the numbers that go with these inputs: one question at a time, the last one last. */
  send(numbers) {
    this.waiting = numbers;
    if (this.asked) return;
    this.asked = numbers;
    this.model.set("turned", numbers);
    this.model.save_changes();
  }

  /* Other numbers for the same picture. */
  receive(numbers) {
    if (this.waiting !== this.asked) {
      this.asked = null;
      this.send(this.waiting);
    } else this.asked = null;
    Object.assign(this.story, numbers);
    this.mathematics.innerHTML = numbers.mathematics ?? "";
    this.births();
    for (const graph of this.all) graph.age();
    this.scrub.max = this.story.steps.length - 1;
    this.place = Math.min(this.place, this.story.steps.length - 1);
    requestAnimationFrame(() => this.draw());
  }

  /* Of two pictures, the one that is seen where there is no room for both. */
  front(number) {
    this.graphs.forEach((graph, i) => graph.figure.classList.toggle("tutor-behind-tab", i !== number));
    [...this.tabs.children].forEach((tab, i) => tab.setAttribute("aria-selected", i === number));
  }

  /* Share the width out: to each what it needs, or else in proportion, one at a time where narrow. */
  fit() {
    const width = this.stage.clientWidth;
    this.width = width;
    if (!width) return;
    const narrow = width < NARROW && this.graphs.length > 1;
    this.root.classList.toggle("tutor-narrow", narrow);
    const wanted = this.graphs.map(({ home }) => home[2]);
    const sum = wanted.reduce((a, b) => a + b, 0);
    const room = width - GAP * (this.graphs.length - 1);
    this.graphs.forEach((graph, i) => {
      const share = narrow ? width : sum <= room ? wanted[i] : Math.max(room * 0.3, Math.min(room * 0.7, room * wanted[i] / sum));
      graph.fit(Math.min(width, share));
    });
    this.part.graph?.fit(width);
    reachable(this.root);
  }

  /* The step at which each node of each picture is there: known, computed, or grown. */
  births() {
    const [forward, felt, backward] = [new Map(), new Map(), new Map()];
    this.story.steps.forEach(({ phase, node, grown }, i) => {
      if (phase === "forward" && !forward.has(node)) forward.set(node, i);
      if (phase === "backward" || phase === "done") felt.set(node, i);
      for (const id of grown) if (!backward.has(id)) backward.set(id, i);
    });
    Object.assign(this, { computed: forward, felt, grown: backward });
    this.there = new Map([...forward, ...backward]); // in the derivative: computed, or grown
  }

  /* The same with the boxes of a view: a box is there as soon as something in it is. */
  boxed(births, { inside }) {
    const known = births.boxed ??= new Map();
    if (known.has(inside)) return known.get(inside);
    const found = new Map(births);
    for (const [id, box] of Object.entries(inside)) {
      const birth = births.get(id);
      if (birth !== undefined && !(found.get(box) <= birth)) found.set(box, birth);
    }
    known.set(inside, found);
    return found;
  }

  /* Open a box in all pictures, with what goes back through it; "" closes all. */
  open(id) {
    this.opened = this.opened === id ? "" : id;
    let changed = false;
    for (const graph of this.graphs) changed = graph.show(this.opened) || changed;
    if (this.boxes) this.boxes.textContent = this.opened ? "Close all" : "Open all";
    if (!changed) return;
    this.fit();
    this.draw();
  }

  /* The part of a folded box that a node is in, drawn by itself beside the expression. */
  unfold(id) {
    const number = this.windows.get(id) ?? -1;
    if (number === this.part.number) return;
    this.part.graph?.figure.remove();
    this.part = { number, graph: number < 0 ? null : new Graph(this.story.windows[number]) };
    const { graph } = this.part;
    if (!graph) return;
    this.graphs[0].figure.after(graph.figure);
    this.listen(graph);
    graph.fit(this.stage.clientWidth);
  }

  get all() {
    return this.part.graph ? [...this.graphs, this.part.graph] : this.graphs;
  }

  /* A constant without a name is drawn beside what uses it, and comes with that. */
  birth(id, births = this.grown) {
    const user = id.split("-");
    const key = user.length === 3 ? `n${user[1]}` : id;
    return births.get(key) ?? births.get(id) ?? -1;
  }

  listen(graph) {
    const of = ({ target }) => target.closest("[data-node]")?.dataset.node;
    const enter = (event) => { const id = of(event); if (id) { this.point(id, true); this.describe(id); } };
    const leave = (event) => { const id = of(event); if (id) this.point(id, false); };
    graph.held.addEventListener("pointerover", enter);
    graph.held.addEventListener("pointerout", leave);
    graph.held.addEventListener("focusin", enter);
    graph.held.addEventListener("focusout", leave);
    graph.held.addEventListener("click", (event) => {
      const frame = event.target.closest("[data-frame]")?.dataset.frame;
      const id = of(event);
      if (frame) this.open("");
      else if (/^b\d/.test(id ?? "")) this.open(id.replace(/d$/, ""));
      else if (id) this.visit(id);
    });
  }

  point(id, on) {
    for (const graph of this.all) graph.near(id, on);
  }

  /* Go to the step about a node, or about one in a box: the next one from here, or else the first. */
  visit(id) {
    const inside = this.graphs[0]?.inside ?? {};
    this.seek((node) => node === id || inside[node] === id);
  }

  seek(wanted) {
    const places = this.story.steps.flatMap(({ node }, i) => (wanted(node) ? [i] : []));
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
    const named = Object.entries(this.story.nodes).filter(([, { name = "" }]) => name.toLowerCase().includes(wanted));
    this.hits = wanted ? named.map(([id]) => id) : [];
    if (this.hits.length) {
      this.unfold(this.hits[0]);
      this.describe(this.hits[0]);
      const birth = Math.min(...this.hits.map((id) => this.birth(id)));
      if (birth > this.place) this.go(birth); // none of them is there yet
    }
    for (const graph of this.all) {
      for (const node of graph.nodes.values()) node.classList.remove("tutor-found");
      for (const id of this.hits) graph.mark(id, "tutor-found", true);
      graph.follow(this.hits[0]);
    }
    const { length } = this.hits;
    if (length > 1) this.about.append(html(`${length} nodes are called so; Enter goes to the steps about them.`));
    if (wanted && !length) this.about.textContent = `No node is called “${text.trim()}”.`;
  }

  /* From the search on: to the next step about a node that was found. */
  meet() {
    const found = new Set(this.hits);
    this.seek((node) => found.has(node));
  }

  zoom(factor) {
    for (const graph of this.all) graph.zoom(factor);
  }

  whole() {
    for (const graph of this.all) graph.whole();
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

  end() {
    this.stop();
    this.sizes.disconnect();
  }

  key(event) {
    // The notebook would take the arrows for itself.
    event.stopPropagation();
    if (event.target.closest(".tutor-turns")) return; // a slider has arrows of its own
    if (event.target === this.search && event.key === "Enter") this.meet();
    if (event.target === this.search || event.ctrlKey || event.metaKey || event.altKey) return;
    const { length } = this.story.steps;
    const to = { ArrowRight: this.place + 1, ArrowLeft: this.place - 1, Home: 0, End: length - 1 }[event.key];
    if (event.target === this.scrub && to === undefined && event.key !== " ") return;
    const box = event.target.closest?.("[data-node^=b], [data-frame]");
    if (event.key === "Enter" && box) box.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    else if (event.key === " " && event.target.tagName !== "BUTTON") this.toggle();
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
    const [expression, derivative] = this.graphs;
    if (!expression) return this.say(step);
    this.unfold(step.node);
    for (const graph of this.all) if (graph.fresh) graph.fill(this.story);
    for (const graph of [expression, this.part.graph].filter(Boolean)) {
      graph.step(this.place, step, this.boxed(this.computed, graph), this.felt, this.story.sent);
    }
    if (derivative) this.grow(derivative, step.grown);
    this.say(step);
  }

  grow(derivative, grown) {
    const there = this.boxed(this.there, derivative);
    const fresh = new Set(grown.map((id) => derivative.at(id)));
    for (const [id, node] of derivative.nodes) {
      const birth = this.birth(id, there);
      node.classList.toggle("tutor-unborn", birth > this.place);
      node.classList.toggle("tutor-fresh", birth === this.place || fresh.has(id));
    }
    for (const frame of derivative.svg.querySelectorAll("[data-frame]")) {
      const first = Math.min(...frame.dataset.holds.split(" ").map((id) => this.birth(id, there)));
      frame.classList.toggle("tutor-unborn", first > this.place);
    }
    if (grown.length) derivative.follow(grown.at(-1));
    for (const { group, from, to, source, value } of derivative.edges) {
      const birth = Math.max(...[from, to].map((id) => this.birth(id, there)));
      group.classList.toggle("tutor-unborn", birth > this.place);
      value?.classList.toggle("tutor-on", this.birth(source, this.there) <= this.place);
    }
  }

  say(step) {
    const { steps } = this.story;
    this.told.innerHTML = step.html;
    this.told.dataset.phase = step.phase;
    this.told.classList.toggle("tutor-wrong", Boolean(step.wrong));
    if (step.wrong) this.told.append(html("", {}), this.story.verdict);
    const counted = steps[0].phase === "given" ? [this.place, steps.length - 1] : [this.place + 1, steps.length];
    this.count.textContent = `${counted.join(" of ")}, ${PHASES[step.phase]}`;
    this.scrub.value = this.place;
    this.scrub.setAttribute("aria-valuetext", step.words);
    this.root.dataset.step = this.place;
    this.first.disabled = this.before.disabled = this.place === 0;
    this.next.disabled = this.last.disabled = this.place === steps.length - 1;
    reachable(this.root);
  }
}

function render({ model, el }) {
  const explorer = new Explorer({ ...model.get("story") }, el, model);
  model.on?.("change:numbers", () => explorer.receive(model.get("numbers")));
  return () => explorer.end();
}
