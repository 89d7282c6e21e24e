//! Precedence of sources, and settings that are refused.

use super::table::SECTIONS;
use super::*;
use beid_protocol::therlink::ProofProfile;
use std::ffi::OsString;

fn directory() -> PathBuf {
    let directory = std::env::temp_dir().join(format!("beidd-config-{}", beid_host::random::random_id()));
    std::fs::create_dir_all(directory.join("origins.d")).unwrap();
    directory
}

fn load(etc: &str, user: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    load_from(directory(), etc, user, environment)
}

fn load_from(directory: PathBuf, etc: &str, user: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    std::fs::write(directory.join("beidd.toml"), etc).unwrap();
    let own = directory.join("user.toml");
    std::fs::write(&own, user).unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::load(&Sources {
        etc: directory,
        user: Some(own),
        named: None,
        environment,
        flags: Vec::new(),
    })
}

#[test]
fn nothing_said_means_the_defaults() {
    let config = load("", "", &[]).unwrap();
    let https = &config.settings.https;
    assert_eq!((https.port(), https.port), (32032, None));
    assert_eq!(config.settings.dbus.bus(), Bus::Session);
    assert!(config.settings.origin.is_empty());
}

#[test]
fn environment_beats_user_beats_etc() {
    let config = load(
        "[https]\nport = 1\n[log]\nlevel = 'warn'",
        "[https]\nport = 2",
        &[("BEIDD_HTTPS_PORT", "3")],
    );
    let config = config.unwrap();
    assert_eq!(
        (config.settings.https.port(), config.settings.log.level()),
        (3, Level::Warn)
    );
}

#[test]
fn unknown_key_is_named_with_file_and_line() {
    let error = load("", "[https]\nport = 1\nprot = 2", &[]).unwrap_err().to_string();
    assert!(
        error.contains("user.toml") && error.contains("line 3") && error.contains("prot"),
        "{error}"
    );
}

#[test]
fn trust_and_origins_of_etc_can_only_be_narrowed() {
    let etc = "[trust]\nextra_roots = ['/a.pem']";
    assert!(load(etc, "[trust]\nextra_roots = ['/b.pem']", &[]).is_err());
    assert!(load(etc, "", &[("BEIDD_TRUST_EXTRA_ROOTS", "/b.pem")]).is_err());
    let none = load(etc, "[trust]\nextra_roots = []", &[]).unwrap();
    assert!(none.settings.trust.extra_roots().is_empty());
    let etc = "[[origin]]\norigin = 'https://a.example'\nscopes = ['readers', 'certificates']";
    let other = "[[origin]]\norigin = 'https://b.example'\nscopes = ['readers']";
    let left_out = load(etc, other, &[]).unwrap();
    assert_eq!(left_out.settings.origin.len(), 1);
    assert_eq!(left_out.settings.origin[0].origin, "https://a.example");
    let narrowed = load(
        etc,
        "[[origin]]\norigin = 'https://a.example'\nscopes = ['readers']",
        &[],
    )
    .unwrap();
    assert_eq!(narrowed.settings.origin[0].scopes.words(), ["readers"]);
}

