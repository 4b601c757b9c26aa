// The keys of a talk: a slide on, a slide back, the first, the last. Without it one scrolls.
const slides = [...document.querySelectorAll(".slides section section")];
const steps = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1 };
const ends = { Home: 0, End: slides.length - 1 };

slides.forEach((slide, i) => { slide.id = `slide-${i + 1}`; });
document.getElementById(location.hash.slice(1))?.scrollIntoView();

function shown() {
  return slides.findLastIndex((slide) => slide.getBoundingClientRect().top < innerHeight / 2);
}

addEventListener("keydown", (event) => {
  const { key, target } = event;
  const taken = event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey
    || target.closest("a, button, input, select, summary, textarea, [contenteditable], [tabindex]");
  if (taken || !(key in steps || key in ends)) return;
  event.preventDefault();
  const back = key === " " && event.shiftKey;
  const next = key in ends ? ends[key] : shown() + (back ? -1 : steps[key]);
  const slide = slides[Math.max(0, Math.min(next, slides.length - 1))];
  slide.scrollIntoView();
  history.replaceState(null, "", `#${slide.id}`);
});
