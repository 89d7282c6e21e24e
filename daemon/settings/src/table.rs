//! The one table of settings. A row feeds the files, the environment, `beidd --check-config --print`, the limits of the
//! administrator and `docs/settings.md`.

use super::limits::{Limit, limit};
use super::readers::{IgnoreReaders, ReaderRoles, ReaderRows, ReaderRules};
use super::values::{
    AllowedProofs, BatchReview, ConfirmBus, EvidenceHeads, EvidenceSeal, EvidenceUse, ExportForms, HttpsCertificate,
    Level, MetricsListen, Origin, Pairing, Parties, Patience, PinPlace, ProofProfileWord, ProxyChoice, ReportUse,
    Retention, Tongue,
};
use super::{Bus, Prefetch, StatusFor};
use beid_issuers::revocation::{AllowedUrl, RevocationPolicy};
use beid_issuers::timestamps::ExactUrl;
use serde::Deserialize;
use std::path::PathBuf;

/// Description of one setting, for the environment and for people.
#[derive(Clone, Copy, Debug)]
pub struct SettingRow {
    /// Name of its section: `https`.
    pub section: &'static str,
    /// Name within the section: `port`.
    pub key: &'static str,
    /// Meaning and values, as `docs/settings.md` has them.
    pub means: &'static str,
    /// Default, as people read it.
    pub default: &'static str,
    /// Form of its variable.
    pub(super) form: VariableForm,
    /// Limit that a value in `/etc` sets on later sources.
    pub limit: Limit,
    /// Time from which another value counts, once the settings are read again.
    pub reload: Reload,
}

/// Time from which another value of a setting counts, once the settings are read again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reload {
    /// At once.
    Now,
    /// From the next start: it goes into something that is set up once.
    Restart,
}

impl Reload {
    /// Returns the time in words, for `docs/settings.md`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Now => "at once",
            Self::Restart => "after a restart",
        }
    }
}

/// Form of a setting in the environment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum VariableForm {
    /// Text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number; the text tells its meaning.
    Number(&'static str),
    /// Texts, with commas between them.
    Texts,
    /// Whole numbers, with commas between them; the text tells their meaning.
    Numbers(&'static str),
    /// None: it can be set in a file only.
    FileOnly,
}

impl SettingRow {
    /// Name of its variable: `BEIDD_HTTPS_PORT`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("BEIDD_{}_{}", self.section, self.key).to_ascii_uppercase()
    }

    /// Returns true if a variable can set it.
    #[must_use]
    pub fn has_variable(&self) -> bool {
        self.form != VariableForm::FileOnly
    }
}