#[test]
fn revocation_of_etc_can_only_become_stricter() {
    use beid_issuers::revocation::RevocationPolicy;
    let etc = "[trust]\nrevocation = 'soft'\nocsp_urls = ['http://a.example/ocsp']\ncache = false";
    let settled = |user: &str| load(etc, &format!("[trust]\n{user}"), &[]).map(|config| config.revocation);
    assert_eq!(settled("").unwrap().policy, RevocationPolicy::Soft);
    assert_eq!(
        settled("revocation = 'require'").unwrap().policy,
        RevocationPolicy::Require
    );
    // Where nobody need be asked, fewer may be; where somebody must be, asking nobody would let more pass.
    let free = "[trust]\nocsp_urls = ['http://a.example/ocsp']";
    let narrowed = load(free, "[trust]\nocsp_urls = ['http://a.example/ocsp/eid']", &[]);
    assert_eq!(narrowed.unwrap().revocation.ocsp_urls.len(), 1);
    for (key, wider) in [
        ("trust.ocsp_urls", "ocsp_urls = []"),
        ("trust.crl_urls", "crl_urls = []"),
        ("trust.revocation", "revocation = 'off'"),
        ("trust.ocsp_urls", "ocsp_urls = ['http://a.example']"),
        ("trust.crl_urls", "crl_urls = ['http://a.example']"),
        ("trust.cache", "cache = true"),
    ] {
        let error = settled(wider).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
    assert!(load(etc, "", &[("BEIDD_TRUST_REVOCATION", "off")]).is_err());
    assert!(load(etc, "", &[("BEIDD_TRUST_OCSP_URLS", "http://b.example")]).is_err());
}

#[test]
fn revocation_is_off_and_knows_the_belgian_addresses_unless_told() {
    use beid_issuers::revocation::{AllowedUrl, RevocationPolicy};
    let usual = load("", "", &[]).unwrap().revocation;
    assert_eq!((usual.policy, usual.cache), (RevocationPolicy::Off, true));
    assert_eq!((usual.ocsp_urls.len(), usual.crl_urls.len()), (2, 2));
    let told = [
        ("BEIDD_TRUST_REVOCATION", "require"),
        ("BEIDD_TRUST_CRL_URLS", "http://a.example, http://b.example:8080/crl"),
        ("BEIDD_TRUST_CACHE", "false"),
    ];
    let told = load("", "", &told).unwrap().revocation;
    assert_eq!((told.policy, told.cache), (RevocationPolicy::Require, false));
    let urls = ["http://a.example", "http://b.example:8080/crl"].map(|url| AllowedUrl::parse(url).unwrap());
    assert_eq!(told.crl_urls, urls);
}

#[test]
fn narrowing_is_asked_of_the_policy_too() {
    let narrow = "[policy]\npairing = 'listed-only'";
    assert!(load(narrow, narrow, &[("BEIDD_POLICY_PAIRING", "listed-only")]).is_ok());
    assert!(load(narrow, "[policy]\npairing = 'ask'", &[]).is_err());
    assert!(load(narrow, "", &[("BEIDD_POLICY_PAIRING", "ask")]).is_err());
}

#[test]
fn a_person_is_asked_about_pages_unless_etc_lists_its_own() {
    let pairing = |etc: &str, user: &str| load(etc, user, &[]).map(|config| config.settings.policy.pairing());
    let listed = "[[origin]]\norigin = 'https://a.example'\nscopes = ['readers']";
    let (ask, only) = ("[policy]\npairing = 'ask'\n", "[policy]\npairing = 'listed-only'\n");
    assert_eq!(pairing("", "").unwrap(), Pairing::Ask);
    assert_eq!(pairing("", listed).unwrap(), Pairing::Ask);
    assert_eq!(pairing("", only).unwrap(), Pairing::ListedOnly);
    assert_eq!(pairing(listed, "").unwrap(), Pairing::ListedOnly);
    assert!(
        pairing(listed, ask).is_err(),
        "one user must not add to the administrator's list"
    );
    assert_eq!(pairing(&format!("{ask}{listed}"), "").unwrap(), Pairing::Ask);
    assert_eq!(pairing(&format!("{ask}{listed}"), only).unwrap(), Pairing::ListedOnly);
    refused("[policy]\npairing = 'always'", "listed-only or ask");
}

#[test]
fn what_is_not_recorded_is_not_counted() {
    let (counts, no_records) = ("[report]\nstore = 'on'", "[evidence]\nstore = 'off'");
    assert_eq!(load(counts, "", &[]).unwrap().settings.report.store(), ReportUse::On);
    let error = load(counts, no_records, &[]).unwrap_err().to_string();
    assert!(error.starts_with("report.store: goes with evidence.store"), "{error}");
}

#[test]
fn confirmation_that_etc_wants_of_programs_stays() {
    let (once, never) = ("[policy]\nconfirm_bus = 'once'", "[policy]\nconfirm_bus = 'never'");
    let confirm = |etc: &str, user: &str| load(etc, user, &[]).map(|config| config.settings.policy.confirm_bus());
    assert_eq!(confirm("", "").unwrap(), ConfirmBus::Never);
    assert_eq!(confirm(never, once).unwrap(), ConfirmBus::Once);
    assert!(confirm(once, never).is_err());
    assert!(load(once, "", &[("BEIDD_POLICY_CONFIRM_BUS", "never")]).is_err());
}

#[test]
fn records_that_etc_wants_are_kept_as_it_says() {
    let etc = "store = 'on'\nseal = 'desk'\nseal_to = '/a.pem'\nurl = 'postgres://d@a.example/b'\nretention = { card-read = 400 }";
    let etc = format!("[evidence]\n{etc}");
    assert!(load(&etc, &etc, &[]).is_ok());
    assert!(load("", "[evidence]\nstore = 'off'", &[]).is_ok());
    for (key, other) in [
        ("store", "'off'"),
        ("seal", "'none'"),
        ("seal_to", "'/b.pem'"),
        ("url", "'postgres://d@other.example/b'"),
        ("retention", "{ card-read = 1 }"),
    ] {
        let user = format!("[evidence]\n{key} = {other}");
        let error = load(&etc, &user, &[]).unwrap_err().to_string();
        assert!(error.contains(&format!("evidence.{key} may only narrow")), "{error}");
    }
    assert!(load(&etc, "", &[("BEIDD_EVIDENCE_STORE", "off")]).is_err());
}

#[test]
fn a_setting_does_not_take_back_what_its_companion_in_etc_says() {
    let rows = [
        (
            "[pcsc]\nroles = { ACME = 'provider' }",
            "[[pcsc.reader]]\nusb = '1234:5678'\nrole = 'patient'",
            "pcsc.reader",
        ),
        (
            "[[pcsc.reader]]\nname = 'ACME'\nrole = 'provider'",
            "[pcsc]\nroles = { 'ACME reader' = 'patient' }",
            "pcsc.roles",
        ),
        (
            "[network]\nproxy = 'http://proxy.example:3128'",
            "[network]\nproxy = 'http://proxy.example:3128'\nno_proxy = ['a.example']",
            "network.no_proxy",
        ),
        (
            "[evidence]\nseal = 'desk'",
            "[evidence]\nseal_to = '/mine.pem'",
            "evidence.seal_to",
        ),
    ];
    for (etc, user, key) in rows {
        let error = load(etc, user, &[]).unwrap_err().to_string();
        assert!(error.contains(&format!("{key} may only narrow")), "{error}");
        assert!(load("", user, &[]).is_ok() || key == "evidence.seal_to", "{user}");
    }
}

#[test]
fn settings_of_the_administrator_are_known_as_such() {
    let retention = "[evidence]\nretention = { card-read = 400 }";
    let is_administrators = |etc: &str, user: &str| {
        let config = load(etc, user, &[]).unwrap();
        let (again, _) = config.reloaded(&config).unwrap();
        let asked = |config: &Config| config.is_administrators("evidence", "retention");
        assert_eq!(asked(&config), asked(&again));
        asked(&config)
    };
    assert!(is_administrators(retention, "") && is_administrators(retention, retention));
    assert!(!is_administrators("", retention) && !is_administrators("", ""));
}

#[test]
fn review_of_each_file_that_etc_wants_stays() {
    let (each, all) = ("[policy]\nbatch_review = 'each'", "[policy]\nbatch_review = 'all'");
    let review = |etc: &str, user: &str| load(etc, user, &[]).map(|config| config.settings.policy.batch_review());
    assert_eq!(review("", "").unwrap(), BatchReview::All);
    assert_eq!(review(all, each).unwrap(), BatchReview::Each);
    assert_eq!(review(each, each).unwrap(), BatchReview::Each);
    assert!(review(each, all).is_err());
    assert!(load(each, "", &[("BEIDD_POLICY_BATCH_REVIEW", "all")]).is_err());
    refused("[policy]\nbatch_review = 'some'", "all or each");
}

#[test]
fn less_may_be_read_ahead_than_etc_says_and_never_more() {
    let policy = |word: &str| format!("[policy]\nprefetch = '{word}'");
    assert_eq!(load("", "", &[]).unwrap().settings.policy.prefetch(), Prefetch::None);
    assert_eq!(
        load("", &policy("all"), &[]).unwrap().settings.policy.prefetch(),
        Prefetch::All
    );
    let words = ["none", "text", "all"];
    for (allowed, etc) in words.iter().enumerate() {
        for (asked, user) in words.iter().enumerate() {
            let fine = asked <= allowed;
            assert_eq!(load(&policy(etc), &policy(user), &[]).is_ok(), fine, "{etc} {user}");
            let variable = load(&policy(etc), "", &[("BEIDD_POLICY_PREFETCH", user)]);
            assert_eq!(variable.is_ok(), fine, "{etc} {user}");
        }
    }
    refused("[policy]\nprefetch = 'some'", "none, text or all");
}

#[test]
fn forms_of_etc_can_only_become_fewer_and_programs_log_in_only_where_it_lets_them() {
    let exports = |forms: &str| format!("[policy]\nexports = [{forms}]");
    let usual = load("", "", &[]).unwrap().settings.policy;
    assert!(usual.exports().allow(ExportForm::Fhir) && usual.exports().allow(ExportForm::Eid));
    assert!(ExportForm::ALL.iter().all(|form| usual.exports().allow(*form)) && !usual.native_log_in());
    for (etc, user, fine) in [
        ("'fhir', 'eid'", "'fhir'", true),
        ("'fhir', 'eid'", "", true),
        ("'fhir', 'eid'", "'eid', 'fhir'", true),
        ("'fhir', 'eid'", "'csv'", false),
        ("'photo', 'json', 'print'", "'print'", true),
        ("'fhir', 'eid', 'csv'", "'photo'", false),
        ("", "'fhir'", false),
    ] {
        assert_eq!(load(&exports(etc), &exports(user), &[]).is_ok(), fine, "{etc} {user}");
        let words = user.replace(['\'', ' '], "");
        if !words.is_empty() {
            let variable = load(&exports(etc), "", &[("BEIDD_POLICY_EXPORTS", &words)]);
            assert_eq!(variable.is_ok(), fine, "{etc} {user}");
        }
    }
    let none = load("", &exports(""), &[]).unwrap().settings.policy.exports();
    assert!(!none.allow(ExportForm::Fhir));
    refused("[policy]\nexports = ['pdf']", "fhir, eid, csv, photo, json or print");
    let native = |value: &str| format!("[policy]\nnative_log_in = {value}");
    for (etc, user, fine) in [
        ("false", "true", false),
        ("true", "false", true),
        ("true", "true", true),
    ] {
        assert_eq!(load(&native(etc), &native(user), &[]).is_ok(), fine, "{etc} {user}");
    }
    assert!(load("", &native("true"), &[]).unwrap().settings.policy.native_log_in());
}

/// Settings that narrow and that widen what `/etc` says: key, value of `/etc`, a narrower one, a wider one.
const LIMITS: &[(&str, &str, &str, &str)] = &[
    ("https.allow_users", "[1, 2]", "[2]", "[3]"),
    ("https.status", "'listed'", "'listed'", "'any'"),
    (
        "https.tls",
        "{ certificate = '/a', key = '/b' }",
        "{ certificate = '/a', key = '/b' }",
        "{ certificate = '/c', key = '/b' }",
    ),
    ("pcsc.ignore_readers", "['ACME']", "['Other', 'ACME']", "['Other']"),
    (
        "pcsc.roles",
        "{ ACME = 'provider' }",
        "{ ACME = 'provider' }",
        "{ ACME = 'patient' }",
    ),
    (
        "pcsc.reader",
        "[{ name = 'ACME', keypad = false }]",
        "[{ name = 'ACME', keypad = false }]",
        "[{ name = 'ACME', ignore = true }]",
    ),
    ("prompt.pinentry", "'/a/pinentry'", "'/a/pinentry'", "'/b/pinentry'"),
    ("trust.extra_roots", "['/a.pem', '/b.pem']", "[]", "['/c.pem']"),
    ("trust.revocation", "'soft'", "'require'", "'off'"),
    (
        "trust.ocsp_urls",
        "['http://a.example/ocsp']",
        "['http://a.example/ocsp/eid']",
        "['http://a.example']",
    ),
    (
        "trust.crl_urls",
        "['http://a.example/crl']",
        "['http://a.example/crl/eid']",
        "['http://a.example']",
    ),
    ("trust.cache", "false", "false", "true"),
    (
        "trust.timestamp_url",
        "'http://tsa.example'",
        "'http://tsa.example'",
        "'http://b.example'",
    ),
    ("trust.timestamp_roots", "['/a.pem']", "[]", "['/b.pem']"),
    (
        "network.proxy",
        "'http://proxy.example'",
        "'http://proxy.example'",
        "'none'",
    ),
    ("network.no_proxy", "['a.example']", "['a.example']", "['b.example']"),
    ("consent.texts", "['/a.json', '/b.json']", "['/b.json']", "['/c.json']"),
    ("evidence.store", "'on'", "'on'", "'off'"),
    ("evidence.seal", "'desk'", "'desk'", "'none'"),
    ("evidence.seal_to", "'/a.pem'", "'/a.pem'", "'/b.pem'"),
    (
        "evidence.url",
        "'postgres://a@b.example/c'",
        "'postgres://a@b.example/c'",
        "'postgres://a@d.example/c'",
    ),
    ("evidence.password_file", "'/a'", "'/a'", "'/b'"),
    ("evidence.keep", "false", "false", "true"),
    ("evidence.heads", "'provider'", "'provider'", "'desk'"),
    (
        "evidence.retention",
        "{ card-read = 400 }",
        "{ card-read = 400 }",
        "{ card-read = 4000 }",
    ),
    ("report.store", "'on'", "'on'", "'off'"),
    ("report.age", "true", "true", "false"),
    ("report.gender", "false", "false", "true"),
    ("report.province", "false", "false", "true"),
    (
        "metrics.listen",
        "'127.0.0.1:9464'",
        "'127.0.0.1:9464'",
        "'127.0.0.1:9465'",
    ),
    ("policy.prefetch", "'text'", "'none'", "'all'"),
    ("policy.exports", "['fhir', 'csv']", "['csv']", "['photo']"),
    (
        "policy.proofs",
        "['eidsigning', 'eidreading']",
        "['eidsigning']",
        "['eidencoding_nocard']",
    ),
    ("policy.pin_entry", "'keypad'", "'keypad'", "'any'"),
    ("policy.batch_review", "'each'", "'each'", "'all'"),
    ("policy.native_log_in", "false", "false", "true"),
    ("policy.pairing", "'listed-only'", "'listed-only'", "'ask'"),
    ("policy.confirm_bus", "'once'", "'once'", "'never'"),
];

#[test]
fn what_etc_limits_can_be_narrowed_and_not_widened_by_a_file_or_a_variable() {
    for row in ROWS {
        let key = format!("{}.{}", row.section, row.key);
        let Some((_, etc, narrower, wider)) = LIMITS.iter().find(|(name, ..)| *name == key) else {
            assert!(!row.limit.is_set(), "{key} has a limit and no line in LIMITS");
            continue;
        };
        assert!(row.limit.is_set(), "{key}");
        let parsed = |value: &str| -> (Table, Settings) {
            let text = format!("[{}]\n{} = {value}", row.section, row.key);
            (toml::from_str(&text).unwrap(), toml::from_str(&text).unwrap())
        };
        let (table, settings) = parsed(etc);
        let guard = Guard::new(settings, &table);
        assert!(guard.check(&parsed(etc).1, "same").is_ok(), "{key}");
        assert!(guard.check(&parsed(narrower).1, "narrower").is_ok(), "{key}");
        let refusal = guard.check(&parsed(wider).1, "wider").unwrap_err().to_string();
        assert!(
            refusal.starts_with(&format!("wider: {key} may only narrow")),
            "{refusal}"
        );
        assert!(refusal.ends_with(row.limit.words), "{refusal}");
        // Where `/etc` has neither key nor section, everybody is free.
        let free = Guard::new(Settings::default(), &Table::new());
        assert!(free.check(&parsed(wider).1, "alone").is_ok(), "{key}");
        // Both ways into a daemon: the files of `/etc` are read before anything that is refused later.
        let etc = format!("[{}]\n{} = {etc}", row.section, row.key);
        let file = format!("[{}]\n{} = {wider}", row.section, row.key);
        let refusal = load(&etc, &file, &[]).unwrap_err().to_string();
        assert!(refusal.contains("user.toml") && refusal.contains(&key), "{refusal}");
        if row.has_variable() {
            let value = wider.trim_matches(['[', ']']).replace('\'', "");
            let refusal = load(&etc, "", &[(&row.variable(), &value)]).unwrap_err().to_string();
            assert!(refusal.contains("environment") && refusal.contains(&key), "{refusal}");
        }
    }
}

#[test]
fn proofs_and_the_place_of_a_pin_can_be_chosen() {
    let policy = |text: &str| load("", &format!("[policy]\n{text}"), &[]).unwrap().settings.policy;
    let usual = policy("");
    assert_eq!((usual.proofs().codes().len(), usual.pin_entry()), (6, PinPlace::Any));
    let strict = policy("proofs = ['eidsigning', 'eidreading']\npin_entry = 'keypad'");
    assert_eq!(strict.proofs().codes(), ["eidsigning", "eidreading"]);
    assert_eq!(strict.pin_entry(), PinPlace::Keypad);
    assert!(policy("proofs = []").proofs().codes().is_empty());
    // A code of the table that clients do not send is none to choose either.
    refused("[policy]\nproofs = ['propagation']", "eidsigning, eidreading");
    refused("[policy]\nproofs = ['eidsignin']", "eidsigning, eidreading");
    refused("[policy]\npin_entry = 'dialog'", "any or keypad");
}

/// Checks that the user's file `text` is refused at its line 2, with `why` in the error.
#[track_caller]
fn refused(text: &str, why: &str) {
    let error = load("", text, &[]).unwrap_err().to_string();
    assert!(
        error.contains("user.toml") && error.contains("line 2") && error.contains(why),
        "{text}: {error}"
    );
}

#[test]
fn values_that_cannot_be_are_refused_with_their_line() {
    refused("[prompt]\ntimeout_s = 4", "5 to 600");
    refused("[prompt]\ntimeout_s = 601", "5 to 600");
    refused("[prompt]\nlanguage = 'es'", "nl, fr, de or en");
    for place in [
        "0.0.0.0:9464",
        "192.0.2.7:9464",
        "127.0.0.1:0",
        "localhost:9464",
        "9464",
        "unix:metrics",
    ] {
        refused(&format!("[metrics]\nlisten = '{place}'"), "127.0.0.1:PORT");
    }
    refused("[log]\nlevel = 'loud'", "error, warn");
    refused("[trust]\nrevocation = 'hard'", "off, soft or require");
    refused("[trust]\ncrl_urls = ['https://a.example']", "http://host");
    refused("\n[[origin]]\norigin = 'null'\nscopes = ['readers']", "https://host");
}

#[test]
fn a_certificate_is_named_by_absolute_paths_in_a_file() {
    let config = load(
        "",
        "[https]\ntls = { certificate = '/a/cert.pem', key = '/a/key.pem' }",
        &[],
    )
    .unwrap();
    let files = config.settings.https.tls.unwrap();
    assert_eq!(files.certificate, Path::new("/a/cert.pem"));
    assert_eq!((files.key, files.authority), (PathBuf::from("/a/key.pem"), None));
    for (value, reason) in [
        ("'auto'", "expected a table: {"),
        ("{ certificate = '/a/cert.pem' }", "missing field `key`"),
        (
            "{ certificate = 'cert.pem', key = '/a/key.pem' }",
            "cert.pem: should be an absolute path",
        ),
        (
            "{ certificate = '/c', key = '/k', authority = 'ca.pem' }",
            "ca.pem: should be an absolute path",
        ),
        (
            "{ certificate = '/c', key = '/k', root = '/r' }",
            "unknown field `root`",
        ),
    ] {
        refused(&format!("[https]\ntls = {value}"), reason);
    }
    let error = load("", "", &[("BEIDD_HTTPS_TLS", "/a/cert.pem")]).unwrap_err();
    assert!(error.to_string().contains("can be set in a file only"), "{error}");
}

#[test]
fn what_is_not_built_is_refused_and_what_means_today_is_taken() {
    refused("[report]\nstore = 'yes'", "should be on or off");
    refused("[evidence]\nretention = { card-reads = 3 }", "no record is of the kind");
    refused("[evidence]\nretention = { card-read = 0 }", "at least 1 day");
    let today = "[trust]\nrevocation = 'off'\n[log]\njournald = false\n[policy]\npairing = 'listed-only'";
    load("", today, &[]).unwrap();
    let today = [
        ("BEIDD_TRUST_REVOCATION", "off"),
        ("BEIDD_LOG_JOURNALD", "false"),
        ("BEIDD_POLICY_PAIRING", "listed-only"),
    ];
    load("", "", &today).unwrap();
}

#[test]
fn provider_who_cannot_be_written_is_refused() {
    let party = |nihii: &str| {
        format!(
            "[[provider.parties]]\ntype = 'persphysician'\nnihii = '{nihii}'\nfirstName = 'Testo'\nfamilyName = 'ARTS'"
        )
    };
    assert!(
        load("", &party("19999816004"), &[])
            .unwrap()
            .settings
            .provider
            .parties
            .is_some()
    );
    let error = load("", &party("1"), &[]).unwrap_err().to_string();
    assert!(
        error.contains("user.toml") && error.contains("provider.parties[0].nihii"),
        "{error}"
    );
    assert!(load("", "[provider]\nparties = []", &[]).is_err());
    assert!(load("", "[provider]\npatient = {}", &[]).is_err());
}

#[test]
fn proofs_take_the_form_that_the_practice_chose() {
    let exact = "[provider]\nproof_profile = 'connector-exact'";
    assert_eq!(
        load("", "", &[]).unwrap().settings.provider.proof_profile().0,
        ProofProfile::Connector
    );
    let settings = load("", exact, &[]).unwrap();
    assert_eq!(
        (
            settings.settings.provider.proof_profile().0,
            settings.settings.provider.parties.is_none()
        ),
        (ProofProfile::ConnectorExact, true)
    );
    let variable = [("BEIDD_PROVIDER_PROOF_PROFILE", "strict")];
    assert_eq!(
        load("", exact, &variable).unwrap().settings.provider.proof_profile().0,
        ProofProfile::Strict
    );
    let error = load("", "[provider]\nproof_profile = 'exact'", &[])
        .unwrap_err()
        .to_string();
    assert!(error.contains("connector-exact"), "{error}");
}

#[test]
fn roots_that_cannot_be_read_are_refused() {
    let empty = directory().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for path in ["/nonexistent/a.pem", empty.to_str().unwrap()] {
        let error = load("", &format!("[trust]\nextra_roots = ['{path}']"), &[]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("trust.extra_roots") && error.contains(path), "{error}");
    }
}

#[test]
fn texts_of_consents_are_installed_or_refused_with_the_file() {
    use crate::consent_texts::tests::{text, written};
    let languages = |config: &Config| -> Vec<String> {
        let texts = config.consent_texts.texts();
        texts.map(|text| text.language().to_owned()).collect()
    };
    assert_eq!(languages(&load("", "", &[]).unwrap()), ["nl"]);
    let (french, german) = (written(&text("fr")), written(&text("de")));
    let (french, german) = (french.to_str().unwrap(), german.to_str().unwrap());
    let both = format!("[consent]\ntexts = ['{french}', '{german}']");
    assert_eq!(languages(&load("", &both, &[]).unwrap()), ["nl", "fr", "de"]);
    let listed = format!("{german}, {french}");
    let said = load("", "", &[("BEIDD_CONSENT_TEXTS", &listed)]).unwrap();
    assert_eq!(languages(&said), ["nl", "de", "fr"]);

    let mut changed = text("fr");
    changed["plain_text_sha256"] = "0".repeat(64).into();
    let (changed, dutch) = (written(&changed), written(&text("nl")));
    for (paths, file, why) in [
        (vec![changed.to_str().unwrap()], changed.to_str().unwrap(), "SHA-256"),
        (vec![french, french], french, "no text is installed yet"),
        (
            vec![dutch.to_str().unwrap()],
            dutch.to_str().unwrap(),
            "no text is installed yet",
        ),
        (vec!["/nonexistent/a.json"], "/nonexistent/a.json", "No such file"),
    ] {
        let error = load("", "", &[("BEIDD_CONSENT_TEXTS", &paths.join(","))]).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("consent.texts") && error.contains(file) && error.contains(why),
            "{error}"
        );
    }
}

