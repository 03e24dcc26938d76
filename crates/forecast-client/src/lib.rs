//! Typed client of the forecast API with timeout, retry and circuit breaker.
