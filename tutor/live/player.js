/* The player: draws the scenes that Python sends, and sends back what a learner presses.
 *
 * Comes after dom.js, chart.js and reading.js. It draws in requestAnimationFrame, however often messages
 * come; frames that come together are drawn as far apart as they were made. Each message is
 * acknowledged when it is drawn, so that Python sends no more than this page can show. Nothing is
 * loaded from anywhere.
 */

const ICONS = {
  play: "M4 2.5v11l9-5.5z",
  pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z",
  step: "M3 2.5v11l7-5.5zM11 2.5h2.2v11H11z",
  reset: "M8 2.2a5.8 5.8 0 1 0 5.8 5.8h-2A3.8 3.8 0 1 1 8 4.2V7l4.4-3.4L8 .4z",
};
const REACH = 14; // pixels of the scene from which a point is taken
const NUDGE = 6; // pixels that Shift and an arrow move it
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SLIDER = 200; // positions of the slider of the rate
const SOON = 400; // milliseconds without an answer until it is said that one is waited for
const PATIENCE = 4000; // and until it is said that it may never come
const TOGETHER = 4; // messages acknowledged at once: an answer costs the kernel as much as one
const ACKNOWLEDGED = 200; // milliseconds after which it is not waited for so many
const BEHIND = 120; // milliseconds that a frame is drawn late, at most, to keep its distance to others
const CATCH_UP = 1; // of that, what each message makes good
const EARLY = 4; // and that it may be drawn early
const GONE = "The kernel has been restarted or ended: run this cell again.";
const PAUSING = "Pausing … the step that runs is made to its end.";
const SETTLED = 500; // milliseconds after a hand moved a slider
const CALM = 250; // milliseconds between two drawings where motion is to be reduced

function button(name, label, title, pressed) {
  const icon = drawn("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
  icon.append(drawn("path", { d: ICONS[name] }));
  const made = element("button", { type: "button", title, "data-do": name }, icon, label);
  made.addEventListener("click", pressed);
  return made;
}

function slider(label, steps, moved) {
  const input = element("input", { type: "range", min: 0, max: steps, step: 1, "aria-label": label });
  const value = element("span", { class: "tutor-value" });
  input.addEventListener("input", () => moved(Number(input.value)));
  const made = element("label", {}, element("span", {}, label), input, value);
  return { made, input, value };
}

/* The point, or the start, taken by the hand: where it goes, the run starts anew. */
class Hand {
  constructor(stage, send) {
    this.stage = stage;
    this.send = send;
    this.ground = null; // x, y, width, height of where it may go
    this.place = null; // where it is now, as long as it holds
    stage.root.addEventListener("pointerdown", (event) => this.take(event));
    stage.root.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      stage.root.addEventListener(name, () => this.leave());
    }
  }

  at(event) {
    const [panel] = this.stage.panels;
    const { left, top, width } = panel.getBoundingClientRect();
    const zoom = panel.viewBox.baseVal.width / width;
    return [(event.clientX - left) * zoom, (event.clientY - top) * zoom];
  }

  near([x, y]) {
    if (!this.ground) return false;
    const [left, top, width, height] = this.ground;
    if (x < left - REACH || x > left + width + REACH || y < top - REACH || y > top + height + REACH) return false;
    return [...this.stage.panels[0].querySelectorAll("circle.now, circle.start")].some(
      (dot) => Math.hypot(dot.cx.baseVal.value - x, dot.cy.baseVal.value - y) < REACH,
    );
  }

  take(event) {
    if (!this.near(this.at(event))) return;
    event.preventDefault();
    this.stage.root.setPointerCapture(event.pointerId);
    this.place = this.at(event);
    this.send("start", this.place);
  }

  nudge(key) {
    const dots = [...this.stage.panels[0].querySelectorAll("circle.now")];
    const place = dots.map((dot) => [dot.cx.baseVal.value, dot.cy.baseVal.value]).find((at) => this.near(at));
    const [dx, dy] = ARROWS[key] ?? [];
    if (!place || dx === undefined) return false;
    this.send("start", [place[0] + dx * NUDGE, place[1] + dy * NUDGE]);
    return true;
  }

  move(event) {
    if (!this.ground) return;
    const at = this.at(event);
    this.stage.root.style.cursor = this.place ? "grabbing" : this.near(at) ? "grab" : "";
    if (!this.place) return;
    // One message a frame, however often the hand moves.
    if (!this.waiting) requestAnimationFrame(() => this.tell());
    this.waiting = true;
    this.place = at;
  }

  tell() {
    if (this.waiting) this.send("start", this.place);
    this.waiting = false;
  }

  leave() {
    this.tell();
    this.place = null;
  }
}

/* Two significant digits, as a person would set it. */
function rounded(value) {
  return Number(value.toPrecision(2));
}