#[test]
fn texts_of_etc_can_only_become_fewer() {
    use crate::consent_texts::tests::{text, written};
    let (french, german) = (written(&text("fr")), written(&text("de")));
    let of = |path: &Path| format!("[consent]\ntexts = ['{}']", path.display());
    assert!(load(&of(&french), &of(&french), &[]).is_ok());
    assert!(load(&of(&french), "[consent]\ntexts = []", &[]).is_ok());
    let error = load(&of(&french), &of(&german), &[]).unwrap_err().to_string();
    assert!(error.contains("consent.texts may only narrow"), "{error}");
    let german = german.to_str().unwrap();
    assert!(load(&of(&french), "", &[("BEIDD_CONSENT_TEXTS", german)]).is_err());
}

#[test]
fn drop_ins_hold_pages_and_nothing_else() {
    let with = |drop_in: &str| {
        let directory = directory();
        std::fs::write(directory.join("origins.d/emr.toml"), drop_in).unwrap();
        load_from(directory, "", "", &[])
    };
    let page = "[[origin]]\norigin = 'https://a.example'\nscopes = ['readers']";
    assert_eq!(with(page).unwrap().settings.origin.len(), 1);
    let error = with(&format!("{page}\n[https]\nport = 1")).unwrap_err().to_string();
    assert!(error.contains("emr.toml") && error.contains("https"), "{error}");
    let error = with("[[origin]]\norigin = 'https://A.example'\nscopes = ['readers']").unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("emr.toml") && error.contains("line 1") && error.contains("https://a.example"),
        "{error}"
    );
}

