/* A picture to step through. Comes before the script that steps. */
const ZOOM = 1.2;
const [LEAST, SHARE] = [240, 0.55]; // of a window, for a picture that is high: pixels, and a share

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

/* One picture: which of its nodes are lit, which are there yet; it can be zoomed and moved. What is
   folded in it stands in a box: `inside` says in which. */
class Graph {
  constructor({ caption, svg, inside = {} }) {
    this.inside = inside;
    this.root = html(svg, { class: "tutor-show" });
    this.figure = element("figure", {}, element("figcaption", {}, caption), this.root);
    this.svg = this.root.querySelector("svg");
    this.nodes = new Map();
    for (const node of this.svg.querySelectorAll("[data-node]")) this.nodes.set(node.dataset.node, node);
    this.edges = [...this.svg.querySelectorAll("[data-edge]")];
    this.home = this.svg.getAttribute("viewBox");
    this.move();
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

  /* A picture with no room is not made small: it shows a part, in its own size. */
  fit() {
    const [x, y, w, h] = this.home.split(" ").map(Number);
    const high = Math.min(h, Math.max(LEAST, innerHeight * SHARE));
    const wide = Math.min(w, this.figure.parentElement.clientWidth || w);
    if (wide >= w && high >= h) return;
    this.svg.setAttribute("width", wide);
    this.svg.setAttribute("height", high);
    this.box = [x, y, wide, high];
    this.part = true;
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
      this.box = [x - (event.clientX - held.x) * scale, y - (event.clientY - held.y) * scale, w, h];
    });
    this.svg.addEventListener("pointerup", () => { held = null; });
    this.svg.addEventListener("dblclick", () => this.whole());
  }

  whole() {
    this.svg.setAttribute("viewBox", this.home);
    this.part = false;
  }

  mark(id, name, on) {
    this.nodes.get(this.at(id))?.classList.toggle(name, on);
  }

  /* The line of a node for its value, or for what arrived at it. */
  label(id, text, gradient) {
    const lines = this.nodes.get(id)?.querySelectorAll("text.tutor-at");
    const line = [...(lines ?? [])].find(({ classList }) => classList.contains("tutor-gradient") === gradient);
    if (line && line.textContent !== text) line.textContent = text;
  }

  /* What of the expression is computed, which of it is lit, and the values in it. */
  step(place, { node, wrong }, back, computed, shown) {
    const lit = this.at(node);
    for (const [id, element] of this.nodes) {
      element.classList.toggle("tutor-later", (computed.get(id) ?? -1) > place);
      element.classList.toggle("tutor-lit", id === lit);
      element.classList.toggle("tutor-back", id === lit && back);
      element.classList.toggle("tutor-bad", id === lit && wrong);
      const about = id === lit ? node : id; // a box says what is just computed in it
      this.label(id, shown.get(about) ?? "", false);
      this.label(id, shown.get(`g${about}`) ?? "", true);
    }
    this.follow(node);
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
