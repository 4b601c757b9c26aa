/* A picture to step through. Comes after dom.js, and before the script that steps. */
const ZOOM = 1.2;
const [LEAST, SHARE] = [260, 0.8]; // of a window, for a picture that is high: pixels, and a share
const SMALLEST = 0.7; // to which a picture is made smaller before it shows a part

function html(text, attributes = {}) {
  const made = element("div", attributes);
  made.innerHTML = text;
  return made;
}

/* What is wider than its place is scrolled by the keyboard too. */
function reachable(root) {
  for (const one of root.querySelectorAll(".tutor-formula, .tutor-table, .tutor-lines td, .tutor-graph, .tutor-told")) {
    one.tabIndex = one.scrollWidth > one.clientWidth ? 0 : -1;
  }
}

function button(label, title, pressed) {
  const made = element("button", { type: "button", title, "aria-label": title }, label);
  made.addEventListener("click", pressed);
  return made;
}

function write(line, text) {
  if (line && line.textContent !== text) line.textContent = text;
}

/* One graph, in one of its views: which of its nodes are lit, which are there yet, what flows on its
   edges; it can be zoomed and moved. What is not seen stands in a box: `inside` says in which. */
class Graph {
  constructor({ caption, side, views }) {
    this.side = side;
    this.views = views;
    this.drawn = new Map();
    this.held = element("div", { class: "tutor-show" });
    this.figure = element("figure", {}, element("figcaption", {}, caption), this.held);
    this.show("");
  }

  /* Change to the view with this box open, if there is one. */
  show(opened) {
    const view = this.views.find((one) => one.opened === opened) ?? this.views[0];
    if (view === this.view) return false;
    this.view = view;
    this.inside = view.inside;
    if (!this.drawn.has(view)) this.drawn.set(view, this.draw(view.svg));
    Object.assign(this, this.drawn.get(view));
    this.held.replaceChildren(this.svg);
    return true;
  }

  draw(text) {
    const svg = html(text).querySelector("svg");
    const nodes = new Map();
    for (const node of svg.querySelectorAll("[data-node]")) {
      nodes.set(node.dataset.node, node);
      node.setAttribute("tabindex", "-1");
    }
    for (const box of svg.querySelectorAll("[data-node^=b], [data-frame]")) {
      box.setAttribute("tabindex", "0");
      box.setAttribute("role", "button");
    }
    const edges = [...svg.querySelectorAll("[data-edge]")].map((group) => {
      const { edge: id, from, to, source, variable } = group.dataset;
      const [value, back] = ["value", "cotangent"].map((kind) => group.querySelector(`.tutor-${kind}`));
      return { group, id, from, to, source, variable, value, back };
    });
    const home = svg.getAttribute("viewBox").split(" ").map(Number);
    this.move(svg);
    return { svg, nodes, edges, home, fresh: true };
  }

  /* The node of a picture that stands for one: itself, or the box that it is in. */
  at(id) {
    return this.nodes.has(id) ? id : this.inside[id];
  }

  get box() {
    return this.svg.getAttribute("viewBox").split(" ").map(Number);
  }

  set box(numbers) {
    this.svg.setAttribute("viewBox", numbers.join(" "));
  }

  /* Take so much room at most: smaller first, and then a part of it. */
  fit(most) {
    const [x, y, w, h] = this.home;
    const high = Math.max(LEAST, innerHeight * SHARE);
    const scale = Math.max(SMALLEST, Math.min(1, most / w, high / h));
    const [wide, tall] = [Math.min(w * scale, most), Math.min(h * scale, high)];
    this.svg.setAttribute("width", wide);
    this.svg.setAttribute("height", tall);
    this.box = [x, y, wide / scale, tall / scale];
    this.part = wide < w * scale || tall < h * scale;
  }