#[test]
fn an_origin_that_two_files_list_and_a_file_of_another_name_are_warned_about() {
    let directory = directory();
    let page = |scope: &str| format!("[[origin]]\norigin = 'https://a.example'\nscopes = ['{scope}']");
    std::fs::write(directory.join("origins.d/a.toml"), page("readers")).unwrap();
    std::fs::write(directory.join("origins.d/b.toml"), page("identity.full")).unwrap();
    std::fs::write(directory.join("origins.d/c.conf"), page("sign")).unwrap();
    let config = load_from(directory, "", "", &[]).unwrap();
    assert_eq!(config.settings.origin.len(), 1);
    assert_eq!(config.settings.origin[0].scopes.words(), ["readers"]);
    let warned = |file: &str, what: &str| {
        let mut warnings = config.warnings.iter();
        assert!(
            warnings.any(|warning| warning.contains(file) && warning.contains(what)),
            "{:?}",
            config.warnings
        );
    };
    warned("b.toml", "https://a.example is left out");
    warned("c.conf", "is not read");
    assert_eq!(config.warnings.len(), 2);
}

#[test]
fn variables_of_others_need_not_be_text() {
    use std::os::unix::ffi::OsStringExt;
    let odd = || OsString::from_vec(vec![0xFF]);
    let of = |name: OsString, value: OsString| variables([(name, value)]);
    assert_eq!(of("PATH".into(), odd()).unwrap(), []);
    assert_eq!(of(odd(), "x".into()).unwrap(), []);
    let ours = ("BEIDD_LOG_LEVEL".to_owned(), "warn".to_owned());
    assert_eq!(of("BEIDD_LOG_LEVEL".into(), "warn".into()).unwrap(), [ours]);
    let error = of("BEIDD_LOG_LEVEL".into(), odd()).unwrap_err().to_string();
    assert!(error.contains("BEIDD_LOG_LEVEL"), "{error}");
}

