/* A page inside of another: as high as what is in it, and in the theme around it. */
try {
  const theme = parent.document.querySelector("[data-jp-theme-light]")?.dataset.jpThemeLight;
  if (theme) {
    document.body.dataset.jpThemeLight = theme;
    document.documentElement.style.colorScheme = theme === "false" ? "dark" : "light";
  }
  const fit = () => { frameElement.style.height = `${document.documentElement.offsetHeight + 24}px`; };
  new ResizeObserver(fit).observe(document.body);
} catch {} // a viewer may keep what is inside apart: it can be scrolled then