  /* Move so that a node is seen, if it is not. */
  follow(id) {
    const node = this.part && this.nodes.get(this.at(id));
    if (!node) return;
    const { x: left, y: top, width, height } = node.getBBox();
    const [x, y, w, h] = this.box;
    const seen = left >= x && top >= y && left + width <= x + w && top + height <= y + h;
    if (!seen) this.box = [left + (width - w) / 2, top + (height - h) / 2, w, h];
  }

  zoom(factor, px, py) {
    const [x, y, w, h] = this.box;
    const bounds = this.svg.getBoundingClientRect();
    const fx = px === undefined ? 0.5 : (px - bounds.left) / bounds.width;
    const fy = py === undefined ? 0.5 : (py - bounds.top) / bounds.height;
    this.box = [x + fx * w * (1 - factor), y + fy * h * (1 - factor), w * factor, h * factor];
    this.part = true;
  }

  move(svg) {
    let held = null;
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? ZOOM : 1 / ZOOM, event.clientX, event.clientY);
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      held = { x: event.clientX, y: event.clientY, box: this.box };
    });
    svg.addEventListener("pointermove", (event) => {
      if (!held || !event.buttons) return;
      const scale = held.box[2] / svg.getBoundingClientRect().width;
      const [x, y, w, h] = held.box;
      this.box = [x - (event.clientX - held.x) * scale, y - (event.clientY - held.y) * scale, w, h];
    });
    svg.addEventListener("pointerup", () => { held = null; });
    svg.addEventListener("dblclick", () => this.whole());
  }

  whole() {
    this.svg.setAttribute("viewBox", this.home.join(" "));
    this.part = false;
  }

  mark(id, name, on) {
    this.nodes.get(this.at(id))?.classList.toggle(name, on);
  }

  /* Put numbers and images where they belong, as they are now. */
  fill({ values, sent, lines }) {
    const put = (group, { lines: texts, image }) => {
      group.querySelectorAll("text").forEach((line, i) => write(line, texts[i] ?? ""));
      if (image) group.querySelector("image")?.setAttribute("href", image);
    };
    for (const { group, id, variable, value, back } of this.edges) {
      if (value && values[variable]) put(value, values[variable]);
      if (back && sent[id]) put(back, sent[id]);
      if (back && sent[id]) group.style.setProperty("--back", sent[id].strength);
    }
    for (const [id, texts] of Object.entries(lines[this.side] ?? {})) {
      const at = this.nodes.get(id)?.querySelectorAll("text.tutor-at") ?? [];
      texts.filter(Boolean).forEach((text, i) => write(at[i], text));
    }
    this.fresh = this.drawn.get(this.view).fresh = false;
  }

  /* Other numbers have come: they are put in when a view is next seen. */
  age() {
    for (const view of this.drawn.values()) view.fresh = true;
    this.fresh = true;
  }

  /* What is computed by now, what of it is lit, and what has flown along the edges. */
  step(place, { node, phase, wrong }, known, felt, sent) {
    const lit = this.at(node);
    const back = phase !== "forward" && phase !== "given";
    for (const [id, { classList }] of this.nodes) {
      classList.toggle("tutor-later", (known.get(id) ?? -1) > place);
      classList.toggle("tutor-lit", id === lit);
      classList.toggle("tutor-back", id === lit && back);
      classList.toggle("tutor-bad", id === lit && wrong);
      classList.toggle("tutor-returned", (felt.get(id) ?? Infinity) <= place);
    }
    for (const { group, id, source, to, value, back: flow } of this.edges) {
      const there = flow && sent[id]?.at <= place;
      value?.classList.toggle("tutor-on", (known.get(source) ?? -1) <= place);
      flow?.classList.toggle("tutor-on", there);
      group.classList.toggle("tutor-felt", Boolean(there));
      group.classList.toggle("tutor-now", to === lit && (!back || Boolean(there)));
    }
    this.follow(node);
  }

  near(id, on) {
    this.mark(id, "tutor-hover", on);
    for (const { group, from, to } of this.edges) {
      if (from !== id && to !== id) continue;
      group.classList.toggle("tutor-feeds", on);
      this.mark(from === id ? to : from, "tutor-feeds", on);
    }
  }
}
