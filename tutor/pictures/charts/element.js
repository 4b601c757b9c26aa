/* An element for charts that stand in a page without a kernel: `<tutor-chart data-readings="…">`.
 *
 * Comes after reading.js; defined once, however many charts a page has. Of a page that is read yet an
 * element is there before what it holds: so the script, which stands after each, begins them too.
 */

if (!customElements.get("tutor-chart")) {
  customElements.define("tutor-chart", class extends HTMLElement {
    connectedCallback() {
      this.begin();
    }

    begin() {
      const panels = [...this.querySelectorAll(".tutor-scene > svg")];
      if (this.status || !panels.length) return;
      this.querySelector(".tutor-scene").setAttribute("role", "group"); // of panels to go to
      this.status = document.createElement("div");
      this.status.className = "tutor-aloud";
      this.status.setAttribute("aria-live", "polite");
      this.append(this.status);
      const say = (words) => (this.status.textContent = words);
      reading(panels, JSON.parse(this.dataset.readings), say);
    }
  });
}
for (const chart of document.querySelectorAll("tutor-chart")) chart.begin();
