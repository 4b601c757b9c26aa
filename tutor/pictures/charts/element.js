/* An element for charts that stand in a page without a kernel: `<tutor-chart data-readings="…">`.
 *
 * Comes after reading.js; defined once, however many charts a page has.
 */

if (!customElements.get("tutor-chart")) {
  customElements.define("tutor-chart", class extends HTMLElement {
    connectedCallback() {
      if (this.status) return;
      this.status = document.createElement("div");
      this.status.className = "tutor-aloud";
      this.status.setAttribute("role", "status");
      this.append(this.status);
      const panels = [...this.querySelectorAll(".tutor-scene > svg")];
      const say = (words) => (this.status.textContent = words);
      reading(panels, JSON.parse(this.dataset.readings), say);
    }
  });
}
