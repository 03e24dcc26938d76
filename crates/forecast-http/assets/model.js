// What the served model is, and what it is worth: model card, backtest, feature weights.

import { at, change, count, day, element, number, percent, tenths } from "./format.js";

const WEIGHTS = 10;
/** Metrics in the order of the table; those that are shares are shown in percent. */
const METRICS = [
  ["wape", "WAPE", percent, "Σ|error| / Σ|actual|"],
  ["mae", "MAE", number, "mean absolute error"],
  ["rmse", "RMSE", number, "root mean squared error"],
  ["smape", "SMAPE", percent, "symmetric mean absolute percentage error"],
  ["mase", "MASE", number, "error against the history's own seasonal changes"],
  ["rmsse", "RMSSE", number, "the same, squared"],
  ["bias", "Bias", (share) => (share == null ? "–" : change(share)), "positive when too much was forecast"],
];

const words = (family) => family.replaceAll("-", " ");

export function showCard(info) {
  const { first, last } = info.data;
  const facts = [
    ["Model", `${info.name}, version ${info.version}`],
    ["Alias", info.alias],
    ["Kind", words(info.family)],
    ["Forecasts", `${info.target}, ${info.frequency}, up to ${info.horizon} steps ahead`],
    ["Trained", `${info.trained_at.slice(0, 16).replace("T", " ")} UTC`],
    ["Data", first ? `${day(first)} to ${day(last)}` : "–"],
    ["Series", count(info.series_count)],
    ["Quantiles", info.quantiles.join(", ") || "none"],
    ["Known ahead", info.known_future.join(", ") || "nothing"],
    ["Features", count(info.features.length)],
    ["Run", element("code", info.run_id)],
    ["Loaded from", info.origin === "cache" ? "the copy on disk" : "the registry"],
  ];
  at("card").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  at("model-badge").textContent = `${info.name} v${info.version}`;
  at("model-badge").hidden = false;
}

export function showImportance({ importance }) {
  at("importance-section").hidden = importance.length === 0;
  const most = Math.max(...importance.map((weight) => weight.share), 0) || 1;
  at("importance").replaceChildren(...importance.slice(0, WEIGHTS).map(({ feature, share }) => {
    const bar = element("div", null, { class: "bar" });
    bar.style.width = `${(Math.max(0, share) / most) * 100}%`;
    return element("li", [
      element("span", feature, { class: "name", title: feature }),
      element("span", bar, { "aria-hidden": "true" }),
      element("span", percent(share), { class: "share" }),
    ]);
  }));
}

export function showAccuracy({ champion, baseline, improvement, leaderboard, windows }) {
  const compared = baseline && baseline.family !== champion.family ? baseline : null;
  at("headline").replaceChildren(...headline(champion, compared, improvement.wape));
  at("coverage").replaceChildren(...coverage(champion.quantiles, windows));
  const heads = ["Metric", words(champion.family), ...(compared ? [words(compared.family), "Less error"] : [])];
  at("accuracy-head").replaceChildren(headRow(heads));
  at("accuracy-body").replaceChildren(...METRICS.filter(([name]) => name in champion.metrics).map(([name, title, show, meaning]) => {
    const cells = [element("td", show(champion.metrics[name]))];
    if (compared) cells.push(element("td", show(compared.metrics[name])), gain(name === "bias" ? null : improvement[name]));
    return element("tr", [element("th", element("abbr", title, { title: meaning }), { scope: "row" }), ...cells]);
  }));
  showLeaderboard(leaderboard, champion);
}

function headline(champion, baseline, gained) {
  const wape = champion.metrics.wape;
  if (wape == null) return [];
  if (!baseline || gained == null) return [element("strong", percent(wape)), "weighted absolute error (WAPE)"];
  const kind = gained >= 0 ? "better" : "worse";
  return [
    element("strong", percent(Math.abs(gained)), { class: kind }),
    `${gained >= 0 ? "less" : "more"} error than ${words(baseline.family)}: WAPE ${percent(wape)} against ${percent(baseline.metrics.wape)}`,
  ];
}

/** How often what happened lay at or below the outermost quantiles. */
function coverage(quantiles, windows) {
  const over = `Measured over ${windows} backtest window${windows === 1 ? "" : "s"}.`;
  const measured = quantiles.filter((quantile) => quantile.coverage != null);
  if (measured.length === 0) return [over];
  const told = ({ level, coverage }) => `${percent(coverage)} at or below the ${Math.round(level * 1000) / 10} % quantile`;
  const [low, high] = [measured[0], measured.at(-1)];
  const parts = low === high ? [told(high)] : [told(low), told(high)];
  // No quantile of a count lies below 0: where many values are 0, low quantiles cover more than they say.
  const many = low.coverage > low.level + 0.05 ? " Low quantiles cover more than their level where many values are 0." : "";
  return [`${over} Of the actual values, ${parts.join(" and ")}.${many}`];
}

function gain(share) {
  return share == null ? element("td", "") : element("td", percent(share), { class: tenths(share) >= 0 ? "better" : "worse" });
}

function headRow(texts) {
  return element("tr", texts.map((text) => element("th", text, { scope: "col" })));
}

function showLeaderboard(leaderboard, champion) {
  at("leaderboard-section").hidden = leaderboard.length < 2;
  at("leaderboard-title").textContent = `All ${leaderboard.length} kinds of model that were tried`;
  at("leaderboard-head").replaceChildren(headRow(["Kind", "WAPE", "RMSSE", "Bias"]));
  at("leaderboard-body").replaceChildren(...leaderboard.map(({ family, metrics }) => {
    const name = element("th", words(family), { scope: "row" });
    if (family === champion.family) name.append(element("span", "served", { class: "tag" }));
    return element("tr", [
      name,
      element("td", percent(metrics.wape)),
      element("td", number(metrics.rmsse)),
      element("td", metrics.bias == null ? "–" : change(metrics.bias)),
    ]);
  }));
}
