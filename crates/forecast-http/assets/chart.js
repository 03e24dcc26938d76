// A series' history with the fan of its forecast, drawn by uPlot.

/* global uPlot */

// Times of the service have no zone: they are read and shown as UTC, so that no browser shifts them.
const seconds = (time) => Date.parse(`${time}Z`) / 1000;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const translucent = (name, share) =>
  colour(name) + Math.round(share * 255).toString(16).padStart(2, "0");

export const number = (value) =>
  value == null ? "–" : new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(value);
export const day = (time) => time.slice(0, 10) + (time.slice(11, 16) === "00:00" ? "" : ` ${time.slice(11, 16)}`);

/** Pairs of quantiles as far from the median, the widest first: [["0.1", "0.9"], …]. */
function pairs(quantiles) {
  const levels = Object.keys(quantiles).sort((a, b) => a - b);
  const found = [];
  for (let low = 0, high = levels.length - 1; low < high; low++, high--) found.push([levels[low], levels[high]]);
  return found;
}

/** Columns of the chart: times, history, forecast, then upper and lower bound of every band. */
function columns(history, forecast, bands) {
  const times = [...history.timestamps, ...(forecast?.timestamps ?? [])].map(seconds);
  const blank = (length) => Array(length).fill(null);
  const past = history.values.length;
  const ahead = forecast?.timestamps.length ?? 0;
  // The fan begins at the last known value: without a gap one sees what follows what.
  const last = past ? history.values[past - 1] : null;
  const follow = (values) => (past ? [...blank(past - 1), last, ...values] : values);
  const data = [times, [...history.values, ...blank(ahead)]];
  if (forecast) {
    data.push(follow(forecast.mean));
    for (const [low, high] of bands) data.push(follow(forecast.quantiles[high]), follow(forecast.quantiles[low]));
  }
  return data;
}

function axis() {
  return { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
}

function options(width, target, forecast, bands) {
  const value = (_, value) => number(value);
  const hidden = (label) => ({ label, stroke: "transparent", width: 0, points: { show: false }, value });
  const series = [
    { label: "Date", value: (_, time) => (time == null ? "–" : new Date(time * 1000).toISOString().slice(0, 10)) },
    { label: target, stroke: colour("--history"), width: 1.5, points: { show: false }, value },
  ];
  if (forecast) {
    series.push({ label: "forecast", stroke: colour("--forecast"), width: 2.5, points: { show: false }, value });
    for (const [low, high] of bands) series.push(hidden(`q${high}`), hidden(`q${low}`));
  }
  const first = forecast ? seconds(forecast.start) : null;
  return {
    width,
    height: Math.max(260, Math.min(420, Math.round(width * 0.45))),
    series,
    bands: bands.map((_, band) => ({ series: [3 + 2 * band, 4 + 2 * band], fill: translucent("--band", 0.28) })),
    axes: [axis(), { ...axis(), size: 58 }],
    scales: { y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
    hooks: { draw: first == null ? [] : [(plot) => originLine(plot, first)] },
  };
}

/** A dashed line where the forecast begins. */
function originLine(plot, time) {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(time, "x", true);
  ctx.save();
  ctx.strokeStyle = colour("--soft");
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** Draws into an element, in place of what it showed before, and again whenever size or colours change. */
export class Chart {
  constructor(element) {
    this.element = element;
    this.plot = null;
    this.shown = null;
    this.width = 0;
    new ResizeObserver(() => { if (element.clientWidth !== this.width) this.draw(); }).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

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
    if (!this.shown || !this.width) return;
    const { history, forecast, target } = this.shown;
    const bands = forecast ? pairs(forecast.quantiles) : [];
    this.plot = new uPlot(options(this.width, target, forecast, bands), columns(history, forecast, bands), this.element);
    this.element.dataset.points = String(this.plot.data[0].length);
    this.element.dataset.bands = String(bands.length);
  }
}
