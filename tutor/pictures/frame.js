/* A page inside of another: as high as what is in it, and in the theme around it, which may change. */
try {
  const outside = parent.document;
  const themed = () => {
    const { theme } = outside.documentElement.dataset; // of Jupyter Book and other pages of Sphinx
    const light = outside.querySelector("[data-jp-theme-light]")?.dataset.jpThemeLight ?? (theme && String(theme !== "dark"));
    if (!light) return;
    document.body.dataset.jpThemeLight = light;
    document.documentElement.style.colorScheme = light === "false" ? "dark" : "light";
  };
  const fit = () => { frameElement.style.height = `${document.documentElement.offsetHeight + 24}px`; };
  if (parent !== window) {
    themed();
    for (const node of [outside.documentElement, outside.body]) new MutationObserver(themed).observe(node, { attributes: true });
    new ResizeObserver(fit).observe(document.body);
  }
} catch {} // a viewer may keep what is inside apart: it can be scrolled then
