//! Identity readings: recording one, and looking at those of before.

use super::CommandFailure;
use super::arguments::{ReadingCommand, ReadingPeriod, ReadingPut};
use super::input::member;
use super::output::Printer;
use super::place::OutputPlace;
use super::render;
use super::session::Session;
use beid_api::operations::{CountIdentityReadings, ListIdentityReadings, RecordIdentityReading};
use beid_api::types as t;
use serde_json::{Value, json};
use std::path::Path;

/// Runs one of the commands.
pub(super) async fn run(session: &Session, command: &ReadingCommand, printer: &Printer) -> Result<(), CommandFailure> {
    match command {
        ReadingCommand::Put(put) => {
            let request = put.request()?;
            session
                .show::<RecordIdentityReading>(&request, printer, render::reading)
                .await
        }
        ReadingCommand::List(period) => {
            let request = period.request(None)?;
            session
                .show::<ListIdentityReadings>(&request, printer, render::readings)
                .await
        }
        ReadingCommand::Counts(period) => {
            let request = period.counts()?;
            session
                .show::<CountIdentityReadings>(&request, printer, render::reading_counts)
                .await
        }
        ReadingCommand::Export { period, out, writing } => {
            let place = OutputPlace::open(out, writing.force)?;
            export(session, period, out, place, printer).await
        }
    }
}

impl ReadingPut {
    fn request(&self) -> Result<t::IdentityReadingRequest, CommandFailure> {
        let of_chip = self.way == "chip";
        let patient = self.patient.clone();
        let expected = patient.clone().filter(|_| of_chip);
        let way = member("way", Some(self.way.as_str()))?;
        Ok(t::IdentityReadingRequest {
            way: way.ok_or_else(|| CommandFailure::usage("a way of reading is needed"))?,
            card_id: self.card.named(),
            support: member("support", self.support.as_deref())?,
            serial_number: self.number.clone(),
            national_number: patient.filter(|_| !of_chip),
            manual_reason: member("manualReason", self.reason.as_deref())?,
            vignette_reason: member("vignetteReason", self.vignette_reason.as_deref())?,
            read_at: member("readAt", self.at.as_deref())?,
            service_date: member("serviceDate", self.service_date.as_deref())?,
            provider: self.provider.clone().map(|nihii| t::ReadingProvider { nihii }),
            profession: member("profession", self.profession.as_deref())?,
            patient: expected.map(|national_number| t::ReadingPatient { national_number }),
            reference: self.reference.clone(),
            encodings: None,
        })
    }
}

impl ReadingPeriod {
    fn request(&self, after: Option<String>) -> Result<t::IdentityReadingsRequest, CommandFailure> {
        Ok(t::IdentityReadingsRequest {
            from: member("from", self.from.as_deref())?,
            to: member("to", self.to.as_deref())?,
            after,
        })
    }

    fn counts(&self) -> Result<t::ReadingCountsRequest, CommandFailure> {
        Ok(t::ReadingCountsRequest {
            from: member("from", self.from.as_deref())?,
            to: member("to", self.to.as_deref())?,
        })
    }
}

/// Writes every reading of the period, in the form that the name of the file asks for.
async fn export(
    session: &Session,
    period: &ReadingPeriod,
    out: &Path,
    place: OutputPlace,
    printer: &Printer,
) -> Result<(), CommandFailure> {
    let (mut readings, mut members, mut withheld, mut after) = (Vec::new(), Vec::new(), 0, None);
    loop {
        let reply = session.call::<ListIdentityReadings>(&period.request(after)?).await?;
        // As the service wrote them, members that are newer than this program included.
        let listed = reply.members.get("readings").and_then(Value::as_array).cloned();
        members.extend(listed.unwrap_or_default());
        readings.extend(reply.answer.readings);
        withheld += reply.answer.withheld;
        after = reply.answer.next;
        if after.is_none() {
            break;
        }
    }
    let is_csv = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let text = if is_csv {
        render::readings_csv(&readings)
    } else {
        let counts = session.call::<CountIdentityReadings>(&period.counts()?).await?;
        let whole = json!({
            "from": period.from,
            "to": period.to,
            "readings": members,
            "withheld": withheld,
            "counts": counts.members.get("counts"),
            "limitPerMille": counts.answer.limit_per_mille,
        });
        format!("{whole:#}\n")
    };
    let written: Vec<_> = place.fill(text.as_bytes())?.into_iter().collect();
    if withheld > 0 {
        printer.warn(&format!(
            "{withheld} readings are not in it: their content was dropped, or is sealed to the institution"
        ));
    }
    printer.say_written(&written)
}
