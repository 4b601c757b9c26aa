/* Readings: what a panel says of the place under a pointer, or of one that the arrow keys go to.
 *
 * Comes after chart.js. Each kind finds the places of a panel and says what stands at one: the points
 * of curves, the cells of arrays, the stops of a tangent.
 */

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10; // places that Page Up and Page Down go

/* A number in four digits, as Python's `number` says it. */
function told(value) {
  if (typeof value === "string" || !value) return String(value ?? "");
  const short = Number(value.toPrecision(4));
  const size = Math.abs(short);
  const said = size >= 1e4 || size < 1e-4 ? short.toExponential().replace("e+", "e") : String(short);
  return said.replaceAll("-", "−");
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/* The value at a pixel of an axis [name, low, high, start, end, log]. */
function along([, low, high, start, end, log], pixel) {
  const value = low + ((pixel - start) / (end - start)) * (high - low);
  const fine = 10 ** Math.floor(Math.log10(Math.abs(high - low) || 1) - 2);
  return log ? 10 ** value : Math.round(value / fine) * fine;
}

/* Of a cell in an array of images side by side: its index. */
function indexOf(shape, tile, row, column) {
  const found = [row, column].slice(2 - Math.min(2, shape.length));
  for (const size of shape.slice(0, -2).reverse()) {
    found.unshift(tile % size);
    tile = Math.floor(tile / size);
  }
  return found;
}

const READINGS = {
  /* The points of curves: `lines` selects them, `names` are theirs. */
  points: {
    size: ({ lines, svg }) => [Math.max(0, ...[...svg.querySelectorAll(lines)].map((one) => one.points.length)), 1],
    place({ lines, svg }, [x]) {
      const [{ points }] = [...svg.querySelectorAll(lines)].sort((a, b) => b.points.length - a.points.length);
      let nearest = 0;
      for (let i = 1; i < points.length; i += 1) {
        if (Math.abs(points[i].x - x) < Math.abs(points[nearest].x - x)) nearest = i;
      }
      return [nearest, 0];
    },
    marks({ lines, names, svg, box, x, y }, [i]) {
      const curves = [...svg.querySelectorAll(lines)];
      const most = Math.max(...curves.map((one) => one.points.length));
      const pixel = curves.find((one) => one.points.length === most).points[i].x;
      const spots = curves.map(({ points }) => [...points].reduce((a, b) => (
        Math.abs(b.x - pixel) < Math.abs(a.x - pixel) ? b : a), points[0]));
      const there = spots.filter((spot) => spot && Math.abs(spot.x - pixel) < 3);
      const said = spots.flatMap((spot, k) => (
        there.includes(spot) ? `${names[k]} ${told(along(y, spot.y))}` : []));
      const [left, top, , high] = box;
      return {
        words: `${x[0]} ${told(along(x, pixel))}: ${said.join(", ")}`,
        at: [pixel, Math.min(...there.map((spot) => spot.y))],
        marks: [["line", "guide", [pixel, top, pixel, top + high]],
          ["dots", "read", there.flatMap((spot) => [spot.x, spot.y])]],
        left,
      };
    },
  },
  /* The cells of an array, or of images side by side; or with axes, of what is known in a plane. */
  cells: {
    size: ({ rows, columns }) => [columns, rows],
    place({ box: [left, top, wide, high], rows, columns, axes }, [x, y]) {
      const [a, b] = [((x - left) / wide) * (columns - 1), ((y - top) / high) * (rows - 1)];
      if (axes) return [Math.round(a), Math.round(b)];
      return [Math.floor(((x - left) / wide) * columns), Math.floor(((y - top) / high) * rows)];
    },
    marks(reading, [column, row]) {
      const { box: [left, top, wide, high], rows, columns, values, tile, shape, every, name, axes } = reading;
      if (axes) {
        const spot = [left + (wide * column) / (columns - 1), top + (high * row) / (rows - 1)];
        const [a, b] = axes.map((axis, i) => `${axis[0]} ${told(along(axis, spot[i]))}`);
        const words = `${a}, ${b}: ${name} ${told(values[row * columns + column])}`;
        return { words, at: spot, marks: [["dots", "read", spot]] };
      }
      const [w, h] = [wide / columns, high / rows];
      const [x, y] = [left + column * w, top + row * h];
      const edge = ["line", "cell", [x, y, x + w, y, x + w, y + h, x, y + h, x, y]];
      const at = [x + w / 2, y];
      // Images have a gap of one pixel between them.
      const [tall, broad] = tile;
      const across = Math.floor((columns + 1) / (broad + 1));
      const [i, j] = [row % (tall + 1), column % (broad + 1)];
      const image = Math.floor(row / (tall + 1)) * across + Math.floor(column / (broad + 1));
      const value = values[(image * tall + i) * broad + j];
      if (i === tall || j === broad || value === undefined) return null;
      const index = indexOf(shape, image, i * every[0], j * every[1]);
      return { words: `${name}[${index.join(", ")}] = ${told(value)}`, at, marks: [edge] };
    },
  },
  /* Stops: what is drawn at each is written down; all panels with stops move together. */
  stops: {
    size: ({ at }) => [at.length, 1],
    place({ at }, [x]) {
      let nearest = 0;
      at.forEach((pixel, i) => {
        if (Math.abs(pixel - x) < Math.abs(at[nearest] - x)) nearest = i;
      });
      return [nearest, 0];
    },
    marks: ({ marks, stops, words }, [i]) => ({
      words: words[i],
      marks: marks.map(([kind, style], k) => (kind === "text"
        ? [kind, style, stops[i][k].slice(0, 2), stops[i][k][2]] : [kind, style, stops[i][k]])),
    }),
  },
};

/* What is read off one panel; `say` takes it in words, `together` are the readings beside it. */
class Reading {
  constructor(svg, reading, say, together) {
    this.svg = svg;
    this.say = say;
    this.together = together;
    this.layer = drawn("g", { class: "tutor-reading" });
    this.place = null;
    this.set(reading);
    const named = ["head", "name"].map((look) => [...svg.querySelectorAll(`text.${look}`)].at(-1)?.textContent);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${named.filter(Boolean).join(", ")}: read with the arrow keys`);
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("pointermove", (event) => this.moved(event));
    svg.addEventListener("pointerdown", (event) => this.moved(event));
    svg.addEventListener("pointerleave", () => this.leave());
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("blur", () => this.leave());
  }

  /* What there is to read now; null is nothing. */
  set(reading) {
    if (!reading) this.leave();
    this.reading = reading && { ...reading, svg: this.svg };
    if (!reading) return;
    this.kind = READINGS[reading.kind];
    if (reading.kind === "stops" && !this.place) {
      this.svg.querySelector(".moving")?.parentNode.remove();
      this.show([reading.rest, 0], false);
    } else if (this.place) this.show(this.place, false);
  }

  /* The picture changed under it. */
  again() {
    if (this.place && this.reading?.kind === "points") this.show(this.place, false);
  }

  at({ clientX, clientY }) {
    const { left, top, width } = this.svg.getBoundingClientRect();
    const zoom = this.svg.viewBox.baseVal.width / width;
    return [(clientX - left) * zoom, (clientY - top) * zoom];
  }

  moved(event) {
    if (!this.reading) return;
    const stops = this.reading.kind === "stops";
    const [x, y] = this.at(event);
    const [left, top, wide, high] = this.reading.box;
    const inside = x >= left - 6 && x <= left + wide + 6 && y >= top && y <= top + high;
    if (!inside || (event.buttons && !stops)) return this.leave();
    this.show(this.kind.place(this.reading, [x, y]));
  }

  key(event) {
    if (!this.reading || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    const [wide, high] = this.kind.size(this.reading);
    const [x, y] = this.place ?? [this.reading.rest ?? -1, 0];
    const [dx, dy] = STEPS[event.key] ?? [];
    const to = { Home: [0, y], End: [wide - 1, y], PageUp: [x - FAR, y], PageDown: [x + FAR, y] }[event.key]
      ?? (dx === undefined ? null : [x + dx, y + dy]);
    if (event.key === "Escape") this.leave();
    if (!to || !wide || (high < 2 && dy)) return;
    event.preventDefault();
    event.stopPropagation();
    // Between two images there is nothing to read: one place more.
    if (!this.show(to) && dx !== undefined) this.show([this.place[0] + dx, this.place[1] + dy]);
  }

  show(to, tell = true) {
    const [wide, high] = this.kind.size(this.reading);
    if (!wide) return false;
    this.place = [clamp(to[0], 0, wide - 1), clamp(to[1], 0, high - 1)];
    const found = this.kind.marks(this.reading, this.place);
    this.layer.replaceChildren();
    if (!found) return false;
    for (const mark of found.marks) KINDS[mark[0]].move(placed(mark, this.layer), mark);
    if (found.at) this.label(found);
    this.svg.append(this.layer);
    if (!tell) return true;
    this.say(found.words);
    if (this.reading.kind !== "stops") return true;
    for (const other of this.together) {
      if (other !== this && other.reading.kind === "stops") other.show(this.place, false);
    }
    return true;
  }

  /* The words, over the place, on whichever side there is room. */
  label({ words, at: [x, y] }) {
    const [, top] = this.reading.box;
    const node = placed(["text", "said"], this.layer);
    node.textContent = words;
    this.svg.append(this.layer);
    const long = node.getComputedTextLength?.() ?? 0;
    const start = clamp(x - long / 2, 2, Math.max(2, this.svg.viewBox.baseVal.width - long - 2));
    node.setAttribute("x", start);
    node.setAttribute("y", y - 9 < top - 4 ? y + 26 : y - 9);
  }

  leave() {
    if (!this.place || this.reading.kind === "stops") return;
    this.place = null;
    this.layer.replaceChildren();
    this.say("");
  }
}

/* Readings of the panels that have one; those that were there stay where they are. */
function reading(panels, found, say, before = []) {
  const together = [];
  panels.forEach((svg, i) => {
    const old = before.find((one) => one.svg === svg);
    if (old) old.set(found[i]);
    if (found[i]) together.push(old ?? new Reading(svg, found[i], say, together));
  });
  return together;
}
