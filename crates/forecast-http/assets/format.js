// Numbers, dates and names as people read them, and elements to put them in.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const SHARE = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A quantity: whole from 100 on, else three digits. */
export const number = (value) => (value == null ? "–" : (Math.abs(value) >= 100 ? WHOLE : SMALL).format(value));
export const count = (value) => WHOLE.format(value);
/** A share in percent, never broken between number and sign. What rounds to nothing has no sign. */
export const percent = (share) => (share == null ? "–" : `${SHARE.format(tenths(share)).replace("-", "−")}\u00a0%`);
/** A share in percent, to the tenth that is shown. */
export const tenths = (share) => Math.round(share * 1000) / 10 + 0;
/** A change, with its sign. */
export const change = (share) => `${share < 0 ? "−" : "+"}${percent(Math.abs(share))}`;

/** Times of the service have no zone: they are read and shown as UTC, so that no browser shifts them. */
export const seconds = (time) => Date.parse(`${time}Z`) / 1000;

const format = (options) => {
  const dates = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
  return (at) => dates.format(new Date(at * 1000));
};
const LONG = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const LONG_TIME = format({ weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const SHORT = format({ day: "numeric", month: "short", year: "numeric" });
export const dayOf = format({ day: "numeric", month: "short" });
export const monthOf = format({ month: "short" });
export const yearOf = format({ year: "numeric" });
export const hourOf = format({ hour: "2-digit", minute: "2-digit" });

const isMidnight = (at) => at % 86400 === 0;
/** A moment in seconds, as `Mon, 1 Dec 2025`. */
export const long = (at) => (isMidnight(at) ? LONG(at) : LONG_TIME(at));
/** A time of the service, as `1 Dec 2025`. */
export const day = (time) => SHORT(seconds(time));

/** What the steps of a frequency are called. */
export function steps(frequency, length) {
  const kinds = { hourly: "hour", daily: "day", weekly: "week", month: "month", quarter: "quarter" };
  const kind = kinds[frequency.split("-")[0]] ?? "step";
  return `${count(length)} ${kind}${length === 1 ? "" : "s"}`;
}

export const label = (series) => Object.values(series).join(" / ") || "The only series";

export function element(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  for (const part of [content].flat()) if (part != null) made.append(part);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Text with `code` in it. */
export const prose = (text) => (text ?? "").split("`").map((part, index) => (index % 2 ? element("code", part) : part));

/** A quantity as text, with its exact value for programs. */
export const quantity = (value, attributes = {}) => element("data", number(value), { value: value ?? "", ...attributes });

export const at = (id) => document.getElementById(id);
