// The documentation page: openapi.json as something to read.

import { get } from "./api.js";
import { at, element, prose } from "./format.js";

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return element("a", name, { href: `#type-${name}` });
  }
  if (schema.oneOf) return schema.oneOf.filter((one) => one.type !== "null").map(typeOf)[0] ?? "";
  const kind = [schema.type].flat().filter((type) => type && type !== "null").join(" or ");
  if (kind === "array") return element("span", ["list of ", typeOf(schema.items)]);
  if (kind === "object" && schema.additionalProperties) return element("span", ["object of ", typeOf(schema.additionalProperties)]);
  return kind || "any";
}

function table(heads, lines) {
  const head = element("tr", heads.map((text) => element("th", text, { scope: "col" })));
  return element("div", element("table", [element("thead", head), element("tbody", lines)]), { class: "scroll" });
}

const line = (...cells) => element("tr", cells.map((cell) => element("td", cell)));

function operation(path, method, description) {
  const parts = [element("h3", [element("span", method.toUpperCase(), { class: "method" }), element("code", path), description.summary ?? ""])];
  if (description.description) parts.push(element("p", prose(description.description), { class: "quiet" }));
  if (description.parameters?.length) {
    parts.push(element("h4", "Parameters"), table(["Name", "Type", "Meaning"], description.parameters.map((parameter) =>
      line(element("code", parameter.name), typeOf(parameter.schema), prose(parameter.description)))));
  }
  const body = description.requestBody?.content?.["application/json"]?.schema;
  if (body) parts.push(element("h4", "Body"), element("p", typeOf(body)));
  parts.push(element("h4", "Answers"), table(["Status", "Type", "Meaning"], Object.entries(description.responses).map(([status, answer]) =>
    line(element("code", status), typeOf(Object.values(answer.content ?? {})[0]?.schema), prose(answer.description)))));
  return element("section", parts, { class: "card" });
}

function type(name, schema) {
  const required = schema.required ?? [];
  const lines = Object.entries(schema.properties ?? {}).map(([field, of]) =>
    line([element("code", field), required.includes(field) ? "" : " (optional)"], typeOf(of), prose(of.description)));
  return element("section", [
    element("h3", name), element("p", prose(schema.description), { class: "quiet" }), table(["Field", "Type", "Meaning"], lines),
  ], { class: "card", id: `type-${name}` });
}

/** A question that the served model answers. */
async function answerable() {
  const [{ horizon, quantiles }, { series }] = await Promise.all([get("/model/info"), get("/series", { limit: 1 })]);
  return { series, horizon, quantiles };
}

const api = await get("/openapi.json");
at("title").textContent = `${api.info.title} ${api.info.version}`;
at("about").replaceChildren(...prose(api.info.description));
const question = JSON.stringify(await answerable().catch(() => api.components.schemas.ForecastRequest.example));
const quoted = `'${question.replaceAll("'", "'\\''")}'`;
at("example").textContent = `curl -sS -H 'content-type: application/json' -d ${quoted} ${location.origin}/forecast`;
const groups = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, description] of Object.entries(methods)) {
    const group = description.tags?.[0] ?? "Other";
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(operation(path, method, description));
  }
}
at("operations").replaceChildren(...[...groups].flatMap(([group, sections]) => {
  const stack = element("div", sections, { class: "stack" });
  return [element("h2", group), stack];
}));
at("types").replaceChildren(element("div", Object.entries(api.components.schemas).map(([name, schema]) => type(name, schema)), { class: "stack" }));
at("codes").replaceChildren(...api["x-problem-codes"].map((entry) => {
  const row = line(element("code", entry.code), String(entry.status), entry.title, prose(entry.remedy));
  row.id = entry.code;
  return row;
}));
// The table did not exist yet when the browser looked for the anchor.
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
document.body.dataset.ready = "true";
