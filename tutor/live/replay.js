/* A run that was recorded, in place of the kernel: it answers the player as Python does.
 *
 * Comes after player.js and changes.js in the page. RECORD holds the first scene and what changes to each next one;
 * whole scenes are made of them once, which share all that stays the same.
 */

const PACE = [1, 2, 5, 10, 30, 60]; // moments a second
const LASTS = 10; // seconds, about, of the speed it begins with

/* Panels whose lists are other ones; what is in them is as `copy` gives it. */
function copied(panels, copy) {
  return panels.map(({ layers, ...panel }) => ({
    ...panel, layers: layers.map(({ box, marks }) => ({ box, marks: marks.map(copy) })),
  }));
}

/* The layers of every moment; points that do not change are the very same array. */
function unfolded(frames) {
  const scenes = [];
  for (const frame of frames) {
    if (frame.panels) {
      scenes.push({ panels: frame.panels });
      continue;
    }
    const panels = copied(scenes.at(-1).panels, (mark) => mark);
    const layers = panels.flatMap((panel) => panel.layers);
    for (const [i, j, kept, added, text] of frame.changes) {
      const [kind, style, points] = layers[i].marks[j];
      layers[i].marks[j] = [kind, style, points.slice(0, kept).concat(added), text];
    }
    scenes.push({ panels });
  }
  return scenes;
}

class Recorded {
  constructor({ title, frames }) {
    this.title = title;
    this.frames = frames;
    this.scenes = unfolded(frames);
    this.frame = 0;
    this.shown = null;
    this.playing = false;
    const wanted = PACE.findIndex((pace) => frames.length / pace <= LASTS);
    this.speed = wanted < 0 ? PACE.length - 1 : wanted;
    this.listeners = {};
  }

  on(name, listener) {
    this.listeners[name] = listener;
  }

  off(name) {
    delete this.listeners[name];
  }

  send({ do: what, value }) {
    if (what === "ack" || what === "bye") return;
    const last = this.frames.length - 1;
    if (["pause", "step", "reset", "seek"].includes(what)) this.playing = false;
    if (what === "step") this.frame += 1;
    if (what === "reset") this.frame = 0;
    if (what === "seek") this.frame = value;
    if (what === "speed") this.speed = value;
    this.frame = Math.min(Math.max(this.frame, 0), last);
    if (what === "play" && last > 0) {
      if (this.frame === last) this.frame = 0;
      this.playing = true;
      this.due = null;
      requestAnimationFrame((time) => this.run(time));
    }
    // After the player has set its watch for an answer.
    queueMicrotask(() => this.tell());
  }

  run(time) {
    if (!this.playing) return;
    const gap = 1000 / PACE[this.speed];
    this.due = Math.max(this.due ?? time + gap, time - 200); // what a hidden page missed is not made up for
    const before = this.frame;
    while (this.due <= time && this.frame < this.frames.length - 1) {
      this.frame += 1;
      this.due += gap;
    }
    this.playing = this.frame < this.frames.length - 1;
    if (this.frame !== before) this.tell();
    if (this.playing) requestAnimationFrame((next) => this.run(next));
  }

  tell() {
    const scene = this.scenes[this.frame];
    const changes = this.shown && difference(this.shown.panels, scene.panels);
    this.shown = scene;
    const { step, words, problem, readings } = this.frames[this.frame];
    const state = {
      playing: this.playing, step, words, problem, readings, title: this.title, log: null, rate: null,
      speed: this.speed, speeds: PACE.map((pace) => `${pace} a second`),
      frame: this.frame, frames: this.frames.length,
    };
    // The player changes the marks it is given: the lists are copied, what is in them is not.
    const panels = copied(scene.panels, (mark) => [...mark]);
    const told = changes ? { kind: "frame", changes } : { kind: "scene", panels };
    this.listeners["msg:custom"]({ ...told, state });
  }
}

document.querySelector(".tutor-before-player").hidden = true;
render({ model: new Recorded(RECORD), el: document.body });
