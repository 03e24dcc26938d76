// The service's answers, and its refusals as errors that a person can read.

export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.title || `the service answered ${status}`);
    this.code = problem.code || "unknown";
    this.status = status;
  }
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused({ code: "unreachable", detail: "the service does not answer" }, 0);
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(body, response.status);
  return body;
}

export const get = (path, parameters) =>
  ask(parameters ? `${path}?${new URLSearchParams(parameters)}` : path);

export const forecast = (series) =>
  ask("/forecast", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ series: [series] }),
  });