#[test]
fn origins_are_exact_and_secure() {
    let one = |origin: &str| {
        load(
            "",
            &format!("[[origin]]\norigin = '{origin}'\nscopes = ['readers']"),
            &[],
        )
    };
    for good in [
        "https://a.example",
        "https://a.example:8443",
        "http://localhost:3000",
        "http://[::1]:1",
    ] {
        assert!(one(good).is_ok(), "{good}");
    }
    for bad in [
        "http://a.example",
        "https://a.example/",
        "https://*.example",
        "a.example",
        "null",
        "https://A.example",
    ] {
        assert!(one(bad).is_err(), "{bad}");
    }
}

/// A certificate that will do as a root.
fn a_root() -> String {
    format!(
        "{}/../../pki/src/roots/belgium-root-ca4.pem",
        env!("CARGO_MANIFEST_DIR")
    )
}

#[test]
fn time_stamps_are_asked_for_where_the_settings_say_and_checked() {
    assert!(load("", "", &[]).unwrap().timestamps.is_none());
    let (root, url) = (a_root(), "http://tsa.example/stamp?policy=1");
    let both = format!("[trust]\ntimestamp_url = '{url}'\ntimestamp_roots = ['{root}']");
    let expected = ExactUrl::try_from(url.to_owned()).unwrap();
    let variables = [
        ("BEIDD_TRUST_TIMESTAMP_URL", url),
        ("BEIDD_TRUST_TIMESTAMP_ROOTS", root.as_str()),
    ];
    for config in [load("", &both, &[]), load("", "", &variables)] {
        assert_eq!(config.unwrap().timestamps.unwrap().url, expected);
    }
    // Roots alone are for whoever verifies.
    let roots = load("", "", &variables[1..]).unwrap();
    assert!(roots.timestamps.is_none() && roots.settings.trust.timestamp_roots() == [PathBuf::from(&root)]);

    let without = load("", "", &variables[..1]).unwrap_err().to_string();
    assert_eq!(
        without,
        "trust.timestamp_url: goes with trust.timestamp_roots: PEM files with the roots that the authority's certificate \
         leads to"
    );
    let unreadable = [variables[0], ("BEIDD_TRUST_TIMESTAMP_ROOTS", "/nonexistent/a.pem")];
    let error = load("", "", &unreadable).unwrap_err().to_string();
    assert!(error.contains("trust.timestamp_roots: /nonexistent/a.pem"), "{error}");
    for url in ["https://tsa.example", "tsa.example", "http://a@tsa.example", "http://"] {
        refused(&format!("[trust]\ntimestamp_url = '{url}'"), "http://host[:port]");
    }
}

