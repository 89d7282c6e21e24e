//! Types of settings. Each is read from a text, a number or a table, and its error tells which values are valid.

use super::origin;
use beid_api::names::EVIDENCE_KINDS;
use beid_api::parse::parse;
use beid_api::types::{AuthorMembers, PartyMembers};
use beid_api::{ApiError, Scopes};
use beid_issuers::revocation::ProxyUrl;
use beid_protocol::author::Author;
use beid_protocol::codes::{PROOF_TYPES, Proof};
use beid_protocol::party::HcPartyFields;
use beid_protocol::therlink::ProofProfile;
use beid_texts::{ErrorTexts, Language};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Makes an enum whose values are words in files and variables, in the order in which they are written here.
macro_rules! words {
    ($(#[$about:meta])* $name:ident, $refusal:literal {
        $($(#[$doc:meta])* $variant:ident = $word:literal;)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
        #[serde(try_from = "String")]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value, in the order of the words.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Word of the value in files and variables.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            // The associated type is written out: `Self::Error` may also be a word.
            fn try_from(word: String) -> Result<Self, &'static str> {
                match word.as_str() {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($refusal),
                }
            }
        }
    };
}

words! {
    /// Pages that are answered without a token: at `/v1/status`, and where they would be paired.
    StatusFor, "should be listed or any" {
        /// Pages of listed origins: no other page can tell that this service is here.
        Listed = "listed";
        /// Pages of any https or loopback origin.
        #[default]
        Any = "any";
    }
}

words! {
    /// Review of the files that are signed with one PIN.
    BatchReview, "should be all or each" {
        /// Each by itself.
        Each = "each";
        /// All in one list, unless the person wants to see them one by one.
        #[default]
        All = "all";
    }
}

words! {
    /// Message bus on which the daemon serves.
    Bus, "should be session, system or none" {
        /// The user's session bus.
        #[default]
        Session = "session";
        /// The system bus.
        System = "system";
        /// None.
        None = "none";
    }
}

words! {
    /// Data that is read from a card before anybody asks; each word includes those before it.
    Prefetch, "should be none, text or all" {
        /// Nothing beyond recognising the card.
        #[default]
        None = "none";
        /// Identity and address, with their signatures; `card.ready` is sent once they are read.
        Text = "text";
        /// Photo and certificates too, after `card.ready`; requests take precedence.
        All = "all";
    }
}

words! {
    /// Recording of what is read and signed.
    EvidenceUse, "should be on or off" {
        /// Records are kept; without its record nothing is answered.
        #[default]
        On = "on";
        /// No records are kept.
        Off = "off";
    }
}

words! {
    /// Sealing of the contents of records on the disk.
    EvidenceSeal, "should be desk or none" {
        /// With a key of this user.
        Desk = "desk";
        /// None.
        #[default]
        None = "none";
    }
}

words! {
    /// Counting of what is recorded, for reports.
    ReportUse, "should be on or off" {
        /// It is counted.
        On = "on";
        /// It is not.
        #[default]
        Off = "off";
    }
}

words! {
    /// Form in which a holder's data is taken along.
    ExportForm, "should be fhir, eid, csv, photo, json or print" {
        /// FHIR resources.
        #[default]
        Fhir = "fhir";
        /// The XML file of the government's viewer.
        Eid = "eid";
        /// The line of text of its older versions.
        Csv = "csv";
        /// The photo, as a file or for programs.
        Photo = "photo";
        /// The members of the interface, saved from the page.
        Json = "json";
        /// The page on paper.
        Print = "print";
    }
}

/// Forms in which a holder's data may be taken along; an empty list allows none.
#[derive(Clone, Debug, Deserialize)]
pub struct ExportForms(Vec<ExportForm>);

impl Default for ExportForms {
    /// Allows all.
    fn default() -> Self {
        Self(ExportForm::ALL.to_vec())
    }
}

impl ExportForms {
    /// Returns true if `form` may be answered.
    #[must_use]
    pub fn allow(&self, form: ExportForm) -> bool {
        self.0.contains(&form)
    }

    /// Returns the words of the forms, as in the settings.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.0.iter().map(|form| form.word().to_owned()).collect()
    }

    /// Returns true if `other` allows every one of these.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|form| other.allow(*form))
    }
}

/// Proofs that links may be given; an empty list allows none.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct AllowedProofs(Vec<Proof>);