/// Makes the accessor that returns the value or its default; none for a setting without default.
macro_rules! reader {
    ($(#[$doc:meta])* $key:ident $type:ty, none) => {};
    ($(#[$doc:meta])* $key:ident $type:ty, ($default:expr)) => {
        $(#[$doc])*
        #[must_use]
        pub fn $key(&self) -> $type {
            self.$key.clone().unwrap_or_else(|| $default)
        }
    };
}

macro_rules! settings {
    ($($(#[$about:meta])* $section:ident: $Section:ident {
        $($(#[doc = $means:literal])+ $key:ident: $type:ty = $default:tt $said:literal, $form:expr, $limit:tt, $reload:ident;)*
    })*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Debug, Default, Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $Section {
                $($(#[doc = $means])+ pub $key: Option<$type>,)*
            }

            impl $Section {
                $(reader!($(#[doc = $means])+ $key $type, $default);)*
            }
        )*

        /// Settings as the sources give them; absent where none does.
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings {
            $($(#[$about])* pub $section: $Section,)*
            /// Web pages that are let in without asking a person.
            pub origin: Vec<Origin>,
        }

        /// Every setting, in the order of the sections.
        pub const ROWS: &[SettingRow] = &[
            $($(SettingRow {
                section: stringify!($section),
                key: stringify!($key),
                means: concat!($($means,)+),
                default: $said,
                form: $form,
                limit: limit!($section $key $limit),
                reload: Reload::$reload,
            },)*)*
        ];

        /// Names of the sections, `[[origin]]` not among them.
        pub(super) const SECTIONS: &[&str] = &[$(stringify!($section),)*];
    };
}

// One row: meaning, key, type, default, default as people read it, form in the environment, limit that a value in `/etc`
// sets on later sources, time from which another value counts when the settings are read again.
settings! {
    /// The HTTPS front.
    https: Https {
        /// port; 0 takes any free one
        port: u16 = (32032) "32032, else the next free", VariableForm::Number("a port"), free, Restart;
        /// ids of other users who may connect
        allow_users: Vec<u32> = (Vec::new()) "none", VariableForm::Numbers("user numbers"), fewer, Restart;
        /// pages that may learn that beidd is here: `any`, or `listed` origins only
        status: StatusFor = (StatusFor::default()) "`any`", VariableForm::Text, (down "from `any` to `listed`"), Now;
        /// certificate of your own instead of the daemon's: `{ certificate = "…", key = "…", authority = "…" }`, PEM files with absolute paths; see [trust](trust.md#a-certificate-of-your-own)
        tls: HttpsCertificate = none "none: the daemon makes one", VariableForm::FileOnly, same, Restart;
    }
    /// The D-Bus front.
    dbus: Dbus {
        /// `session`, `system` or `none`
        bus: Bus = (Bus::default()) "`session`", VariableForm::Text, free, Restart;
    }
    /// Readers.
    pcsc: Pcsc {
        /// readers whose name contains one of these texts are not used; empty texts are refused
        ignore_readers: IgnoreReaders = (IgnoreReaders::default()) "none", VariableForm::Texts, (by ignores_as_many "these and more"), Restart;
        /// rows `[[pcsc.reader]]` with `name` (a part of it) or `usb` (vendor and product, as `lsusb` writes them), and `ignore`, `keypad = false` (it is not believed to have one) or `role`; see [readers](#readers)
        reader: ReaderRows = (ReaderRows::default()) "none", VariableForm::FileOnly, (same_beside roles), Restart;
        /// part of a reader's name → `patient`, `provider` or `any`. The longest part decides; two equally long parts that match one reader must agree
        roles: ReaderRoles = (ReaderRoles::default()) "`any`", VariableForm::FileOnly, (same_beside reader), Now;
    }
    /// Dialogs.
    prompt: Prompt {
        /// program that asks for the PIN; see [dialogs](dialogs.md)
        pinentry: PathBuf = none "the first found of `pinentry-gnome3`, `-qt`, `-gtk2`, `-gtk-2`, `-qt5`, `-gtk`, `-x11`, `-fltk`, `-curses`, `-tty`, `pinentry`", VariableForm::Text, same, Restart;
        /// `nl`, `fr`, `de` or `en`
        language: Tongue = (Tongue::default()) "the session's", VariableForm::Text, free, Restart;
        /// time for the person to answer, in seconds: 5 to 600
        timeout_s: Patience = (Patience::default()) "60", VariableForm::Number("a number of seconds"), free, Restart;
    }
    /// Roots, and who is asked about certificates and for time stamps.
    trust: Trust {
        /// PEM files with roots of test and pilot cards; always `trust: "test"`
        extra_roots: Vec<PathBuf> = (Vec::new()) "none", VariableForm::Texts, (in_section extra_roots_are_known "fewer of them; none if `/etc` has `[trust]` and names none"), Restart;
        /// `off`; `soft` refuses revoked certificates; `require` accepts only certificates known to be good. Asking tells the State's servers which card is in use
        revocation: RevocationPolicy = (RevocationPolicy::default()) "`off`", VariableForm::Text, (in_section revocation_is_as_strict "from `off` to `soft` to `require`"), Restart;
        /// `http` addresses of OCSP servers that may be asked, with all paths below them; no others are asked
        ocsp_urls: Vec<AllowedUrl> = none "the Belgian eID's", VariableForm::Texts, (in_section ocsp_urls_are_known "fewer of them while `trust.revocation` is `off`, else the same"), Restart;
        /// `http` addresses of revocation lists that may be fetched, with all paths below them; no others are fetched
        crl_urls: Vec<AllowedUrl> = none "the Belgian eID's", VariableForm::Texts, (in_section crl_urls_are_known "fewer of them while `trust.revocation` is `off`, else the same"), Restart;
        /// keeps answers for at most a day, and lists until the next one (in `revocation/` of the state directory)
        cache: bool = (true) "`true`", VariableForm::Flag, (in_section keeps_no_more "from `true` to `false`"), Restart;
        /// one `http` address of an RFC 3161 authority, asked for a stamp over each signature and evidence; needs `timestamp_roots`
        timestamp_url: ExactUrl = none "none: nobody is asked", VariableForm::Text, (in_section same_authority "no other; none if `/etc` has `[trust]` and names none"), Restart;
        /// PEM files with the roots of time-stamping authorities; `beidctl verify` trusts them too
        timestamp_roots: Vec<PathBuf> = (Vec::new()) "none", VariableForm::Texts, (in_section timestamp_roots_are_known "fewer of them; none if `/etc` has `[trust]` and names none"), Restart;
    }
    /// The way to others on the network.
    network: Network {
        /// `http://host[:port]` of the proxy for OCSP, revocation lists and time stamps; `none`. Without it, the variables `http_proxy`, `all_proxy` and `no_proxy` count. See [proxies](#proxies)
        proxy: ProxyChoice = none "the environment's", VariableForm::Text, same, Restart;
        /// hosts that are asked without `network.proxy`: names, with all below them, addresses and networks (`10.0.0.0/8`)
        no_proxy: Vec<String> = (Vec::new()) "none", VariableForm::Texts, (same_beside proxy), Restart;
    }
    /// The practice.
    provider: Provider {
        /// the practice, as author of documents
        parties: Parties = none "none", VariableForm::FileOnly, free, Now;
        /// form of signed link proofs: `connector`; `connector-exact`, the exact octets of the platform's own connector, for the case that the platform refuses ours; `strict`, over the whole link
        proof_profile: ProofProfileWord = (ProofProfileWord::default()) "`connector`", VariableForm::Text, free, Now;
    }
    /// Consents.
    consent: Consent {
        /// official consent texts in other languages than Dutch, as JSON files; refused unless text, parts and SHA-256 agree
        texts: Vec<PathBuf> = (Vec::new()) "none", VariableForm::Texts, fewer, Now;
    }
    /// Evidence.
    evidence: Evidence {
        /// `on`: what is read and signed is recorded before its answer leaves, and not answered if it cannot be; `off`: nothing is. See [evidence](evidence.md)
        store: EvidenceUse = (EvidenceUse::default()) "`on`", VariableForm::Text, (down "from `off` to `on`"), Restart;
        /// how the contents of records are sealed on the disk: `none`; `desk`, with a key of this user
        seal: EvidenceSeal = (EvidenceSeal::default()) "`none`", VariableForm::Text, (down "from `none` to `desk`"), Restart;
        /// PEM file with the X25519 public key of the institution: contents are sealed to it, and this computer cannot read them again
        seal_to: PathBuf = none "none", VariableForm::Text, (same_beside seal), Restart;
        /// PostgreSQL database of the institution, to which records are brought: `postgres://role@host/database`, without a password
        url: String = none "none: records stay on this computer", VariableForm::Text, same, Restart;
        /// file with the password of the role, which not everybody may be able to read
        password_file: PathBuf = none "none", VariableForm::Text, same, Restart;
        /// keeps contents here, too, once the database has them
        keep: bool = (true) "`true`", VariableForm::Flag, (down "from `true` to `false`"), Restart;
        /// who signs the end of the chain once a day: `desk`, this computer by itself; `provider`, a care provider, too, who is asked by `beidctl evidence sign-head` and never else. The doctor says if that is missing today
        heads: EvidenceHeads = (EvidenceHeads::default()) "`desk`", VariableForm::Text, (down "from `desk` to `provider`"), Now;
        /// kind of record → days after which its content is dropped, as in `{ card-read = 400, consent = 10958 }`; the chain stays
        retention: Retention = (Retention::default()) "nothing is dropped", VariableForm::FileOnly, same, Restart;
    }
    /// Reports.
    report: Report {
        /// `on`: what is recorded is also counted, by month, profession and calling software; `off`: nothing is. See [reports](reports.md)
        store: ReportUse = (ReportUse::default()) "`off`", VariableForm::Text, same, Restart;
        /// counts patients by age, in bands
        age: bool = (false) "`false`", VariableForm::Flag, same, Now;
        /// counts patients by gender
        gender: bool = (false) "`false`", VariableForm::Flag, same, Now;
        /// counts patients by the province of their address, where it was read
        province: bool = (false) "`false`", VariableForm::Flag, same, Now;
    }
    /// Rules of the practice.
    policy: Policy {
        /// what is read of a card before a request: `none`; `text`, identity and address, before `card.ready`; `all`, then photo and certificates too, interrupted by requests for text
        prefetch: Prefetch = (Prefetch::default()) "`none`", VariableForm::Text, (down "from `all` to `text` to `none`"), Restart;
        /// ways in which a holder's data may be taken along: `fhir`, `eid` (the XML file of the government's viewer), `csv` (the line of text of its older versions), `photo` (to programs and websites, and as a file), `json` and `print` (from the page). See [exports](exports.md#what-the-settings-hold-back)
        exports: ExportForms = (ExportForms::default()) "all", VariableForm::Texts, (by exports_no_more "fewer of them"), Now;
        /// proofs that therapeutic links may be given: `eidsigning`, `eidreading`, `isireading`, `eidencoding_housecall`, `eidencoding_nocard`, `eidencoding_techproblem`
        proofs: AllowedProofs = (AllowedProofs::default()) "all", VariableForm::Texts, (by proves_no_otherwise "fewer of them"), Now;
        /// where a PIN is typed: `any`, on the reader's keypad if it has one and else in a dialog; `keypad`, on a reader's keypad only, and other readers can be asked for nothing that needs a PIN
        pin_entry: PinPlace = (PinPlace::default()) "`any`", VariableForm::Text, (down "from `any` to `keypad`"), Now;
        /// files signed with one PIN: `all`, in one list, and the person may look at them one by one; `each`, one by one always. See [dialogs](dialogs.md#several-files)
        batch_review: BatchReview = (BatchReview::default()) "`all`", VariableForm::Text, (down "from `all` to `each`"), Now;
        /// lets programs, not only web pages, ask for log-ins (Web eID tokens), for a site that the program itself states
        native_log_in: bool = (false) "`false`", VariableForm::Flag, (down "from `true` to `false`"), Now;
        /// web pages that may ask for access: `ask`, any, and a person is asked; `listed-only`, those of `[[origin]]` alone. See [pairing](pairing.md)
        pairing: Pairing = (Pairing::default()) "`ask`; `listed-only` where `/etc/beidd` lists origins", VariableForm::Text, (down "from `ask` to `listed-only`"), Now;
        /// programs on the bus: `never` need confirmation; `once`, a person is asked at the first call of each connection
        confirm_bus: ConfirmBus = (ConfirmBus::default()) "`never`", VariableForm::Text, (down "from `never` to `once`"), Now;
    }
    /// Figures for those who watch over many desks.
    metrics: Metrics {
        /// place where figures are served to Prometheus and its like: a loopback address and port, `127.0.0.1:9464`, or `unix:` and the absolute path of a socket. See [metrics](metrics.md)
        listen: MetricsListen = none "none: they are not served", VariableForm::Text, same, Restart;
    }
    /// The log.
    log: Log {
        /// `error` `warn` `info` `debug` `trace`
        level: Level = (Level::default()) "`info`", VariableForm::Text, free, Now;
        /// `true` writes to the system's journal, `false` to standard error, which systemd passes to its journal. beidd does not start without a journal that it is to write to
        journald: bool = (false) "`false`", VariableForm::Flag, free, Restart;
    }
}

impl Pcsc {
    /// Returns what the keys say of readers together.
    #[must_use]
    pub fn rules(&self) -> ReaderRules {
        ReaderRules::new(self.ignore_readers(), &self.roles(), self.reader())
    }
}

/// File of `origins.d`, which may only list origins.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DropIn {
    pub(super) origin: Vec<Origin>,
}
