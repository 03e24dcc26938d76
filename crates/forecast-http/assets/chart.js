// A series' history with the fan of its forecast, drawn by uPlot; the values under the pointer, or under
// the arrow keys, stand above it.

/* global uPlot */

import { at, dayOf, element, hourOf, long, monthOf, number, quantity, seconds, yearOf } from "./format.js";

const DAY = 86400;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const translucent = (name, share) => colour(name) + Math.round(share * 255).toString(16).padStart(2, "0");

/** Quantiles as intervals, the widest first, and the median where there is one. */
function intervals(quantiles) {
  const levels = Object.keys(quantiles).sort((a, b) => a - b);
  const bands = [];
  for (let low = 0, high = levels.length - 1; low < high; low++, high--) bands.push([levels[low], levels[high]]);
  const middle = levels.length % 2 ? levels[(levels.length - 1) / 2] : null;
  return { bands, middle };
}

/** Columns of the chart: times, history, mean, then upper and lower bound of every band. */
function columns({ history, forecast }, bands) {
  const times = [...history.timestamps, ...(forecast?.timestamps ?? [])].map(seconds);
  const blank = (length) => Array(length).fill(null);
  const past = history.values.length;
  const data = [times, [...history.values, ...blank(forecast?.timestamps.length ?? 0)]];
  if (!forecast) return data;
  // The fan begins at the last known value: without a gap one sees what follows what.
  const last = past ? history.values[past - 1] : null;
  const follow = (values) => (past ? [...blank(past - 1), last, ...values] : values);
  data.push(follow(forecast.mean));
  for (const [low, high] of bands) data.push(follow(forecast.quantiles[high]), follow(forecast.quantiles[low]));
  return data;
}

/** Dates as fine as the distance of the ticks, with the year where it begins or is first seen. */
function dates(plot, splits, axis, space, step) {
  let year = null;
  return splits.map((time) => {
    const text = step < DAY ? (time % DAY === 0 ? dayOf(time) : hourOf(time)) : step < 27 * DAY ? dayOf(time) : monthOf(time);
    const isNew = yearOf(time) !== year;
    year = yearOf(time);
    return isNew ? `${text}\n${year}` : text;
  });
}

function options(width, shown, bands, hooks) {
  const line = (name, more) => ({ stroke: colour(name), points: { show: false }, ...more });
  const bound = { stroke: "transparent", width: 0, points: { show: false } };
  const series = [{}, line("--history", { width: 1.5 })];
  if (shown.forecast) series.push(line("--forecast", { width: 2.25 }), ...bands.flatMap(() => [bound, bound]));
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  return {
    width,
    height: Math.max(240, Math.min(400, Math.round(width * 0.42))),
    series,
    bands: bands.map((_, band) => ({ series: [3 + 2 * band, 4 + 2 * band], fill: translucent("--band", 0.26) })),
    axes: [{ ...axis, values: dates, space: 64, gap: 9, grid: { show: false } }, { ...axis, size: 52, values: (_, splits) => splits.map(number) }],
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.08 : 1] } },
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    padding: [8, 12, 0, 0],
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
    hooks,
  };
}

/** A dashed line where the forecast begins. */
function origin(plot, time) {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(time, "x", true);
  ctx.save();
  ctx.strokeStyle = colour("--soft");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** Draws in place of what was there before, and again whenever size or colours change. */
export class Chart {
  constructor() {
    this.element = at("chart");
    this.plot = null;
    this.shown = null;
    this.width = 0;
    this.step = 0; // which time the values above the chart are of
    new ResizeObserver(() => { if (this.element.clientWidth !== this.width) this.draw(); }).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  /** Shows a history with or without a forecast; `target` says what the values are. */
  show(history, forecast, target) {
    this.shown = { history, forecast, target };
    this.draw();
  }

  clear() {
    this.shown = null;
    this.draw();
  }

  draw() {
    this.plot?.destroy();
    this.plot = null;
    this.width = this.element.clientWidth;
    const readout = at("readout");
    readout.replaceChildren();
    readout.style.minHeight = "";
    if (!this.shown || !this.width) return;
    const { history, forecast } = this.shown;
    const bands = forecast ? intervals(forecast.quantiles).bands : [];
    const data = columns(this.shown, bands);
    const first = forecast ? history.values.length : history.values.length - 1;
    const hooks = { setCursor: [(plot) => this.read(plot.cursor.idx ?? first)] };
    if (forecast) hooks.draw = [(plot) => origin(plot, seconds(forecast.start))];
    this.plot = new uPlot(options(this.width, this.shown, bands, hooks), data, this.element);
    this.element.dataset.points = String(data[0].length);
    this.element.dataset.bands = String(bands.length);
    this.read(first);
    // The values of a forecast take more lines than those of the past: nothing may jump between the two.
    readout.style.minHeight = `${readout.offsetHeight}px`;
  }

  /** Writes the values of one time above the chart. */
  read(step) {
    const { history, forecast, target } = this.shown;
    this.step = step;
    const past = history.values.length;
    const item = (kind, name, ...values) => element("div", [element("dt", name, { class: kind }), element("dd", values)]);
    const items = [element("div", [element("dt", "Date", { class: "unseen" }), element("dd", long(this.plot.data[0][step]))], { class: "when" })];
    if (step < past) {
      items.push(item("history", target, quantity(history.values[step])));
    } else if (forecast) {
      const ahead = step - past;
      const of = (level) => quantity(forecast.quantiles[level][ahead], { "data-quantile": level });
      const { bands, middle } = intervals(forecast.quantiles);
      items.push(item("forecast", "forecast", quantity(forecast.mean[ahead], { "data-mean": "" })));
      if (middle != null) items.push(item("middle", Number(middle) === 0.5 ? "median" : `q${middle}`, of(middle)));
      for (const [depth, [low, high]] of bands.entries()) items.push(item(`band depth-${Math.min(depth, 2)}`, `${Math.round((high - low) * 1000) / 10} % interval`, of(low), " – ", of(high)));
    }
    at("readout").replaceChildren(...items);
  }

  key(event) {
    const moves = { ArrowLeft: this.step - 1, ArrowRight: this.step + 1, Home: 0, End: Infinity };
    if (!this.plot || !(event.key in moves)) return;
    event.preventDefault();
    const times = this.plot.data[0];
    const step = Math.min(times.length - 1, Math.max(0, moves[event.key]));
    this.plot.setCursor({ left: this.plot.valToPos(times[step], "x"), top: 0 });
    this.read(step);
  }
}