#[test]
fn nobody_else_is_asked_for_time_stamps_than_etc_says() {
    let (root, url) = (a_root(), "http://tsa.example/stamp");
    let etc = format!("[trust]\ntimestamp_url = '{url}'\ntimestamp_roots = ['{root}']");
    assert!(load(&etc, &etc, &[]).unwrap().timestamps.is_some());
    let silent = "[trust]\nrevocation = 'off'";
    for (etc, key, wider) in [
        (
            etc.as_str(),
            "trust.timestamp_url",
            "timestamp_url = 'http://tsa.example/stamp/x'",
        ),
        (
            &etc,
            "trust.timestamp_url",
            "timestamp_url = 'http://other.example/stamp'",
        ),
        (&etc, "trust.timestamp_roots", "timestamp_roots = ['/b.pem']"),
        (
            silent,
            "trust.timestamp_url",
            "timestamp_url = 'http://tsa.example/stamp'",
        ),
        (silent, "trust.timestamp_roots", "timestamp_roots = ['/b.pem']"),
    ] {
        let error = load(etc, &format!("[trust]\n{wider}"), &[]).unwrap_err().to_string();
        assert!(error.contains(&format!("{key} may only narrow")), "{error}");
    }
    let other = [("BEIDD_TRUST_TIMESTAMP_URL", "http://other.example")];
    assert!(load(&etc, "", &other).is_err());
}

#[test]
fn parts_of_readers_names_say_something_and_do_not_contradict_each_other() {
    let check = |pcsc: &str, wrong: Option<&str>| match (load("", &format!("[pcsc]\n{pcsc}"), &[]), wrong) {
        (Ok(_), None) => {}
        (Err(error), Some(word)) => assert!(error.to_string().contains(word), "{pcsc}: {error}"),
        (outcome, _) => panic!("{pcsc}: {:?}", outcome.map(|config| config.settings.pcsc.roles)),
    };
    check("ignore_readers = ['Contactless']", None);
    check("ignore_readers = ['Contactless', '']", Some("every name"));
    check("ignore_readers = [' ']", Some("every name"));
    check("roles = { '' = 'provider' }", Some("every name"));
    // The longest decides.
    check("roles = { 'ACME' = 'patient', 'ACME Reader' = 'provider' }", None);
    // The same place in a name: no reader has both.
    check("roles = { 'ACME 00 00' = 'patient', 'ACME 01 00' = 'provider' }", None);
    check("roles = { '00 00' = 'patient', '01 00' = 'provider' }", None);
    check("roles = { 'PCD 00 00' = 'patient', 'PCX 01 01' = 'provider' }", None);
    // Maker and model of one reader.
    check(
        "roles = { 'REINER SCT' = 'patient', 'cyberJack2' = 'provider' }",
        Some("equally long"),
    );
    check("roles = { 'REINER SCT' = 'provider', 'cyberJack2' = 'provider' }", None);
}

