// The page: find a series, see its history and forecast, and what the model is worth.

import { Refused, forecast, get } from "./api.js";
import { Chart } from "./chart.js";
import { Finder } from "./finder.js";
import { at, change, day, element, label, long, number, percent, prose, quantity, seconds, steps } from "./format.js";
import { showAccuracy, showCard, showImportance } from "./model.js";

/** How soon to look again whether there is a (new) model. */
const WAITING_MS = 3000;
const FOLLOWING_MS = 20000;
/** How many steps back the same season of the year was. */
const YEAR = { hourly: 8736, daily: 364, weekly: 52, month: 12, quarter: 4 };

const chart = new Chart();
const finder = new Finder(choose, (error) => notice(error.message));
let info = null;
let current = null; // { series, history, forecast }
let range = 0; // steps of history to show; 0 is all of it
let choices = 0; // counts choices, so that a slow answer to an old one is dropped

// A series with its forecast --------------------------------------------------------------------------

async function choose(series) {
  const mine = ++choices;
  current = { series, history: null, forecast: null };
  finder.show(series);
  history.replaceState(null, "", `#${new URLSearchParams(series)}`);
  at("chart-title").textContent = label(series);
  at("chart-section").setAttribute("aria-busy", "true");
  const [past, ahead] = await Promise.allSettled([get("/series/history", series), forecast(series)]);
  if (mine !== choices) return;
  const problem = [past, ahead].find((answer) => answer.status === "rejected")?.reason;
  at("chart-error").hidden = !problem;
  at("chart-error").replaceChildren(...prose(problem?.message));
  current.history = past.value ?? null;
  current.forecast = ahead.value?.forecasts[0] ?? null;
  at("chart-section").setAttribute("aria-busy", "false");
  showSeries();
}

function showSeries() {
  const { history, forecast } = current;
  at("numbers").hidden = !forecast;
  showSums(history, forecast);
  if (!history) {
    at("chart-summary").textContent = "";
    return chart.clear();
  }
  const from = range > 0 ? Math.max(0, history.values.length - range) : 0;
  chart.show({ timestamps: history.timestamps.slice(from), values: history.values.slice(from) }, forecast, info.target);
  at("chart-summary").textContent = forecast
    ? `${info.target}, ${info.frequency}; forecast from ${day(forecast.start)} to ${day(forecast.timestamps.at(-1))}`
    : `${info.target}, ${info.frequency}`;
  if (forecast) showNumbers(forecast);
}

const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);

/** What is expected in all, beside what there was before and a year ago. */
function showSums(history, forecast) {
  at("sums").hidden = !forecast;
  if (!forecast) return;
  const [length, total, past] = [forecast.mean.length, sum(forecast.mean), history?.values ?? []];
  const tiles = [tile(`Expected, next ${steps(info.frequency, length)}`, total)];
  const before = past.slice(-length);
  if (before.length === length) tiles.push(tile(`Last ${steps(info.frequency, length)}`, sum(before), total));
  const year = YEAR[info.frequency.split("-")[0]];
  const begin = past.length - year;
  if (begin >= 0 && length <= year) tiles.push(tile("Same time last year", sum(past.slice(begin, begin + length)), total));
  at("sums").replaceChildren(...tiles);
}

function tile(name, value, expected) {
  const parts = [quantity(value)];
  // What the forecast is against this; nothing is anything against nothing.
  if (expected != null && value > 0) parts.push(element("span", `forecast ${change(expected / value - 1)}`, { class: "change" }));
  return element("div", [element("dt", name), element("dd", parts)]);
}

function showNumbers(forecast) {
  const levels = Object.keys(forecast.quantiles).sort((a, b) => a - b);
  const heads = ["Date", "Mean", ...levels.map((level) => `${Math.round(level * 1000) / 10} %`)];
  at("numbers-head").replaceChildren(element("tr", heads.map((text) => element("th", text, { scope: "col" }))));
  at("numbers-body").replaceChildren(...forecast.timestamps.map((time, step) => element("tr", [
    element("th", long(seconds(time)), { scope: "row" }),
    element("td", number(forecast.mean[step])),
    ...levels.map((level) => element("td", number(forecast.quantiles[level][step]))),
  ])));
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

// From the start, and whenever another model answers ----------------------------------------------------

function notice(text) {
  at("notice").hidden = !text;
  at("notice").replaceChildren(...prose(text));
}

function waiting(reason) {
  at("waiting").hidden = !reason;
  at("main").hidden = Boolean(reason);
  at("waiting-reason").replaceChildren(...prose(reason));
}

/** The series that the address names, else the first one. */
function wanted(first) {
  const named = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const isWhole = info.key_columns.length > 0 && info.key_columns.every((name) => name in named);
  return isWhole ? Object.fromEntries(info.key_columns.map((name) => [name, named[name]])) : first;
}

async function load() {
  const [card, metrics] = await Promise.all([get("/model/info"), get("/model/metrics")]);
  info = card;
  waiting(null);
  showCard(info);
  showImportance(info);
  showAccuracy(metrics);
  showRanges();
  const found = await finder.search();
  const series = wanted(found[0]);
  if (series) await choose(series);
  document.body.dataset.ready = info.version;
}

/** Looks whether there is a model, and which; for as long as the page is open. */
async function follow() {
  let wait = FOLLOWING_MS;
  try {
    // Asked first: a service without a model says why, and is no error of the page.
    const { model, reason } = await get("/health");
    const isNew = model && (info?.version !== model.version || info.loaded_at !== model.loaded_at);
    if (!model) {
      info = null;
      waiting(reason);
      wait = WAITING_MS;
    } else if (isNew) {
      await load();
    }
    notice(model && reason ? `Note: ${reason}` : null);
  } catch (error) {
    notice(error instanceof Refused ? error.message : `The page failed: ${error.message}`);
    if (!(error instanceof Refused)) throw error;
    wait = WAITING_MS;
  }
  setTimeout(follow, wait);
}

window.addEventListener("hashchange", () => {
  if (info) choose(wanted(current?.series));
});
follow();
