/* A function in a page: a field for each input, and its results. Comes after dom.js and the module of it; what
 * is in the fields is in the address. */

/* Numbers as they are typed: lists in brackets, or a table as it is pasted, a row a line. */
function typed(text) {
  const spelled = text.trim().replace(/\btrue\b/gi, "true").replace(/\bfalse\b/gi, "false");
  if (/^[[\d.+-]|^(true|false)/.test(spelled) && !/[\n\t]/.test(spelled)) return JSON.parse(spelled);
  if (spelled.startsWith("[")) return JSON.parse(spelled);
  const rows = spelled.split("\n").map((line) => line.trim().split(/[\s,;]+/).map(Number));
  return rows.every((row) => row.length === 1) ? rows.flat() : rows;
}

const kept = new URLSearchParams(location.hash.slice(1));
const fields = TOLD.inputs.map(({ name, kind, value }) => {
  const text = kept.get(name) ?? JSON.stringify(value);
  const field = element("textarea", { rows: Math.min(6, 1 + Math.floor(text.length / 90)), "aria-label": name, spellcheck: "false" });
  field.value = text;
  return [element("label", {}, element("b", {}, name), element("span", {}, kind), field), field];
});
const said = element("pre", { role: "status", "aria-live": "polite" });
const run = element("button", { type: "button" }, TOLD.updates.length ? "Call it" : "Compute");

/* Call the function; one with updates is called when the button is pressed, and not before. */
function answer() {
  try {
    const given = fields.map(([, field]) => typed(field.value));
    const found = compute(...given);
    const results = found instanceof Tensor ? [found] : Object.values(found);
    const lines = results.map((v, i) => `${TOLD.keys?.[i] ?? TOLD.outputs[i]} = ${v}`);
    if (TOLD.updates.length) lines.push(...TOLD.updates.map((key) => `${key} is now ${parameters[key]}`));
    said.textContent = lines.map((line) => (line.length > 2000 ? `${line.slice(0, 2000)} …` : line)).join("\n");
    said.classList.remove("tutor-trouble");
    const state = new URLSearchParams(fields.map(([, field], i) => [TOLD.inputs[i].name, field.value]));
    if (fields.length && String(state).length < 2000) address([state]);
  } catch (problem) {
    said.textContent = problem.message;
    said.classList.add("tutor-trouble");
  }
}

run.addEventListener("click", answer);
if (!TOLD.updates.length) {
  for (const [, field] of fields) field.addEventListener("input", answer);
  answer();
}
document.querySelector(".tutor-form").append(...fields.map(([label]) => label), run, said);