impl Default for AllowedProofs {
    /// Allows all that can be made.
    fn default() -> Self {
        let made = PROOF_TYPES.iter().filter_map(|row| Proof::parse(row.code).ok());
        Self(made.collect())
    }
}

impl AllowedProofs {
    /// Returns true if links may be given `proof`.
    #[must_use]
    pub fn allow(&self, proof: Proof) -> bool {
        self.0.contains(&proof)
    }

    /// Returns the codes, the strongest first.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        let codes = PROOF_TYPES.iter().map(|row| row.code);
        codes
            .filter(|code| self.0.iter().any(|proof| proof.code() == *code))
            .collect()
    }

    /// Returns true if `other` allows every one of these.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|proof| other.allow(*proof))
    }
}

impl TryFrom<Vec<String>> for AllowedProofs {
    type Error = String;

    fn try_from(codes: Vec<String>) -> Result<Self, Self::Error> {
        let parse = |code: &String| {
            let known = || format!("{code:?} should be one of {}", Self::default().codes().join(", "));
            Proof::parse(code).map_err(|_| known())
        };
        codes.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }
}

words! {
    /// Place where PINs are typed.
    PinPlace, "should be any or keypad" {
        /// A reader's keypad only.
        Keypad = "keypad";
        /// A reader's keypad if it has one, else a dialog.
        #[default]
        Any = "any";
    }
}

words! {
    /// Rule for web pages that ask for access.
    Pairing, "should be listed-only or ask" {
        /// Pages of `[[origin]]` alone.
        ListedOnly = "listed-only";
        /// A person is asked about others.
        #[default]
        Ask = "ask";
    }
}

words! {
    /// Signer of the end of the chain of evidence, once a day.
    EvidenceHeads, "should be desk or provider" {
        /// The desk, and a care provider when asked.
        Provider = "provider";
        /// The desk alone.
        #[default]
        Desk = "desk";
    }
}

words! {
    /// Rule for programs on the bus.
    ConfirmBus, "should be never or once" {
        /// A person is asked once for each connection.
        Once = "once";
        /// They need no confirmation.
        #[default]
        Never = "never";
    }
}

/// Language of dialogs and texts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Tongue(pub Language);

impl Default for Tongue {
    /// Returns the session's language.
    fn default() -> Self {
        Self(Language::from_environment())
    }
}

impl TryFrom<String> for Tongue {
    type Error = &'static str;

    fn try_from(tag: String) -> Result<Self, Self::Error> {
        Language::from_tag(&tag).map(Self).ok_or("should be nl, fr, de or en")
    }
}

/// Time for a person to answer.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u64")]
pub struct Patience(pub Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(60))
    }
}

impl TryFrom<u64> for Patience {
    type Error = &'static str;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        match seconds {
            5..=600 => Ok(Self(Duration::from_secs(seconds))),
            _ => Err("should be 5 to 600 seconds"),
        }
    }
}

/// Files of a certificate that the administrator provides for HTTPS, all PEM.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "HttpsCertificateMembers")]
pub struct HttpsCertificate {
    /// The certificate, followed by those between it and the root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The root, which clients trust; if absent, the last certificate of the chain.
    pub authority: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table: { certificate = \"…\", key = \"…\" }")]
struct HttpsCertificateMembers {
    certificate: PathBuf,
    key: PathBuf,
    authority: Option<PathBuf>,
}

impl TryFrom<HttpsCertificateMembers> for HttpsCertificate {
    type Error = String;

    fn try_from(members: HttpsCertificateMembers) -> Result<Self, Self::Error> {
        let HttpsCertificateMembers {
            certificate,
            key,
            authority,
        } = members;
        // The daemon starts in whatever directory, and clients read the path in https.json.
        for path in [Some(&certificate), Some(&key), authority.as_ref()]
            .into_iter()
            .flatten()
        {
            if !path.is_absolute() {
                return Err(format!("{}: should be an absolute path", path.display()));
            }
        }
        Ok(Self {
            certificate,
            key,
            authority,
        })
    }
}

/// Days after which the contents of records are dropped, by kind of record.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(try_from = "BTreeMap<String, u32>")]
pub struct Retention(BTreeMap<String, u32>);

impl Retention {
    /// Returns the kinds with their days.
    pub fn days(&self) -> impl Iterator<Item = (&str, u32)> {
        self.0.iter().map(|(kind, days)| (kind.as_str(), *days))
    }
}

impl TryFrom<BTreeMap<String, u32>> for Retention {
    type Error = String;