#[test]
fn a_page_that_etc_does_not_list_is_left_out_by_name_and_the_others_stay() {
    let page =
        |host: &str, scopes: &str| format!("[[origin]]\norigin = 'https://{host}.example'\nscopes = [{scopes}]\n");
    let etc = page("a", "'readers'") + &page("b", "'readers'");
    for (own, expected, words) in [
        (
            page("c", "'readers'"),
            vec!["a", "b"],
            vec!["user.toml", "c.example", "a.example, https://b.example"],
        ),
        (
            page("a", "'readers'") + &page("c", "'readers'"),
            vec!["a"],
            vec!["c.example"],
        ),
        (
            page("a", "'readers', 'sign'"),
            vec!["a", "b"],
            vec!["a.example", "no more than readers"],
        ),
        (page("b", "'readers'"), vec!["b"], vec![]),
    ] {
        let config = load(&etc, &own, &[]).unwrap();
        let hosts = expected.iter().map(|host| format!("https://{host}.example"));
        let origins = config.settings.origin.iter().map(|one| one.origin.clone());
        assert_eq!(origins.collect::<Vec<_>>(), hosts.collect::<Vec<_>>(), "{own}");
        let warnings = config.warnings.join("\n");
        assert_eq!(warnings.is_empty(), words.is_empty(), "{warnings}");
        for word in words {
            assert!(warnings.contains(word), "{word}: {warnings}");
        }
    }
}

#[test]
fn a_variable_of_a_known_section_that_sets_nothing_is_refused() {
    for (name, words) in [
        ("BEIDD_HTTPS_PROT", "unknown field `prot`, expected one of `port`"),
        ("BEIDD_PCSC_ROLES", "in a file only"),
        ("BEIDD_PROVIDER_PARTIES", "in a file only"),
        ("BEIDD_ORIGIN_SCOPES", "in a file only"),
        ("BEIDD_EVIDENCE_RETENTION", "in a file only"),
        ("BEIDD_EVIDENCE_STORE", "should be on or off"),
        ("BEIDD_EVIDENCE_SEAL", "should be desk or none"),
    ] {
        let error = load("", "", &[(name, "1")]).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(words), "{error}");
    }
    for other in [
        "BEIDD_BIN",
        "BEIDD_TEST_TOOLS",
        "BEIDD_EHEALTH_XSD",
        "BEIDD_HTTPS",
        "BEIDD_",
    ] {
        assert!(load("", "", &[(other, "1")]).is_ok(), "{other}");
    }
}

#[test]
fn every_section_of_a_file_is_one_of_the_variables_too() {
    let error = toml::from_str::<Settings>("nothing = 1").unwrap_err();
    let (_, named) = error.message().split_once("expected one of ").unwrap();
    let mut sections: Vec<_> = named
        .split(", ")
        .map(|word| word.trim_matches('`').to_owned())
        .collect();
    sections.retain(|section| section != "origin");
    assert_eq!(sections, SECTIONS);
}

#[test]
fn settings_that_others_can_write_are_not_believed() {
    use std::os::unix::fs::PermissionsExt;
    for (mode, believed) in [(0o600, true), (0o644, true), (0o646, false), (0o666, false)] {
        let directory = directory();
        let own = directory.join("own.toml");
        std::fs::write(&own, "[https]\nport = 7").unwrap();
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(mode)).unwrap();
        let sources = Sources {
            etc: directory,
            user: None,
            named: Some(own),
            environment: Vec::new(),
            flags: Vec::new(),
        };
        match Config::load(&sources) {
            Ok(config) => assert!(believed && config.settings.https.port() == 7, "{mode:o}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!believed && error.contains("own.toml"), "{mode:o}: {error}");
                assert!(error.contains("can be written by everybody"), "{error}");
            }
        }
    }
}

#[test]
fn every_setting_is_printed_with_its_source() {
    let etc = "[https]\nport = 7\n[pcsc]\nroles = { 'ACME' = 'provider' }\n[[origin]]\norigin = 'https://a.example'\n\
               scopes = ['readers']";
    let config = load(etc, "[log]\nlevel = 'warn'", &[("BEIDD_HTTPS_ALLOW_USERS", "1,2")]).unwrap();
    let text = config.print();
    for (line, source) in [
        (
            "port = 7 # administrator, /",
            "/beidd.toml; default: 32032, else the next free",
        ),
        (
            "allow_users = [1, 2] #",
            "environment BEIDD_HTTPS_ALLOW_USERS; default: none",
        ),
        ("level = \"warn\" # file /", "/user.toml; default: `info`"),
        (
            "roles = { ACME = \"provider\" } # administrator, /",
            "/beidd.toml; default: `any`; later sources: no other",
        ),
        (
            "origin = [{ origin = \"https://a.example\", scopes = [\"readers\"] }] # administrator, /",
            "/beidd.toml; default: none",
        ),
        (
            "pairing = \"listed-only\" # administrator, by the origins in /",
            "later sources: from `ask` to `listed-only`",
        ),
        ("# bus: `session` # default", ""),
    ] {
        let found = text.lines().find(|one| one.starts_with(line));
        assert!(
            found.is_some_and(|found| found.contains(source)),
            "{line} {source} in\n{text}"
        );
    }
    // It says the same again.
    let again = load(&text, "", &[]).unwrap();
    assert_eq!(again.settings.https.port(), 7);
    for row in ROWS {
        let key = row.key;
        assert!(
            text.contains(&format!("\n{key} = ")) || text.contains(&format!("\n# {key}: ")),
            "{key}"
        );
    }
}

#[test]
fn flags_win_and_are_named() {
    let sources = Sources {
        environment: vec![("BEIDD_HTTPS_PORT".to_owned(), "3".to_owned())],
        flags: vec![Flag {
            flag: "--https-port",
            variable: "BEIDD_HTTPS_PORT",
            value: "4".to_owned(),
        }],
        etc: directory(),
        ..Sources::default()
    };
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.settings.https.port(), 4);
    assert!(config.print().contains("port = 4 # flag --https-port; default: 32032"));
}

