//! The figures and their labels.

use beid_api::{ErrorCode, OperationRow};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::time::Duration;

/// Upper ends of the times of card commands, in seconds. Most commands take 5 to 100 ms, a signature up to a second.
const COMMAND_TIMES: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Figures of one daemon.
pub struct Metrics {
    registry: Registry,
    operations: Family<OperationLabels, Counter>,
    dialogs: Family<DialogLabels, Counter>,
    commands: Family<CommandLabels, Histogram, fn() -> Histogram>,
    readers: Family<ReaderLabels, Gauge>,
    card_service: Gauge,
    records_waiting: Gauge,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OperationLabels {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct DialogLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct CommandLabels {
    command: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ReaderLabels {
    card: &'static str,
}

/// Way in which an operation has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OperationEnd {
    /// With an answer.
    Answered,
    /// With this error.
    Refused(ErrorCode),
    /// Without either: its caller has left, or cancelled it.
    Abandoned,
}

impl OperationEnd {
    fn word(self) -> &'static str {
        match self {
            Self::Answered => "ok",
            Self::Refused(code) => code.code(),
            Self::Abandoned => "abandoned",
        }
    }
}

/// Way in which one page of a dialog has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DialogEnd {
    /// The person has typed something, gone on or agreed.
    Answered,
    /// The person has refused.
    Declined,
    /// The person has not answered in time.
    TimedOut,
    /// It could not be shown.
    NotShown,
}

impl DialogEnd {
    fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::TimedOut => "timed-out",
            Self::NotShown => "not-shown",
        }
    }
}

/// State of a desk at one moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DeskState {
    /// Number of readers without a card.
    pub empty: u32,
    /// Number of readers with a card that can be worked with.
    pub ready: u32,
    /// Number of readers with a card that is being recognised, or cannot be worked with.
    pub other: u32,
    /// Number of records that the institution's database has not confirmed; 0 where none is set.
    pub records_waiting: u64,
    /// True if the smart card service answers.
    pub card_service: bool,
}

impl Metrics {
    /// Makes the figures, all at zero, of this version.
    #[must_use]
    pub fn new(version: &'static str) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("beidd"),
            operations: Family::default(),
            dialogs: Family::default(),
            commands: Family::new_with_constructor(|| Histogram::new(COMMAND_TIMES)),
            readers: Family::default(),
            card_service: Gauge::default(),
            records_waiting: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "operations",
            "Operations that have ended, by outcome",
            metrics.operations.clone(),
        );
        registry.register(
            "dialogs",
            "Pages of dialogs with a person, by outcome",
            metrics.dialogs.clone(),
        );
        let times = "Time of commands to cards, until the answer";
        registry.register_with_unit("card_command", times, Unit::Seconds, metrics.commands.clone());
        registry.register("readers", "Readers, by the card in them", metrics.readers.clone());
        let service = "Whether the smart card service answers: 1 or 0";
        registry.register("card_service_available", service, metrics.card_service.clone());
        let waiting = "Records of evidence that the institution's database has not confirmed";
        registry.register("evidence_records_waiting", waiting, metrics.records_waiting.clone());
        registry.register("build", "Version of beidd", Info::new([("version", version)]));
        metrics
    }

    /// Counts an operation that has ended.
    pub fn operation_ended(&self, operation: &'static OperationRow, end: OperationEnd) {
        let labels = OperationLabels {
            operation: operation.name,
            outcome: end.word(),
        };
        self.operations.get_or_create(&labels).inc();
    }

    /// Counts a page of a dialog that has ended.
    pub fn dialog_ended(&self, end: DialogEnd) {
        self.dialogs.get_or_create(&DialogLabels { outcome: end.word() }).inc();
    }

    /// Notes the time of a command to a card; of the command only its instruction is looked at.
    pub fn card_command(&self, command: &[u8], took: Duration) {
        let command = instruction(command);
        let histogram = self.commands.get_or_create(&CommandLabels { command });
        histogram.observe(took.as_secs_f64());
    }

    /// Writes everything as OpenMetrics, with the state of now.
    ///
    /// # Errors
    /// None in practice: a string takes everything.
    pub(crate) fn encode(&self, desk: DeskState) -> Result<String, fmt::Error> {
        for (card, count) in [("none", desk.empty), ("ready", desk.ready), ("other", desk.other)] {
            self.readers.get_or_create(&ReaderLabels { card }).set(count.into());
        }
        self.card_service.set(desk.card_service.into());
        self.records_waiting
            .set(i64::try_from(desk.records_waiting).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Name of the instruction of a command.
///
/// Source: ISO 7816-4, table 4.2, and the Belgian card's own.
fn instruction(command: &[u8]) -> &'static str {
    match command.get(1) {
        Some(0xA4) => "select",
        Some(0xB0) => "read-binary",
        Some(0x20) => "verify",
        Some(0x24) => "change-reference-data",
        Some(0x22) => "manage-security-environment",
        Some(0x2A) => "compute-signature",
        Some(0x88) => "internal-authenticate",
        Some(0xC0) => "get-response",
        Some(0xE4) => "get-card-data",
        Some(0xE6) => "log-off",
        Some(_) | None => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::OPERATIONS;

    #[test]
    fn figures_are_counted_under_fixed_words_only() {
        let metrics = Metrics::new("1.2.3");
        let operation = &OPERATIONS[0];
        metrics.operation_ended(operation, OperationEnd::Answered);
        metrics.operation_ended(operation, OperationEnd::Answered);
        metrics.operation_ended(operation, OperationEnd::Refused(ErrorCode::NoCard));
        metrics.operation_ended(operation, OperationEnd::Abandoned);
        metrics.dialog_ended(DialogEnd::TimedOut);
        // What follows the instruction, such as the block of a PIN, is in no label.
        metrics.card_command(
            &[0x00, 0x20, 0x00, 0x01, 0x08, 0x24, 0x12, 0x34],
            Duration::from_millis(30),
        );
        metrics.card_command(&[0x80], Duration::from_secs(20));
        let desk = DeskState {
            empty: 1,
            ready: 2,
            records_waiting: 7,
            ..DeskState::default()
        };
        let text = metrics.encode(desk).unwrap();
        for line in [
            format!(
                "beidd_operations_total{{operation=\"{}\",outcome=\"ok\"}} 2",
                operation.name
            ),
            format!(
                "beidd_operations_total{{operation=\"{}\",outcome=\"no-card\"}} 1",
                operation.name
            ),
            format!(
                "beidd_operations_total{{operation=\"{}\",outcome=\"abandoned\"}} 1",
                operation.name
            ),
            "beidd_dialogs_total{outcome=\"timed-out\"} 1".to_owned(),
            "beidd_card_command_seconds_bucket{le=\"0.025\",command=\"verify\"} 0".to_owned(),
            "beidd_card_command_seconds_bucket{le=\"0.05\",command=\"verify\"} 1".to_owned(),
            "beidd_card_command_seconds_count{command=\"other\"} 1".to_owned(),
            "beidd_readers{card=\"ready\"} 2".to_owned(),
            "beidd_card_service_available 0".to_owned(),
            "beidd_evidence_records_waiting 7".to_owned(),
            "beidd_build_info{version=\"1.2.3\"} 1".to_owned(),
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
