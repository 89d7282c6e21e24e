//! Words of answers, as enums.
//!
//! A reader keeps words that are newer than itself: the daemon may be updated before its clients.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Declares an enum of words, each with the text that stands in answers.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$line:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub enum $name {
            $($(#[$line])* $variant,)*
            /// A word that is newer than this software.
            Other(String),
        }

        impl $name {
            /// Every word that is known.
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// The word in answers.
            #[must_use]
            pub fn word(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }

            /// Reads a word.
            #[must_use]
            pub fn from_word(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(|word| Self::from_word(&word))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "enum": Self::WORDS })
            }
        }
    )*};
}

words! {
    /// Cards that a reader is used for.
    ReaderRole {
        /// Patients' cards.
        Patient = "patient",
        /// The provider's own card, which is never `current`.
        Provider = "provider",
        /// Either.
        Any = "any",
    }

    /// Kind of a card.
    CardKind {
        /// A Belgian eID.
        Beid = "beid",
        /// Anything else.
        Unknown = "unknown",
    }

    /// State of a card in a reader.
    CardStatus {
        /// It is being recognised.
        Reading = "reading",
        /// It can be used.
        Ready = "ready",
        /// It is none that this software can work with.
        Unsupported = "unsupported",
        /// It has a newer applet than this software knows.
        Newer = "newer",
        /// It does not answer.
        Mute = "mute",
        /// Another program holds it.
        Busy = "busy",
    }

    /// Group in which an identity reading counts.
    ReadingGroupWord {
        /// A chip, an ISI+ card by its code, or itsme.
        Electronic = "electronic",
        /// Any other way.
        NotElectronic = "other",
    }

    /// Kind of a national number.
    NumberKind {
        /// Number of the National Register.
        Nrn = "nrn",
        /// Number of the Crossroads Bank's own register.
        Bis = "bis",
    }

    /// Precision of a birth date.
    DatePrecision {
        /// The day is known.
        Day = "day",
        /// Only the year is known.
        Year = "year",
    }

    /// Gender, as on the card.
    GenderWord {
        /// Male.
        Male = "male",
        /// Female.
        Female = "female",
        /// Not one of these.
        Unknown = "unknown",
    }

    /// Outcome of a check.
    CheckOutcome {
        /// The data is right.
        Passed = "passed",
        /// The data is wrong.
        Failed = "failed",
        /// The check could not be made.
        Unknown = "unknown",
    }

    /// Worth of the root behind a check.
    RootTrust {
        /// A root of the Belgian eID.
        Genuine = "genuine",
        /// A root of a test or pilot card.
        Test = "test",
        /// No root that is known, or none needed.
        None = "none",
    }

    /// Verdict on a file.
    FileVerdict {
        /// Every check that counts passed, under a root of the Belgian State.
        Valid = "valid",
        /// The same, under a root for test or simulated cards.
        ValidTestCard = "valid-test-card",
        /// There is a signature that cannot be judged here.
        NotChecked = "not-checked",
        /// There is no signature.
        NotSigned = "not-signed",
        /// A check failed.
        Invalid = "invalid",
    }

    /// Kind of a document of the platform.
    PlatformDocument {
        /// A therapeutic link: a request, or the content that proves one.
        TherapeuticLink = "therapeutic-link",
        /// A request to give or withdraw consent.
        Consent = "consent",
        /// A request to exclude a provider, or to end that.
        TherapeuticExclusion = "therapeutic-exclusion",
        /// A request that asks and changes nothing.
        Query = "query",
    }

    /// Data that a signature covers.
    CoveredData {
        /// Patient, provider and day of a link, without its type, period and remark.
        PatientProviderDay = "patient-provider-day",
        /// The whole link: patient, provider, type, period and remark.
        WholeLink = "whole-link",
        /// The content, whatever it is.
        Content = "content",
        /// Nothing that is known here.
        Nothing = "nothing",
    }

    /// Part of the computer that a finding of the doctor is about.
    FindingArea {
        /// The service itself.
        Service = "service",
        /// The smart card service, readers and their drivers.
        Readers = "readers",
        /// Cards in the readers.
        Card = "card",
        /// Trust of browsers and system in the daemon's certificate.
        Browsers = "browsers",
        /// Permission of websites to reach this computer.
        Permissions = "permissions",
        /// The program for dialogs.
        Dialogs = "dialogs",
        /// Ports on the loopback interface.
        Ports = "ports",
        /// The clock of this computer.
        Clock = "clock",
        /// The store of evidence, and its delivery.
        Evidence = "evidence",
        /// Servers of others.
        Network = "network",
    }

    /// Worth of a finding of the doctor.
    FindingOutcome {
        /// All is as it should be.
        Ok = "ok",
        /// It works, and there is something to know.
        Notice = "notice",
        /// Something does not work.
        Problem = "problem",
        /// It could not be found out.
        Unknown = "unknown",
    }

    /// State of the daemon's HTTPS endpoint, by a handshake that trusts the daemon's authority alone.
    EndpointState {
        /// The daemon answers with its certificate.
        Trusted = "trusted",
        /// No daemon runs.
        NotRunning = "not-running",
        /// Another program answers on its port.
        AnotherProgram = "another-program",
        /// The certificate has ended, or has not begun.
        Dates = "dates",
        /// Anything else.
        Failed = "failed",
    }

    /// Type of a trust store.
    TrustStoreType {
        /// The database that Chromium and its kin share.
        Chromium = "chromium",
        /// A profile of Firefox.
        Firefox = "firefox",
        /// The policy file of Firefox, for all profiles of everybody.
        FirefoxPolicy = "firefox-policy",
        /// The system's own, for programs other than browsers.
        System = "system",
    }

    /// State of a trust store.
    TrustStoreState {
        /// It trusts the authority in use.
        Trusted = "trusted",
        /// It trusts no authority of ours.
        NotTrusted = "not-trusted",
        /// It trusts another authority of ours, most likely one that was replaced.
        OldAuthority = "old-authority",
        /// A profile that was never used, and has no store yet.
        NeverStarted = "never-started",
        /// It cannot be read.
        Unknown = "unknown",
        /// The authorities of ours that it had are removed.
        Removed = "removed",
    }

    /// Reason for the state of a trust store.
    TrustStoreReason {
        /// Only root can change it.
        NeedsRoot = "needs-root",
        /// Its browser has not made it yet.
        NeverStarted = "never-started",
        /// A password protects it.
        Password = "password",
        /// It belongs to another user.
        OtherUser = "other-user",
        /// A program is not installed.
        ToolMissing = "tool-missing",
        /// Firefox reads its policies from another file.
        PoliciesElsewhere = "policies-elsewhere",
        /// A profile trusts the authority because the policy file says so.
        ByPolicy = "by-policy",
        /// Anything else.
        Unusable = "unusable",
    }

    /// State of a long-running call.
    CallState {
        /// It waits for the card.
        WaitingForCard = "waitingForCard",
        /// It waits for a person's yes.
        WaitingForConfirmation = "waitingForConfirmation",
        /// It waits for the PIN.
        WaitingForPin = "waitingForPin",
        /// It waits for nobody.
        Working = "working",
        /// It has succeeded.
        Succeeded = "succeeded",
        /// It has failed.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
    }

    /// State of a website's request for access.
    PairingState {
        /// A person is asked on this computer.
        WaitingForUser = "waitingForUser",
        /// The person agreed, or the website is let in without asking.
        Granted = "granted",
        /// The person refused.
        Refused = "refused",
        /// Nobody answered in time, the website took the request back, or did not collect its token in time.
        Expired = "expired",
    }

    /// Reason why a website has access.
    PairingGround {
        /// A person agreed in a dialog.
        Confirmed = "confirmed",
        /// The settings list the website.
        Listed = "listed",
        /// A person allowed the website with `beidctl pair allow`.
        Allowed = "allowed",
    }

    /// Outcome of a PIN operation.
    PinOutcome {
        /// The card has compared the PIN.
        Verified = "verified",
        /// The card has a new PIN.
        Changed = "changed",
    }

    /// Outcome of a request, as the platform answered.
    PlatformOutcome {
        /// It was done.
        Complete = "complete",
        /// There is no such link, consent or exclusion.
        NothingFound = "nothing-found",
        /// It was not done.
        Failed = "failed",
        /// The call itself failed: a SOAP fault.
        Fault = "fault",
    }

    /// Dialect of a message of the platform.
    DialectWord {
        /// hubservices 2.3.
        National = "national",
        /// hubservices 3.5.
        Hub = "hub",
    }

    /// Version of SOAP.
    SoapVersion {
        /// SOAP 1.1.
        Soap11 = "1.1",
        /// SOAP 1.2.
        Soap12 = "1.2",
    }

    /// Type of a caller whose doing was recorded.
    EvidenceCallerType {
        /// A website.
        Website = "website",
        /// A program.
        Program = "program",
        /// The page of beidd.
        OwnPage = "own-page",
    }

    /// State of the content of a record.
    EvidenceContentState {
        /// It is there.
        Kept = "kept",
        /// It was dropped, because its time was over or a person asked for it; or only the institution's server has it.
        Dropped = "dropped",
        /// It is sealed to the institution, and cannot be read here.
        Sealed = "sealed",
    }

    /// Reason why a chain of records does not hold.
    EvidenceFault {
        /// The beginning is malformed.
        Genesis = "genesis-malformed",
        /// The record is malformed, or of another desk.
        Header = "header-malformed",
        /// Another record stands in its place: it was removed or moved.
        Missing = "record-missing",
        /// It does not follow the record before: one of the two was changed.
        Changed = "record-changed",
        /// Its content was changed.
        Content = "content-changed",
        /// The store says something else beside it.
        Columns = "columns-changed",
        /// The signature of the head is not the desk's.
        HeadSignature = "head-signature",
        /// A signed or noted end knows another record in its place.
        Head = "head-mismatch",
        /// A signed or noted end knows it, and it is not there.
        CutOff = "records-cut-off",
        /// No signed head stands behind it, so records may have been cut off.
        NoHead = "head-missing",
    }
}