    fn try_from(days: BTreeMap<String, u32>) -> Result<Self, String> {
        let known = |kind: &String| EVIDENCE_KINDS.contains(&kind.as_str());
        if let Some(unknown) = days.keys().find(|kind| !known(kind)) {
            let kinds = EVIDENCE_KINDS.join(", ");
            return Err(format!("no record is of the kind {unknown:?}; there are {kinds}"));
        }
        // A content that is gone on the day of its making proves nothing to anybody.
        match days.iter().find(|(_, days)| **days == 0) {
            Some((kind, _)) => Err(format!("{kind}: should be at least 1 day")),
            None => Ok(Self(days)),
        }
    }
}

/// Parties of the practice, which make a valid author of documents.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Vec<serde_json::Value>")]
pub struct Parties(Vec<PartyMembers>);

impl Parties {
    /// Returns the parties as the author of a request.
    #[must_use]
    pub fn author(&self) -> AuthorMembers {
        AuthorMembers {
            parties: self.0.clone(),
            patient: None,
        }
    }
}

impl TryFrom<Vec<serde_json::Value>> for Parties {
    type Error = String;

    /// Reads the members as requests are read, so that the same words are refused in the same way.
    fn try_from(parties: Vec<serde_json::Value>) -> Result<Self, Self::Error> {
        let party = |(index, members): (usize, serde_json::Value)| {
            let place = format!("provider.parties[{index}]");
            parse(members).map_err(|error: ApiError| error.under(&place).detail(Language::En))
        };
        let parties: Vec<PartyMembers> = parties.into_iter().enumerate().map(party).collect::<Result<_, _>>()?;
        let fields: Vec<_> = parties.iter().map(HcPartyFields::from).collect();
        Author::parse(&fields, None).map_err(|error| error.under("provider").to_string())?;
        Ok(Self(parties))
    }
}

/// Profile of signed proofs.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct ProofProfileWord(pub ProofProfile);

impl TryFrom<String> for ProofProfileWord {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        ProofProfile::parse(&word)
            .map(Self)
            .map_err(|_| "should be connector, connector-exact or strict")
    }
}

/// A web page that is let in without asking.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "OriginEntry")]
pub struct Origin {
    /// Scheme, host and port, exactly as a browser sends it.
    pub origin: String,
    /// Scopes that it gets at most.
    pub scopes: Scopes,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OriginEntry {
    origin: String,
    scopes: Vec<String>,
}

impl TryFrom<OriginEntry> for Origin {
    type Error = String;

    fn try_from(entry: OriginEntry) -> Result<Self, Self::Error> {
        let scopes = Scopes::parse(entry.scopes.iter().map(String::as_str), "scopes")
            .map_err(|error| error.detail(Language::En))?;
        match origin::fault(&entry.origin) {
            None => Ok(Self {
                origin: entry.origin,
                scopes,
            }),
            Some(fault) => Err(format!("origin: {:?} {fault}", entry.origin)),
        }
    }
}

/// Place where figures are served.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub enum MetricsListen {
    /// Loopback address and port.
    Tcp(SocketAddr),
    /// Socket in the file system.
    Unix(PathBuf),
}

impl TryFrom<String> for MetricsListen {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let place = match text.strip_prefix("unix:") {
            Some(path) => Some(PathBuf::from(path))
                .filter(|path| path.is_absolute())
                .map(Self::Unix),
            None => text
                .parse()
                .ok()
                .filter(|at: &SocketAddr| at.ip().is_loopback() && at.port() != 0)
                .map(Self::Tcp),
        };
        place.ok_or("should be 127.0.0.1:PORT, [::1]:PORT or unix:/absolute/path")
    }
}

/// Proxy on the way to issuers.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub enum ProxyChoice {
    /// None, whatever the environment says.
    None,
    /// The one at this address.
    At(ProxyUrl),
}

impl TryFrom<String> for ProxyChoice {
    type Error = String;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        if word == "none" {
            return Ok(Self::None);
        }
        let url = ProxyUrl::try_from(word).map(Self::At);
        url.map_err(|refusal| format!("{refusal}, or none"))
    }
}

words! {
    /// Level of the log.
    Level, "should be one of error, warn, info, debug, trace" {
        /// Errors alone.
        Error = "error";
        /// Warnings too.
        Warn = "warn";
        /// Starts, stops, cards and readers too.
        #[default]
        Info = "info";
        /// Steps of the work too.
        Debug = "debug";
        /// Everything.
        Trace = "trace";
    }
}

impl From<Level> for tracing::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}