#[test]
fn numbers_that_are_none_are_refused_in_words() {
    for (name, bad, words) in [
        ("BEIDD_HTTPS_PORT", "70000", "should be a port"),
        ("BEIDD_HTTPS_PORT", "x", "should be a port"),
        (
            "BEIDD_HTTPS_ALLOW_USERS",
            "1,-2",
            "should be user numbers, comma-separated",
        ),
        ("BEIDD_PROMPT_TIMEOUT_S", "-1", "should be a number of seconds"),
        ("BEIDD_PROMPT_TIMEOUT_S", "4", "should be 5 to 600 seconds"),
        ("BEIDD_TRUST_CACHE", "yes", "should be true or false"),
        ("BEIDD_DBUS_BUS", "both", "should be session, system or none"),
    ] {
        let error = load("", "", &[(name, bad)]).unwrap_err();
        assert_eq!(error.to_string(), format!("{name}: {words}"));
    }
}

/// The page is written anew with `make api-docs`.
#[test]
fn shipped_page_of_settings_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let start =
        "| key | meaning | default | where `/etc` sets it, later sources | when read again |\n|---|---|---|---|---|\n";
    let (before, rest) = page.split_once(start).unwrap();
    let after = rest.split_once("\n\n").map(|(_, after)| after).unwrap_or_default();
    let row = |row: &SettingRow| {
        let SettingRow {
            section,
            key,
            means,
            default,
            limit,
            reload,
            ..
        } = row;
        let (means, reload) = (means.trim(), reload.words());
        format!(
            "| `{section}.{key}` | {means} | {default} | {} | {reload} |",
            limit.words
        )
    };
    let rows: Vec<_> = ROWS.iter().map(row).collect();
    let written = format!("{before}{start}{}\n\n{after}", rows.join("\n"));
    if std::env::var_os("BEIDD_WRITE_DOCS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written, "run `make api-docs`");
}

#[test]
fn a_section_that_is_a_list_is_refused_wherever_it_stands() {
    for section in SECTIONS {
        let list = format!("{section} = []");
        for (etc, user, file) in [(list.as_str(), "", "beidd.toml"), ("", list.as_str(), "user.toml")] {
            let error = load(etc, user, &[]).unwrap_err().to_string();
            assert!(
                error.contains(file) && error.contains(&format!("[{section}]")),
                "{error}"
            );
        }
    }
    // It would undo what the administrator said.
    let etc = "[trust]\nrevocation = 'require'\n[https]\nstatus = 'listed'";
    assert!(load(etc, "trust = []\nhttps = []", &[]).is_err());
}

#[test]
fn a_party_is_refused_with_its_place_in_words_of_requests() {
    let party = |kind: &str| {
        format!(
            "[provider]\nparties = [{{ type = '{kind}', nihii = '10012378004', firstName = 'An', familyName = 'Arts' }}]"
        )
    };
    assert!(load("", &party("persphysician"), &[]).is_ok());
    let error = load("", &party("physician"), &[]).unwrap_err().to_string();
    assert!(error.contains("provider.parties[0].type: unknown code"), "{error}");
    assert!(!error.contains("refused"), "{error}");
}

#[test]
fn a_variable_in_mixed_letters_is_not_ignored() {
    let error = load("", "", &[("BEIDD_TRUST_Revocation", "require")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("BEIDD_TRUST_Revocation"), "{error}");
}

#[test]
fn settings_that_are_read_again_count_at_once_or_from_the_next_start() {
    let page = |host: &str| format!("[[origin]]\norigin = 'https://{host}.example'\nscopes = ['readers']\n");
    let old = "[https]\nport = 1\n[policy]\nexports = ['fhir']\nprefetch = 'text'\n[log]\nlevel = 'warn'\n";
    let new = "[policy]\nexports = ['csv']\nprefetch = 'all'\nbatch_review = 'each'\n[prompt]\ntimeout_s = 90\n";
    let mut first = load("", &(old.to_owned() + &page("a")), &[]).unwrap();
    first.simulated = true;
    let second = load("", &(new.to_owned() + &page("b")), &[]).unwrap();
    let (merged, changes) = first.reloaded(&second).unwrap();
    assert_eq!(
        changes.applied,
        ["origin", "policy.exports", "policy.batch_review", "log.level"]
    );
    assert_eq!(
        changes.after_restart,
        ["https.port", "prompt.timeout_s", "policy.prefetch"]
    );
    let settings = &merged.settings;
    assert!(settings.policy.exports().allow(ExportForm::Csv) && !settings.policy.exports().allow(ExportForm::Fhir));
    assert_eq!(settings.origin[0].origin, "https://b.example");
    assert_eq!(
        (settings.log.level(), settings.policy.batch_review()),
        (Level::Info, BatchReview::Each)
    );
    assert_eq!((settings.https.port(), settings.policy.prefetch()), (1, Prefetch::Text));
    assert!(settings.prompt.timeout_s.is_none() && merged.simulated);
    assert_eq!(merged.reloaded(&merged).unwrap().1, SettingChanges::default());
}

#[test]
fn the_log_names_the_line_of_a_fault_and_not_what_stands_there() {
    let party =
        "[provider]\nparties = [{ type = 'persphysician', nihii = '10012378004', firstName = 'An', family = 'Arts' }]";
    let error = load("", party, &[]).unwrap_err();
    assert!(error.to_string().contains("Arts"), "{error}");
    let said = error.for_log();
    assert!(said.contains("user.toml") && said.contains("line 2"), "{said}");
    assert!(!said.contains("Arts") && !said.contains("10012378004"), "{said}");
}

#[test]
fn a_proxy_is_an_address_or_none() {
    let network = |text: &str| load("", &format!("[network]\n{text}"), &[]).unwrap();
    let said = |config: &Config| format!("{:?}", config.revocation.proxies);
    let set = network("proxy = 'http://proxy.example:3128'\nno_proxy = ['hospital.example', '10.0.0.0/8']");
    assert!(
        said(&set).contains("proxy.example:3128") && said(&set).contains("hospital.example"),
        "{}",
        said(&set)
    );
    assert_eq!(said(&network("proxy = 'none'")), "Proxies(None)");
    refused(
        "[network]\nproxy = 'https://proxy.example'",
        "http://host[:port], or none",
    );
    refused("[network]\nproxy = 'http://me:secret@proxy.example'", "http_proxy");
    let alone = load("", "[network]\nno_proxy = ['hospital.example']", &[])
        .unwrap_err()
        .to_string();
    assert!(
        alone.starts_with("network.no_proxy: goes with network.proxy"),
        "{alone}"
    );
}
