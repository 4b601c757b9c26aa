/* A chart: a scene's marks as SVG, and then what changes in it (see chart.py); `drawn` makes elements.
 *
 * Comes first. What there is to see is said in Python; here it is only placed, and only when it is
 * drawn, however often it changes before.
 */

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = { trail: 3, case: 2.5, centre: 6 }; // as in svg.py; of other dots, 4.5

function drawn(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/* A mark is [kind, style, points, text]; each kind has a way to be made and a way to be moved. */
const KINDS = {
  line: {
    make: () => drawn("polyline"),
    move(node, [, , points]) {
      const pairs = [];
      for (let i = 0; i < points.length; i += 2) pairs.push(`${points[i]},${points[i + 1]}`);
      node.setAttribute("points", pairs.join(" "));
    },
  },
  dots: {
    make: () => drawn("g"),
    move(node, [, style, points]) {
      while (node.childElementCount > points.length / 2) node.lastElementChild.remove();
      while (node.childElementCount < points.length / 2) {
        node.append(drawn("circle", { class: style, r: RADIUS[style.split(" ")[0]] ?? 4.5 }));
      }
      [...node.children].forEach((dot, i) => {
        dot.setAttribute("cx", points[2 * i]);
        dot.setAttribute("cy", points[2 * i + 1]);
      });
    },
  },
  area: {
    make: () => drawn("path"),
    move: (node, [, , , path]) => node.setAttribute("d", path),
  },
  text: {
    make: () => drawn("text"),
    move(node, [, , [x, y], text]) {
      node.setAttribute("x", x);
      node.setAttribute("y", y);
      node.textContent = text;
    },
  },
  image: {
    make: () => drawn("image", { preserveAspectRatio: "none" }),
    move(node, [, , [x, y, width, height], text]) {
      for (const [key, value] of Object.entries({ x, y, width, height, href: text })) {
        node.setAttribute(key, value);
      }
    },
  },
};

/* A mark's element, in an element of its own. */
function placed(mark, parent) {
  const node = KINDS[mark[0]].make();
  node.setAttribute("class", mark[1]);
  parent.append(node);
  return node;
}

/* The picture: a whole scene, panel by panel, and then what changes in it. */
class Stage {
  constructor() {
    this.root = document.createElement("div");
    this.root.className = "tutor-scene";
    this.root.setAttribute("role", "group");
    this.panels = [];
    this.marks = [];
    this.dirty = new Set();
  }

  set({ panels }) {
    this.marks = [];
    this.panels = panels.map(({ width, height, layers }) => {
      const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}` });
      // As in svg.py: letters are hardly smaller in a page, and not too large.
      svg.style.cssText = `flex:1 1 ${width * 0.9}px;max-width:${width * (width > 500 ? 1 : 1.26)}px`;
      this.marks.push(...layers.map((layer) => this.layer(layer, svg)));
      return svg;
    });
    this.root.replaceChildren(...this.panels);
    panels.forEach(({ width }, i) => {
      if (!i || width === panels[i - 1].width) return;
      const row = document.createElement("hr");
      row.className = "tutor-row";
      this.panels[i].before(row);
    });
    this.dirty = new Set(this.marks.flat());
  }

  layer({ box, marks }, svg) {
    const [x, y, w, h] = box ?? [];
    const group = box
      ? drawn("svg", { x, y, width: w, height: h, viewBox: `${x} ${y} ${w} ${h}` })
      : drawn("g");
    svg.append(group);
    return marks.map((mark) => ({ mark, node: placed(mark, group) }));
  }

  change(changes) {
    for (const [i, j, kept, added, text] of changes) {
      const item = this.marks[i][j];
      item.mark[2] = item.mark[2].slice(0, kept).concat(added);
      item.mark[3] = text;
      this.dirty.add(item);
    }
  }

  draw() {
    for (const { mark, node } of this.dirty) KINDS[mark[0]].move(node, mark);
    this.dirty.clear();
  }
}
