// The page: find a series, see its history and forecast, and what the model is worth.

import { Refused, forecast, get } from "./api.js";
import { Chart, day, number } from "./chart.js";

const at = (id) => document.getElementById(id);
const LISTED = 200;
const WAIT_MS = 3000;

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text != null) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const label = (series) => Object.values(series).join(" / ") || "The only series";
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const percent = (share) => `${(share * 100).toFixed(1)} %`;

const chart = new Chart(at("chart"));
let info = null;
let current = null; // { series, history, forecast }
let range = 0; // periods of history to show; 0 is all of it
let latest = 0; // counts choices, so that a slow answer to an old one is dropped

// What the model is -----------------------------------------------------------------------------------

function showBadge() {
  at("model-badge").textContent = `${info.name} v${info.version}`;
  at("model-badge").hidden = false;
}

function showCard() {
  const range = info.data.first ? `${day(info.data.first)} to ${day(info.data.last)}` : "–";
  const facts = [
    ["Model", `${info.name}, version ${info.version} (${info.alias})`],
    ["Kind", info.family],
    ["Forecasts", `${info.target}, ${info.frequency}, up to ${info.horizon} steps ahead`],
    ["Trained", `${info.trained_at.slice(0, 16).replace("T", " ")} UTC`],
    ["On data", range],
    ["Series", new Intl.NumberFormat("en").format(info.series_count)],
    ["Quantiles", info.quantiles.join(", ") || "none"],
    ["Known ahead", info.known_future.join(", ") || "nothing"],
    ["Features", String(info.features.length)],
    ["Run", info.run_id],
  ];
  at("card").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

function showImportance() {
  at("importance-section").hidden = info.importance.length === 0;
  const most = Math.max(...info.importance.map((weight) => weight.share), 0) || 1;
  at("importance").replaceChildren(...info.importance.slice(0, 10).map(({ feature, share }) => {
    const item = element("li");
    const track = element("span");
    const bar = element("div", null, { class: "bar" });
    bar.style.width = `${Math.max(0, share / most) * 100}%`;
    track.append(bar);
    item.append(element("span", feature, { class: "name", title: feature }), track, element("span", percent(share), { class: "share" }));
    return item;
  }));
}

function showAccuracy({ champion, baseline, improvement }) {
  const names = { wape: "WAPE", mae: "MAE", rmse: "RMSE", smape: "SMAPE", mase: "MASE", rmsse: "RMSSE", bias: "Bias" };
  const headline = at("headline");
  const gain = improvement.wape;
  if (gain != null && champion.family !== baseline.family) {
    const word = gain >= 0 ? "less error" : "more error";
    headline.replaceChildren(
      element("strong", percent(Math.abs(gain)), { class: gain >= 0 ? "better" : "worse" }),
      `${word} than ${baseline.family} (WAPE ${number(champion.metrics.wape)} against ${number(baseline.metrics.wape)})`,
    );
  } else {
    headline.textContent = champion.metrics.wape == null ? "" : `WAPE ${number(champion.metrics.wape)}`;
  }
  const head = element("tr");
  head.append(...["Metric", champion.family, ...(baseline ? [baseline.family, "Gain"] : [])].map((text) => element("th", text, { scope: "col" })));
  at("accuracy-head").replaceChildren(head);
  at("accuracy-body").replaceChildren(...Object.keys(names).filter((name) => name in champion.metrics).map((name) => {
    const line = element("tr");
    line.append(element("th", names[name], { scope: "row" }), element("td", number(champion.metrics[name])));
    if (baseline) {
      const gain = name === "bias" ? null : improvement[name];
      line.append(element("td", number(baseline.metrics[name])),
        element("td", gain == null ? "" : percent(gain), { class: gain >= 0 ? "better" : "worse" }));
    }
    return line;
  }));
}

// Finding a series ------------------------------------------------------------------------------------

function showList({ total, series }) {
  at("found").textContent = total > series.length ? `${total} series, the first ${series.length} listed` : `${total} series`;
  at("series").replaceChildren(...series.map((key) => {
    const item = element("li");
    const button = element("button", label(key), { type: "button" });
    button.dataset.key = JSON.stringify(key);
    button.addEventListener("click", () => choose(key));
    item.append(button);
    return item;
  }));
  markCurrent();
}

function markCurrent() {
  for (const button of at("series").querySelectorAll("button")) {
    const isCurrent = current != null && same(JSON.parse(button.dataset.key), current.series);
    button.setAttribute("aria-current", String(isCurrent));
  }
}

let searches = 0;
async function search() {
  const mine = ++searches;
  const found = await get("/series", { query: at("query").value, limit: String(LISTED) });
  if (mine === searches) showList(found);
  return found;
}

// A series with its forecast --------------------------------------------------------------------------

async function choose(series) {
  const mine = ++latest;
  current = { series, history: null, forecast: null };
  markCurrent();
  history.replaceState(null, "", `#${new URLSearchParams(series)}`);
  at("chart-title").textContent = label(series);
  at("chart-error").hidden = true;
  const [past, ahead] = await Promise.allSettled([get("/series/history", series), forecast(series)]);
  if (mine !== latest) return;
  const problem = [past, ahead].find((answer) => answer.status === "rejected")?.reason;
  at("chart-error").hidden = !problem;
  at("chart-error").textContent = problem?.message ?? "";
  current.history = past.value ?? null;
  current.forecast = ahead.value?.forecasts[0] ?? null;
  showSeries();
}

function showSeries() {
  const { history, forecast } = current;
  at("numbers").hidden = !forecast;
  if (!history) return chart.clear();
  const from = range > 0 ? Math.max(0, history.values.length - range) : 0;
  chart.show(
    { timestamps: history.timestamps.slice(from), values: history.values.slice(from) },
    forecast, info.target,
  );
  if (!forecast) {
    at("chart-summary").textContent = `${info.target}, ${info.frequency}`;
    return;
  }
  const total = forecast.mean.reduce((sum, value) => sum + value, 0);
  at("chart-summary").textContent =
    `${number(total)} ${info.target} expected from ${day(forecast.start)} to ${day(forecast.timestamps.at(-1))}`;
  showNumbers(forecast);
}

function showNumbers(forecast) {
  const levels = Object.keys(forecast.quantiles).sort((a, b) => a - b);
  const head = element("tr");
  head.append(...["Date", "Mean", ...levels.map((level) => `q${level}`)].map((text) => element("th", text, { scope: "col" })));
  at("numbers-head").replaceChildren(head);
  at("numbers-body").replaceChildren(...forecast.timestamps.map((time, step) => {
    const line = element("tr");
    line.append(element("th", day(time), { scope: "row" }), element("td", number(forecast.mean[step])),
      ...levels.map((level) => element("td", number(forecast.quantiles[level][step]))));
    return line;
  }));
}

function showRanges() {
  const lengths = [["Recent", Math.max(4 * info.horizon, 30)], ["All", 0]];
  range = lengths[0][1];
  const buttons = lengths.map(([name, length]) => {
    const button = element("button", name, { type: "button", "aria-pressed": String(length === range) });
    button.addEventListener("click", () => {
      range = length;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      if (current) showSeries();
    });
    return button;
  });
  at("ranges").replaceChildren(...buttons);
}

// From the start --------------------------------------------------------------------------------------

function notice(text) {
  at("notice").hidden = !text;
  at("notice").textContent = text ?? "";
}

/** The series that the address names, else the first one. */
function wanted(first) {
  const named = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const isWhole = info.key_columns.length > 0 && info.key_columns.every((name) => name in named);
  return isWhole ? Object.fromEntries(info.key_columns.map((name) => [name, named[name]])) : first;
}

async function start() {
  try {
    // Asked first: a service without a model says why, and is no error of the page.
    const health = await get("/health");
    if (!health.model) {
      notice(`Not ready: ${health.reason}`);
      setTimeout(start, WAIT_MS);
      return;
    }
    notice(health.reason ? `Note: ${health.reason}` : null);
    const [card, metrics] = await Promise.all([get("/model/info"), get("/model/metrics")]);
    info = card;
    showBadge();
    showCard();
    showImportance();
    showAccuracy(metrics);
    showRanges();
    const found = await search();
    if (found.series.length > 0) await choose(wanted(found.series[0]));
    document.body.dataset.ready = "true";
  } catch (error) {
    notice(error instanceof Refused ? error.message : `The page failed: ${error.message}`);
    if (!(error instanceof Refused)) throw error;
    setTimeout(start, WAIT_MS);
  }
}

let typing = 0;
at("query").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => search().catch((error) => notice(error.message)), 120);
});
start();
