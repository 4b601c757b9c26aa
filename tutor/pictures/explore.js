/* Steps through an expression over its picture. All values came with the page: no kernel is asked. */
const PACE = 900; // milliseconds a step when playing
const PHASES = { forward: "forward", seed: "backward", backward: "backward", done: "gradient", rule: "rewriting" };

class Explorer {
  constructor(story, el) {
    this.story = story;
    this.graphs = story.graphs.map((graph) => new Graph(graph));
    this.windows = new Map();
    (story.windows ?? []).forEach(({ nodes }, i) => nodes.forEach((id) => this.windows.set(id, i)));
    this.opened = { number: -1, graph: null };
    this.hits = [];
    this.place = -1;
    this.timer = null;
    this.build(el);
    this.births();
    for (const graph of this.graphs) {
      this.listen(graph);
      graph.fit();
    }
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
    const zoom = [button("+", "Larger", () => this.zoom(1 / ZOOM)), button("−", "Smaller", () => this.zoom(ZOOM)),
      button("All", "The whole picture", () => this.whole())];
    const bar = element("div", { class: "tutor-bar" }, this.first, this.before, this.play, this.next,
      this.last, this.scrub, this.count, ...(story.graphs.length ? [this.search, ...zoom] : []));
    this.told = element("div", { class: "tutor-told tutor-show", role: "status", "aria-live": "polite" });
    this.about = element("div", { class: "tutor-about tutor-show" });
    this.stage = element("div", { class: "tutor-stage" }, ...this.graphs.map((graph) => graph.figure));
    this.root = element("div", { class: "tutor-explore", role: "group", tabindex: "0", "aria-label": `Step through: ${story.title}` },
      html(story.formulas, { class: "tutor-show" }), bar, this.told, this.stage, this.about);
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
    this.there = new Map([...forward, ...backward]); // in the derivative: computed, or grown
    const earliest = (graph, births) => {
      for (const [id, box] of Object.entries(graph?.inside ?? {})) {
        const birth = births.get(id);
        if (birth !== undefined && !(births.get(box) <= birth)) births.set(box, birth);
      }
    };
    earliest(this.graphs[0], forward);
    earliest(this.graphs[1], backward);
    earliest(this.graphs[1], this.there);
  }

  /* The part of a box that a node is in, drawn by itself beside the expression. */
  open(id) {
    const number = this.windows.get(id) ?? -1;
    if (number === this.opened.number) return;
    this.opened.graph?.figure.remove();
    this.opened = { number, graph: number < 0 ? null : new Graph(this.story.windows[number]) };
    const { graph } = this.opened;
    if (!graph) return;
    this.graphs[0].figure.after(graph.figure);
    this.listen(graph);
    graph.fit();
  }

  get all() {
    return this.opened.graph ? [...this.graphs, this.opened.graph] : this.graphs;
  }

  /* A constant without a name is drawn beside what uses it, and comes with that. */
  birth(id, births = this.grown) {
    const user = id.split("-");
    const key = user.length === 3 ? `n${user[1]}` : id;
    return births.get(key) ?? births.get(id) ?? -1;
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
    for (const graph of this.all) graph.near(id, on);
  }

  /* Go to the step about a node, or about one in a box: the next one from here, or else the first. */
  visit(id) {
    const { inside = {} } = this.story.graphs[0] ?? {};
    const places = this.story.steps.flatMap(({ node }, i) => (node === id || inside[node] === id ? [i] : []));
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
      this.open(this.hits[0]);
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
    const places = this.story.steps.flatMap(({ node }, i) => (found.has(node) ? [i] : []));
    if (places.length) this.go(places.find((i) => i > this.place) ?? places[0]);
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

  key(event) {
    // The notebook would take the arrows for itself.
    event.stopPropagation();
    if (event.target === this.search && event.key === "Enter") this.meet();
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
    const [expression, derivative] = this.graphs;
    if (!expression) return this.say(step);
    const back = step.phase !== "forward";
    const shown = new Map(Object.entries(this.story.given ?? {}));
    steps.slice(0, this.place + 1).forEach(({ phase, node, short }) => {
      if (phase !== "seed") shown.set(`${phase === "forward" ? "" : "g"}${node}`, short);
    });
    this.open(step.node);
    expression.step(this.place, step, back, this.computed, shown);
    this.opened.graph?.step(this.place, step, back, this.computed, shown);
    if (derivative) this.grow(derivative, step.grown);
    this.say(step);
  }

  grow(derivative, grown) {
    const fresh = new Set(grown.map((id) => derivative.at(id)));
    for (const [id, node] of derivative.nodes) {
      const birth = this.birth(id, this.there);
      node.classList.toggle("tutor-unborn", birth > this.place);
      node.classList.toggle("tutor-fresh", birth === this.place || fresh.has(id));
    }
    if (grown.length) derivative.follow(grown.at(-1));
    for (const edge of derivative.edges) {
      const birth = Math.max(...[edge.dataset.from, edge.dataset.to].map((id) => this.birth(id, this.there)));
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
