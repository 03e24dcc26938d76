//! A collector behind TLS, signed by an authority of its own.

use forecast_telemetry::{ShutdownOutcome, build};
use tracing::dispatcher::with_default;

use crate::collector::{Collector, Identity, Transport};
use crate::support::{LIMIT, Lines, config};

#[test]
fn a_certificate_of_ones_own_is_trusted_when_it_is_named() {
    let identity = Identity::self_signed();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, &identity.certificate_pem).unwrap();
    for transport in Transport::BOTH {
        let collector = Collector::start_secured(transport, &identity);
        let trusted = [("OTEL_EXPORTER_OTLP_CERTIFICATE", file.to_str().unwrap())];
        assert_eq!(report(&collector, transport, &trusted), ShutdownOutcome::Complete);
        assert_eq!(collector.received().spans().len(), 1, "{transport:?}");
    }
}

#[test]
fn an_unknown_certificate_is_not_trusted() {
    let identity = Identity::self_signed();
    for transport in Transport::BOTH {
        let collector = Collector::start_secured(transport, &identity);
        assert_eq!(report(&collector, transport, &[]), ShutdownOutcome::Incomplete);
        assert!(collector.received().spans().is_empty(), "{transport:?}");
    }
}

fn report(collector: &Collector, transport: Transport, more: &[(&str, &str)]) -> ShutdownOutcome {
    let endpoint = format!("https://localhost:{}", collector.port);
    let mut variables = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", transport.name()),
    ];
    variables.extend(more);
    let (dispatch, telemetry) =
        build(&config(&variables).with_shutdown_timeout(LIMIT), Lines::default()).unwrap();
    with_default(&dispatch, || tracing::info_span!("work").in_scope(|| ()));
    telemetry.shutdown()
}
