// Finding a series among many thousands: the service searches, the list shows the first of what fits.
//
// A combobox by the practice of ARIA: the focus stays in the search box, arrows move through the list,
// Enter chooses.

import { get } from "./api.js";
import { at, count, element, label } from "./format.js";

const LISTED = 200;
const PAUSE_MS = 120;

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

export class Finder {
  /** `choose` is called with a series, `fail` with what went wrong. */
  constructor(choose, fail) {
    this.input = at("query");
    this.list = at("series");
    this.choose = choose;
    this.fail = fail;
    this.series = [];
    this.active = -1; // where the arrows are
    this.current = null; // what is shown
    this.searches = 0; // counts searches, so that a slow answer to an old one is dropped
    let typing = 0;
    this.input.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.search().catch(fail), PAUSE_MS);
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.pick(Number(option.dataset.index));
    });
    document.addEventListener("keydown", (event) => {
      const writes = event.target.closest?.("input, textarea, select") != null;
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || writes) return;
      event.preventDefault();
      this.input.focus();
    });
  }

  /** Lists what fits the search box; the answer is the list. */
  async search() {
    const mine = ++this.searches;
    const query = this.input.value.trim();
    const { total, series } = await get("/series", { query, limit: String(LISTED) });
    if (mine !== this.searches) return this.series;
    this.series = series;
    this.active = -1;
    const more = total > series.length ? `, the first ${count(series.length)} listed` : "";
    at("found").textContent = total === 0 ? `No series holds “${query}”` : `${count(total)} series${more}`;
    this.list.replaceChildren(...series.map((key, index) => {
      const option = element("li", label(key), { role: "option", id: `series-${index}` });
      option.dataset.index = String(index);
      return option;
    }));
    this.list.scrollTop = 0;
    this.mark();
    return series;
  }

  /** Notes which series is shown. */
  show(series) {
    this.current = series;
    this.mark();
  }

  key(event) {
    const last = this.series.length - 1;
    // From nowhere the arrows begin at the series that is shown.
    const from = this.active >= 0 ? this.active : this.series.findIndex((key) => same(key, this.current));
    const moves = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + 10, PageUp: from - 10 };
    if (event.key in moves && last >= 0) {
      event.preventDefault();
      this.active = Math.min(last, Math.max(0, moves[event.key]));
      this.mark();
    } else if (event.key === "Enter" && last >= 0) {
      event.preventDefault();
      this.pick(Math.max(0, this.active));
    } else if (event.key === "Escape" && this.input.value) {
      event.preventDefault();
      this.input.value = "";
      this.search().catch(this.fail);
    }
  }

  pick(index) {
    this.active = index;
    this.choose(this.series[index]);
  }

  mark() {
    for (const [index, option] of [...this.list.children].entries()) {
      option.setAttribute("aria-selected", String(same(this.series[index], this.current)));
      option.classList.toggle("active", index === this.active);
      if (index === this.active) option.scrollIntoView({ block: "nearest" });
    }
    if (this.active >= 0) this.input.setAttribute("aria-activedescendant", `series-${this.active}`);
    else this.input.removeAttribute("aria-activedescendant");
  }
}