/* The row of buttons and sliders; `send` takes what is pressed to Python. */
class Controls {
  constructor(send) {
    this.send = send;
    this.play = button("play", "Play", "Play (P)", () => this.toggle());
    this.step = button("step", "Step", "One step (S)", () => send("step"));
    this.reset = button("reset", "Reset", "Back to the start (R)", () => send("reset"));
    this.log = element("button", { type: "button", title: "Logarithmic loss (L)", "data-do": "log" });
    this.log.append("Log loss");
    this.log.addEventListener("click", () => send("log"));
    this.speed = slider("Speed", 1, (i) => send("speed", i));
    this.rate = slider("learning_rate", SLIDER, (i) => this.rateMoved(i));
    this.scrub = slider("Step", 0, (i) => send("seek", i));
    this.scrub.made.classList.add("tutor-scrub");
    this.root = element("div", { class: "tutor-controls" }, this.play, this.step, this.reset,
      this.log, this.speed.made, this.rate.made, this.scrub.made);
    this.playing = false;
    this.pausing = false; // asked for, and the step that runs is not over yet
    this.moved = -SETTLED;
  }

  toggle() {
    if (this.pausing) return;
    this.pausing = this.playing;
    if (this.pausing) this.play.lastChild.textContent = "Pausing …";
    this.send(this.playing ? "pause" : "play");
  }

  rateMoved(i) {
    const { low, high } = this.span;
    const value = rounded(low * (high / low) ** (i / SLIDER));
    this.moved = performance.now();
    this.showRate(value);
    this.send("rate", value);
  }

  showRate(value) {
    const said = String(Number(value.toPrecision(6))); // float32 has no 0.1
    this.rate.value.textContent = said;
    this.rate.input.setAttribute("aria-valuetext", said);
  }

  show({ playing, log, speed, speeds, rate, step, frame, frames }) {
    if (!playing) this.pausing = false;
    if (playing !== this.playing) {
      this.playing = playing;
      const name = playing ? "pause" : "play";
      this.play.querySelector("path").setAttribute("d", ICONS[name]);
      this.play.lastChild.textContent = playing ? "Pause" : "Play";
      this.play.title = playing ? "Pause (P)" : "Play (P)";
      this.play.dataset.do = name;
    }
    this.log.hidden = log === null; // what is recorded has the axis that it has
    this.log.setAttribute("aria-pressed", String(log));
    this.speed.input.max = speeds.length - 1;
    if (document.activeElement !== this.speed.input) this.speed.input.value = speed;
    this.speed.value.textContent = speeds[speed];
    this.speed.input.setAttribute("aria-valuetext", speeds[speed]);
    this.scrub.made.hidden = frames === undefined;
    if (frames) this.setFrame(step, frame, frames);
    this.rate.made.hidden = !rate;
    if (rate) this.setRate(rate);
  }

  setFrame(step, frame, frames) {
    const { input, value } = this.scrub;
    input.max = frames - 1;
    if (Number(input.value) !== frame) input.value = frame;
    input.setAttribute("aria-valuetext", String(step));
    value.textContent = String(step);
  }

  setRate({ name, value, low, high }) {
    this.span = { low, high };
    this.rate.made.firstChild.textContent = name;
    this.rate.input.setAttribute("aria-label", name);
    // A slider under a hand is not moved by what Python knew a moment ago.
    if (this.rate.input.matches(":active") || performance.now() - this.moved < SETTLED) return;
    const share = Math.log(Math.max(value, low) / low) / Math.log(high / low);
    this.rate.input.value = Math.round(SLIDER * Math.min(share, 1));
    this.showRate(value);
  }
}

const KEYS = { p: "play", s: "step", r: "reset", l: "log" };

