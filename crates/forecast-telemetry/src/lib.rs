//! Traces, metrics and logs over OpenTelemetry: one init that returns a guard.
