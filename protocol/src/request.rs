//! Head of every request: author, time and identifier.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::author::Author;
use crate::dialect::Dialect;
use crate::error::{ProtocolError, Warning, WarningKind};
use crate::name::text;
use crate::operation::PlatformOperation;
use crate::patient::Patient;
use crate::period::brussels_time;
use crate::representative::Representative;
use crate::xml::{KMEHR, Standalone, XmlWriter};

/// Style of dates and times. Both are valid; which one the platform prefers is not documented.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DateStyle {
    /// `2026-11-20` and `10:00:00`, on the wall clock in Belgium.
    #[default]
    Plain,
    /// `2026-11-20+01:00` and `10:00:00+01:00`, with milliseconds if there are any: what the official client writes.
    WithOffset,
}

/// Identifier, author, time and dialect of one request.
#[derive(Clone, Eq, PartialEq)]
pub struct Request {
    id: String,
    author: Author,
    at: Zoned,
    dialect: Dialect,
    dates: DateStyle,
    representative: Option<Representative>,
    break_the_glass: Option<String>,
}

impl Request {
    /// Begins a request of `author` at `now`, in the national dialect and with plain dates.
    ///
    /// The identifier is `<first identifier of the first party>.<yyyyMMddHHmmss><unique>`. KMEHR wants it unique in all
    /// of Belgium: `unique` is 3 to 9 digits, never the same twice in one second. (The official client leaves the part
    /// behind the dot out of therapeutic links; we do not follow it there.)
    ///
    /// # Errors
    /// [`ProtocolError::Internal`] if `unique` is anything else.
    ///
    /// Source: hubservices core 2.3, `RequestType`; KMEHR, `ID-KMEHR`.
    pub fn new(author: Author, now: Timestamp, unique: &str) -> Result<Self, ProtocolError> {
        if !(3..=9).contains(&unique.len()) || !unique.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ProtocolError::Internal {
                reason: "the unique part of a request identifier is 3 to 9 digits",
            });
        }
        let at = brussels_time(now);
        let id = format!(
            "{}.{}{unique}",
            author.first().first_identifier(),
            at.strftime("%Y%m%d%H%M%S")
        );
        Ok(Self {
            id,
            author,
            at,
            dialect: Dialect::National,
            dates: DateStyle::Plain,
            representative: None,
            break_the_glass: None,
        })
    }

    /// The same request in another dialect.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `dialect` if a citizen asks and the dialect has no word for that.
    pub fn in_dialect(self, dialect: Dialect) -> Result<Self, ProtocolError> {
        if self.author.patient().is_some() && !dialect.rules().citizens {
            return Err(ProtocolError::invalid(
                "dialect",
                "cannot be used by citizens, only national can",
            ));
        }
        Ok(Self { dialect, ..self })
    }

    /// The same request with other dates.
    #[must_use]
    pub fn with_dates(self, dates: DateStyle) -> Self {
        Self { dates, ..self }
    }

    /// The same request, made by somebody who acts for the patient.
    #[must_use]
    pub fn represented_by(self, representative: Representative) -> Self {
        Self {
            representative: Some(representative),
            ..self
        }
    }

    /// The same request, with the reason for which access is forced without a therapeutic link: 10 to 200 characters.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `breakTheGlass` if the reason is no such text, or if the dialect has no
    /// place for it: choose the dialect first.
    ///
    /// Source: hubservices core 3.5, `RequestType`; the length is what hubs are known to take.
    pub fn breaking_the_glass(self, reason: &str) -> Result<Self, ProtocolError> {
        const MEMBER: &str = "breakTheGlass";
        if !self.dialect.rules().break_the_glass {
            return Err(ProtocolError::invalid(MEMBER, "goes with the dialect hub only"));
        }
        let reason = text(MEMBER, reason, 200)?;
        if reason.chars().count() < 10 {
            return Err(ProtocolError::invalid(MEMBER, "must have at least 10 characters"));
        }
        Ok(Self {
            break_the_glass: Some(reason),
            ..self
        })
    }

    /// The identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The sender.
    #[must_use]
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// Time of the request, on the wall clock in Belgium.
    #[must_use]
    pub fn at(&self) -> &Zoned {
        &self.at
    }

    /// The calendar day in Belgium.
    #[must_use]
    pub fn today(&self) -> Date {
        self.at.date()
    }

    /// Dialect of the request.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The person who acts for the patient, if any.
    #[must_use]
    pub fn representative(&self) -> Option<&Representative> {
        self.representative.as_ref()
    }

    /// Warnings about author and representative.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let of_author = self.author.warnings().into_iter().map(|w| w.under("author"));
        let of_representative = self.representative.iter().flat_map(Representative::warnings);
        let unsaid = self.representative.is_some() && !self.tells_representative();
        of_author
            .chain(of_representative.map(|w| w.under("representative")))
            .chain(unsaid.then(|| Warning::new("representative", WarningKind::NotInDocument)))
            .collect()
    }

    /// Refuses a citizen who asks about somebody else without saying in what capacity.
    pub(crate) fn check_citizen(&self, patient: &Patient) -> Result<(), ProtocolError> {
        let Some(citizen) = self.author.patient() else {
            return Ok(());
        };
        match &self.representative {
            None if citizen.ssin() == patient.ssin() => Ok(()),
            None => Err(ProtocolError::invalid(
                "representative",
                "is needed when a citizen acts for another",
            )),
            Some(one) if one.ssin().is_some_and(|ssin| ssin != citizen.ssin()) => Err(ProtocolError::PatientMismatch {
                field: "representative.ssin".to_owned(),
            }),
            Some(_) => Ok(()),
        }
    }

    /// Returns true if the document itself names the representative.
    fn tells_representative(&self) -> bool {
        let citizens = self.dialect.rules().citizens;
        citizens
            && (self.author.patient().is_some() || self.representative.as_ref().is_some_and(|one| one.ssin().is_some()))
    }

    /// Begins a document: its declaration, its root, left open, and its `request`.
    pub(crate) fn begin(
        &self,
        operation: PlatformOperation,
        max_rows: Option<u16>,
    ) -> Result<XmlWriter, ProtocolError> {
        self.dialect.must_have(operation)?;
        let rules = self.dialect.rules();
        let mut xml = XmlWriter::new(Standalone::Unsaid)?;
        xml.open(
            &root(operation),
            &[
                ("xmlns:p", rules.protocol),
                ("xmlns", rules.core),
                ("xmlns:kmehr", KMEHR),
            ],
        )?;
        self.write(&mut xml, max_rows)?;
        Ok(xml)
    }

    /// Ends a document that [`Request::begin`] began.
    pub(crate) fn end(operation: PlatformOperation, mut xml: XmlWriter) -> Result<Vec<u8>, ProtocolError> {
        xml.close(&root(operation))?;
        Ok(xml.finish())
    }

    fn write(&self, xml: &mut XmlWriter, max_rows: Option<u16>) -> Result<(), ProtocolError> {
        xml.element("request", &[], |xml| {
            xml.text("id", &[("S", "ID-KMEHR"), ("SV", "1.0")], &self.id)?;
            self.write_author(xml)?;
            xml.text("date", &[], &self.day(self.today())?)?;
            xml.text("time", &[], &self.time())?;
            if let Some(rows) = max_rows {
                xml.text("maxrows", &[], &rows.to_string())?;
            }
            self.break_the_glass
                .as_ref()
                .map_or(Ok(()), |reason| xml.text("breaktheglass", &[], reason))
        })
    }

    /// Writes `author`: the same in a request and in a consent.
    pub(crate) fn write_author(&self, xml: &mut XmlWriter) -> Result<(), ProtocolError> {
        let person = self.representative.as_ref().filter(|_| self.dialect.rules().citizens);
        self.author.write(xml, self.dialect, person)
    }

    /// `day` in the style of this request. The offset is that of Brussels as the day begins.
    pub(crate) fn day(&self, day: Date) -> Result<String, ProtocolError> {
        match self.dates {
            DateStyle::Plain => Ok(day.to_string()),
            DateStyle::WithOffset => {
                let begins = self
                    .zone()
                    .to_ambiguous_zoned(day.to_datetime(Time::midnight()))
                    .compatible();
                let begins = begins.map_err(|_| ProtocolError::Internal {
                    reason: "a day at the end of the calendar",
                })?;
                Ok(begins.strftime("%Y-%m-%d%:z").to_string())
            }
        }
    }

    fn time(&self) -> String {
        let format = match (self.dates, self.at.millisecond()) {
            (DateStyle::Plain, _) => "%H:%M:%S",
            (DateStyle::WithOffset, 0) => "%H:%M:%S%:z",
            (DateStyle::WithOffset, _) => "%H:%M:%S%.3f%:z",
        };
        self.at.strftime(format).to_string()
    }

    fn zone(&self) -> &TimeZone {
        self.at.time_zone()
    }
}