function render({ model, el }) {
  const stage = new Stage();
  const status = element("div", { class: "tutor-status", role: "status", "aria-live": "polite" });
  let coming = []; // frames that are not drawn yet
  let began = -Infinity; // by the clock of this page, when the kernel's showed 0
  let seen = 0; // messages that are drawn and not acknowledged
  let owed = null; // the time-out of the next acknowledgement
  let asked = null; // the time-out of an answer
  let last = 0;
  let latest = null;
  let ended = false; // the kernel went
  const page = Math.random().toString(36).slice(2);
  let number = 0; // of the next message: Jupyter may deliver two in either order

  function post(what, value) {
    model.send({ do: what, value, sent: [page, number] });
    number += 1;
  }

  function trouble(text) {
    status.textContent = text;
    status.classList.add("tutor-trouble");
  }

  function gone() {
    clearTimeout(asked);
    trouble(GONE);
    ended = true;
    if (!latest) return;
    latest = { ...latest, playing: false };
    controls.show(latest);
  }

  function send(what, value) {
    try {
      post(what, value);
    } catch { // there is no way to the kernel any more
      return gone();
    }
    if (what === "ack") return;
    if (what === "pause") status.textContent = PAUSING;
    asked ??= setTimeout(() => {
      status.textContent = controls.pausing ? PAUSING : "Working …";
      asked = setTimeout(() => {
        trouble(controls.pausing ? PAUSING : "No answer yet: the kernel is busy, or gone. Then run this cell again.");
      }, PATIENCE);
    }, SOON);
  }
  const controls = new Controls(send);
  const hand = new Hand(stage, send);
  const aloud = element("div", { class: "tutor-aloud", "aria-live": "polite" }); // what is read off
  let reads = [];
  let reread = false; // there is something else to read
  const root = element("div", { class: "tutor-player", role: "group", tabindex: "-1" });
  // JupyterLab's own keys are silent where this attribute is: R would make the cell raw text.
  root.dataset.lmSuppressShortcuts = "true";
  root.append(controls.root, stage.root, status, aloud);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  function draw(time) {
    if (calm.matches && time - last < CALM) return requestAnimationFrame(draw);
    const due = coming.findIndex(({ at }) => began + at > time + EARLY);
    const taken = coming.splice(0, due < 0 ? coming.length : due);
    if (coming.length) requestAnimationFrame(draw);
    taken.forEach(take);
    if (!taken.length || !latest) return;
    last = time;
    stage.draw();
    if (reread) reads = reading(stage.panels, latest.readings ?? [], (words) => (aloud.textContent = words), reads);
    else reads.forEach((one) => one.again());
    reread = false;
    if (ended) return; // a frame that was still on its way says nothing any more
    controls.show(latest);
    hand.ground = latest.ground;
    root.dataset.step = latest.step;
    root.dataset.frames = Number(root.dataset.frames ?? 0) + 1;
    stage.root.setAttribute("aria-label", latest.words);
    say(latest);
    if (seen >= TOGETHER) acknowledge();
    else if (seen) owed ??= setTimeout(acknowledge, ACKNOWLEDGED);
  }

  function take(frame) {
    seen += frame.last;
    if (frame.kind === "scene") stage.set(frame);
    else if (stage.marks.length) stage.change(frame.changes);
    else return;
    latest = { ...latest, ...frame.state };
    reread ||= frame.kind === "scene" || "readings" in frame.state;
    root.setAttribute("aria-label", latest.title);
    if (!root.isConnected || !root.classList.contains("tutor-live")) root.classList.add("tutor-live");
  }

  function acknowledge() {
    clearTimeout(owed);
    owed = null;
    if (seen) send("ack", seen);
    seen = 0;
  }

  function say({ playing, problem, words, step, ground, betterLog }) {
    const hint = ground && !step ? " Drag the point, or press Shift and an arrow, to start elsewhere."
      : betterLog ? " Press L for a logarithmic axis, which shows how small the loss is." : "";
    const said = problem ?? (controls.pausing ? PAUSING : playing ? "Playing." : words + hint);
    if (status.textContent !== said) status.textContent = said;
    status.classList.toggle("tutor-trouble", Boolean(problem));
  }

  function receive(message) {
    ended = false;
    clearTimeout(asked);
    asked = null;
    const frames = message.frames ?? [message];
    const soonest = performance.now() - frames[0].at;
    if (!coming.length) requestAnimationFrame(draw);
    began = Math.min(Math.max(began - CATCH_UP, soonest), soonest + BEHIND);
    frames.forEach((frame, i) => coming.push({ ...frame, last: Number(i === frames.length - 1) }));
  }

  function moved(event) {
    const { frame, frames } = latest;
    const to = { ArrowLeft: frame - 1, ArrowRight: frame + 1, Home: 0, End: frames - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    send("seek", to);
  }

  function key(event) {
    // The notebook would take the arrows for itself, and no slider could be moved with them.
    event.stopPropagation();
    if (event.shiftKey && event.target.type !== "range" && hand.nudge(event.key)) return event.preventDefault();
    const name = KEYS[event.key.toLowerCase()];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (latest?.frames && event.target.type !== "range") moved(event);
    if (!name) return;
    event.preventDefault();
    if (name === "play") controls.toggle();
    else send(name);
  }

  model.on("msg:custom", receive);
  model.on("comm:close", gone);
  model.on("comm_live_update", gone);
  root.addEventListener("keydown", key);
  el.append(root);
  send("hello");
  return () => {
    clearTimeout(asked);
    clearTimeout(owed);
    model.off("msg:custom", receive);
    model.off("comm:close", gone);
    model.off("comm_live_update", gone);
    try {
      post("bye");
    } catch {} // the kernel went first
  };
}
