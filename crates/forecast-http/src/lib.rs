//! The HTTP forecast API: routes, wire types, errors, OpenAPI, readiness, hot swap, page.