fn root(operation: PlatformOperation) -> String {
    format!("p:{}", operation.root())
}

// The identifier may begin with a national number.
redacted_debug!(Request);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::HcPartyFields;

    fn author() -> Author {
        let physician = HcPartyFields {
            nihii: Some("19999816004"),
            party_type: "persphysician",
            ..HcPartyFields::default()
        };
        Author::parse(&[physician], None).unwrap()
    }

    #[test]
    fn the_identifier_is_made_of_party_time_and_unique_part() {
        let request = Request::new(author(), "2026-11-20T09:01:00.75Z".parse().unwrap(), "042").unwrap();
        assert_eq!(request.id(), "19999816004.20261120100100042");
    }

    #[test]
    fn the_unique_part_is_three_digits_or_more() {
        for unique in ["", "42", "04a", "1234567890"] {
            assert!(
                Request::new(author(), Timestamp::UNIX_EPOCH, unique).is_err(),
                "{unique}"
            );
        }
    }

    fn written(now: &str, style: DateStyle) -> String {
        let request = Request::new(author(), now.parse().unwrap(), "042")
            .unwrap()
            .with_dates(style);
        let xml = request.begin(PlatformOperation::GetLinks, Some(7)).unwrap();
        let xml = String::from_utf8(Request::end(PlatformOperation::GetLinks, xml).unwrap()).unwrap();
        let (_, dates) = xml.split_once("</author>").unwrap();
        dates.split_once("</request>").unwrap().0.to_owned()
    }

    #[test]
    fn dates_and_times_are_local_and_plain() {
        assert_eq!(
            written("2026-11-20T09:01:00.75Z", DateStyle::Plain),
            "<date>2026-11-20</date><time>10:01:00</time><maxrows>7</maxrows>"
        );
    }

    #[test]
    fn the_official_client_writes_offsets_and_milliseconds_that_are_there() {
        assert_eq!(
            written("2026-11-20T09:01:00.75Z", DateStyle::WithOffset),
            "<date>2026-11-20+01:00</date><time>10:01:00.750+01:00</time><maxrows>7</maxrows>"
        );
        assert_eq!(
            written("2026-07-20T09:01:00Z", DateStyle::WithOffset),
            "<date>2026-07-20+02:00</date><time>11:01:00+02:00</time><maxrows>7</maxrows>"
        );
    }

    #[test]
    fn a_day_has_the_offset_with_which_it_begins() {
        let request = Request::new(author(), "2026-11-20T09:01:00Z".parse().unwrap(), "042").unwrap();
        let request = request.with_dates(DateStyle::WithOffset);
        for (month, day, expected) in [
            (3, 28, "2026-03-28+01:00"),
            (3, 29, "2026-03-29+01:00"),
            (3, 30, "2026-03-30+02:00"),
            (10, 25, "2026-10-25+02:00"),
            (10, 26, "2026-10-26+01:00"),
        ] {
            assert_eq!(request.day(jiff::civil::date(2026, month, day)).unwrap(), expected);
        }
    }
}
