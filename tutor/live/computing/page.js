/* A run that is computed in the page, in place of the kernel: it answers the player as Python does.
 *
 * Comes after player.js. The worker is made of WORKER, the text of a script; the state is in the
 * address, so that a link shows what one sees.
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
    if (start || rate || step) this.worker.postMessage({ do: "begin", value: { start, rate, step } });
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
  keep({ start, rate, step }) {
    const parts = [];
    if (step) parts.push(`step=${step}`);
    if (this.moved?.rate && rate) parts.push(`rate=${rate.value}`);
    if (this.moved?.start) parts.push(`start=${start.join(",")}`);
    const wanted = parts.length ? `#${parts.join("&")}` : "";
    if (location.hash !== wanted) history.replaceState(null, "", wanted || location.pathname + location.search);
  }
}

document.querySelector(".tutor-before-player").hidden = true;
globalThis.tutorComputed = new Computed(WORKER);
render({ model: globalThis.tutorComputed, el: document.body });
