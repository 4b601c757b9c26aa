/* The pages of the course: contents, search, light and dark, and what is loaded when it is wanted. */

const root = document.documentElement;
const at = (id) => document.getElementById(id);

at("theme").addEventListener("click", () => {
  const dark = root.dataset.jpThemeLight !== "false";
  root.dataset.jpThemeLight = String(!dark);
  localStorage.setItem("theme", dark ? "dark" : "light");
});

at("menu").addEventListener("click", () => {
  const open = at("contents").classList.toggle("open");
  at("menu").setAttribute("aria-expanded", String(open));
});
at("contents").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });

/* Pictures come when they are nearly in sight. */
function load(src) {
  const script = document.createElement("script");
  script.src = src;
  document.head.append(script);
}

globalThis.tutorPart = (name, html) => {
  const place = document.querySelector(`[data-part="${name}"]`);
  place.innerHTML = html;
  place.style.minHeight = "0";
};

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    load(`parts/${target.dataset.part}.js`);
  }
}, { rootMargin: "400px" });
for (const part of document.querySelectorAll("[data-part]")) seen.observe(part);

/* What is live is loaded when it is opened. */
for (const live of document.querySelectorAll(".live")) {
  live.addEventListener("toggle", () => {
    if (!live.open || live.querySelector("iframe")) return;
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: live.dataset.src, title: "The same, computed in this page" });
    live.append(frame);
  });
}

/* Exercises whose answer is a number, or a few. */
function numberOf(text) {
  const [above, below = "1"] = text.split("/").map((part) => part.trim());
  return above && below ? Number(above.replace("−", "-")) / Number(below) : NaN;
}

for (const form of document.querySelectorAll("form.try")) {
  const bytes = Uint8Array.from(atob(form.dataset.try), (c) => c.charCodeAt(0));
  const { right, off, hints, learnt } = JSON.parse(new TextDecoder().decode(bytes));
  const say = (text, how) => {
    form.querySelector("output").textContent = text;
    form.dataset.found = how;
  };
  let hint = 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = form.elements.answer.value.split(/[\s,;[\]()]+/).filter(Boolean).map(numberOf);
    const close = (v, i) => Math.abs(given[i] - v) <= off * (Math.abs(v) + 1e-3) || given[i] === v;
    if (given.some(Number.isNaN) || !given.length) say("An answer is numbers, such as 0.5 or 1/2.", "");
    else if (given.length !== right.length) say(`There ${right.length === 1 ? "is one number" : `are ${right.length} numbers`} to find.`, "no");
    else if (right.every(close)) say(`✓ Right. ${learnt}`, "yes");
    else say("That is not it yet. Try again, or ask for a hint.", "no");
  });
  form.querySelector("[type=button]").addEventListener("click", () => {
    say(hints[hint] ?? "There are no more hints.", "");
    hint = Math.min(hint + 1, hints.length);
  });
}

/* Search: sections in which every word stands, those with it in the heading first. */
let sections = null;
globalThis.tutorSearch = (found) => {
  sections = found.map(([page, anchor, heading, text]) => ({ page, anchor, heading, text, low: `${heading} ${text}`.toLowerCase() }));
  search();
};

function search() {
  const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = at("hits");
  hits.hidden = !words.length || !sections;
  if (hits.hidden) return;
  const found = sections.filter(({ low }) => words.every((word) => low.includes(word)));
  const rank = ({ heading }) => words.filter((word) => heading.toLowerCase().includes(word)).length;
  found.sort((a, b) => rank(b) - rank(a));
  hits.replaceChildren(...found.slice(0, 20).map(({ page, anchor, heading, text }) => {
    const link = document.createElement("a");
    link.href = `${page}.html#${encodeURIComponent(anchor)}`;
    const where = Math.max(0, text.toLowerCase().indexOf(words[0]) - 40);
    const about = document.createElement("small");
    about.textContent = `${page.slice(0, 2)} · ${text.slice(where, where + 120)}`;
    link.append(heading, about);
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
  if (!found.length) hits.textContent = "Nothing is called so.";
}

at("search").addEventListener("focus", () => sections ?? load("search.js"), { once: true });
at("search").addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") at("hits").hidden = true;
  if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    at("search").focus();
  }
});
