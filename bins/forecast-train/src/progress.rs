//! How far the run has come: bars with a time to go on a terminal, plain lines elsewhere.

use std::io::{self, Write};
use std::sync::Mutex;

use forecast_pipeline::{IngestStage, Phase, TrainingEvent, TrainingObserver};
use indicatif::{ProgressBar, ProgressStyle};

use crate::say::say;

const COUNTED: &str = "{prefix:>12.cyan} {bar:30} {pos}/{len} {wide_msg} {eta:>4} left";
const BYTES: &str =
    "{prefix:>12.cyan} {bar:30} {decimal_bytes}/{decimal_total_bytes} {wide_msg} {eta:>4} left";
const OPEN: &str = "{prefix:>12.cyan} {spinner} {wide_msg} {elapsed}";

/// An observer that draws on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    terminal: bool,
    /// What the bar is about.
    phase: Mutex<String>,
}

impl Progress {
    /// Draws bars on a terminal, writes lines otherwise.
    pub(crate) fn new(terminal: bool) -> Self {
        let bar = if terminal { ProgressBar::no_length() } else { ProgressBar::hidden() };
        // Nothing is shown before the first phase.
        if let Ok(empty) = ProgressStyle::with_template("") {
            bar.set_style(empty);
        }
        Self { bar, terminal, phase: Mutex::new(String::new()) }
    }

    /// A writer for log lines that does not tear the bar.
    pub(crate) fn log_writer(&self) -> impl Fn() -> LogLine + Send + Sync + 'static {
        let bar = self.bar.clone();
        move || LogLine(bar.clone())
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Begins a phase unless it is the present one. Where there is no bar, a phase is a line.
    fn enter(&self, phase: &str, style: &str) {
        let Ok(mut current) = self.phase.lock() else { return };
        if *current == phase {
            return;
        }
        phase.clone_into(&mut current);
        if self.terminal {
            if let Ok(style) = ProgressStyle::with_template(style) {
                self.bar.set_style(style.progress_chars("━╸ "));
            }
            self.bar.reset();
            self.bar.set_message("");
            self.bar.set_prefix(phase.to_owned());
        } else {
            say(format_args!("{phase} …"));
        }
    }

    fn say(&self, line: &str) {
        if self.terminal {
            self.bar.suspend(|| say(format_args!("{line}")));
        } else {
            say(format_args!("{line}"));
        }
    }
}

impl TrainingObserver for Progress {
    fn event(&self, event: TrainingEvent<'_>) {
        match event {
            TrainingEvent::Started { run_id, url } => {
                self.say(&format!("run {run_id}{}", url.map(|url| format!("  {url}")).unwrap_or_default()));
            }
            TrainingEvent::Reading(progress) => {
                let phase = match progress.stage {
                    IngestStage::Reading => "Reading",
                    IngestStage::Assembling => "Checking",
                    IngestStage::Profiling => "Describing",
                };
                self.enter(phase, BYTES);
                self.bar.set_length(progress.bytes_total);
                self.bar.set_position(progress.bytes_read);
                self.bar.set_message(format!("{} rows", progress.rows));
            }
            TrainingEvent::Read(quality) => {
                self.say(&format!(
                    "{} rows, {} series, {} from {} to {}",
                    quality.rows_read, quality.series, quality.frequency, quality.first, quality.last
                ));
                for finding in quality
                    .findings
                    .iter()
                    .filter(|finding| finding.severity > forecast_pipeline::Severity::Info)
                {
                    self.say(&format!("warning: {finding}"));
                }
            }
            TrainingEvent::Modelling(progress) => {
                let phase = label(progress.phase);
                // A bar shows how far it is; lines say each quarter.
                let quarter = 25 * (4 * progress.done / progress.total.max(1));
                match (self.terminal, quarter) {
                    (false, 25..) => self.enter(&format!("{phase} {quarter} %"), COUNTED),
                    _ => self.enter(phase, COUNTED),
                }
                self.bar.set_length(progress.total);
                self.bar.set_position(progress.done);
                self.bar.set_message(progress.label.clone());
            }
            TrainingEvent::Recording(what) => {
                if self.terminal {
                    self.enter("Recording", OPEN);
                    self.bar.set_message(what);
                } else {
                    self.enter(&format!("Recording {what}"), OPEN);
                }
            }
            _ => {}
        }
    }
}

/// A phase as people call it.
fn label(phase: Phase) -> &'static str {
    match phase {
        Phase::Features => "Features",
        Phase::Backtest => "Backtest",
        Phase::Refit => "Fitting",
        Phase::Calibrate => "Calibrating",
    }
}

/// One log line, written above the bar.
pub(crate) struct LogLine(ProgressBar);

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
