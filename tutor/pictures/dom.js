/* What all pages need: elements, and what of them is in the address. Comes before other scripts. */

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/* The numbers of a name in the address, where there are as many as these. */
function addressed(key, otherwise) {
  const found = new URLSearchParams(location.hash.slice(1)).get(key)?.split(",").map(Number);
  return found?.length === otherwise.length && found.every(Number.isFinite) ? found : otherwise;
}

/* Put what one sees into the address, so that a link shows it; a frame without one has none. */
function address(parts) {
  const wanted = parts.length ? `#${parts.join("&")}` : "";
  if (location.protocol !== "about:" && location.hash !== wanted) history.replaceState(null, "", wanted || location.pathname + location.search);
}
