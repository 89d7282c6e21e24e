//! Policies of browsers on websites that reach this computer (Local Network Access).
//!
//! Without a policy, a browser asks the person once for each website. Only policies of administrators are looked at; what
//! a person has answered is the browser's own.
//!
//! Sources: Chrome Enterprise policy list, "LoopbackNetworkAllowedForUrls" and its neighbours; Mozilla's policy templates,
//! "LocalNetworkAccess".

use crate::Machine;
use beid_api::{DoctorFinding, FindingCode};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Directories with policies of Chromium's kin, each with the browser.
const CHROMIUM: [(&str, &str); 8] = [
    ("Chromium", "/etc/chromium/policies/managed"),
    ("Chromium", "/etc/chromium/policies/recommended"),
    ("Chromium (Snap)", "/var/snap/chromium/current/policies/managed"),
    ("Chrome", "/etc/opt/chrome/policies/managed"),
    ("Chrome", "/etc/opt/chrome/policies/recommended"),
    ("Edge", "/etc/opt/edge/policies/managed"),
    ("Edge", "/etc/opt/edge/policies/recommended"),
    ("Brave", "/etc/brave/policies/managed"),
];
/// Policies with lists of websites, and whether they may reach this computer.
const LISTS: [(&str, FindingCode); 4] = [
    ("LoopbackNetworkAllowedForUrls", FindingCode::PermissionAllowed),
    ("LocalNetworkAccessAllowedForUrls", FindingCode::PermissionAllowed),
    ("LoopbackNetworkBlockedForUrls", FindingCode::PermissionBlocked),
    ("LocalNetworkAccessBlockedForUrls", FindingCode::PermissionBlocked),
];
/// Policy that switches the question off for every website.
const OPT_OUT: &str = "LocalNetworkAccessRestrictionsTemporaryOptOut";

/// Policy files of Firefox, of which it reads the first that exists.
const FIREFOX: [&str; 5] = [
    "/etc/firefox/policies/policies.json",
    "/usr/lib/firefox/distribution/policies.json",
    "/usr/lib/firefox-esr/distribution/policies.json",
    "/usr/lib64/firefox/distribution/policies.json",
    "/etc/firefox-esr/policies/policies.json",
];
/// Its policy.
const FIREFOX_POLICY: &str = "LocalNetworkAccess";

/// Says what the policies on this computer decide; that browsers ask, if they decide nothing.
#[must_use]
pub fn about_permissions(machine: &Machine) -> Vec<DoctorFinding> {
    let mut findings = Vec::new();
    for (browser, directory) in CHROMIUM {
        let files = machine.list(directory).into_iter();
        for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
            findings.extend(policies(machine, browser, &file, chromium));
        }
    }
    let firefox: Option<PathBuf> = FIREFOX.iter().map(|file| machine.path(file)).find(|file| file.exists());
    findings.extend(
        firefox
            .into_iter()
            .flat_map(|file| policies(machine, "Firefox", &file, firefox_policy)),
    );
    if findings.is_empty() {
        findings.push(DoctorFinding::new(FindingCode::PermissionAsked));
    }
    findings
}

/// Reads a policy file, and judges it.
fn policies(
    machine: &Machine,
    browser: &'static str,
    file: &Path,
    judge: fn(&'static str, &Value) -> Vec<DoctorFinding>,
) -> Vec<DoctorFinding> {
    let text = machine.text(file).ok().flatten();
    let read: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
    match read {
        Some(policies) => judge(browser, &policies),
        None => vec![
            DoctorFinding::new(FindingCode::PermissionUnreadable)
                .word("browser", browser)
                .name("file", file.display().to_string()),
        ],
    }
}

fn decided(code: FindingCode, browser: &'static str, policy: &'static str, count: usize) -> DoctorFinding {
    DoctorFinding::new(code)
        .word("browser", browser)
        .word("policy", policy)
        // Addresses of websites stay here: they tell what the practice works with.
        .word("count", count)
}

fn chromium(browser: &'static str, policies: &Value) -> Vec<DoctorFinding> {
    let lists = LISTS.into_iter().filter_map(|(policy, code)| {
        let websites = policies.get(policy)?.as_array()?.len();
        (websites > 0).then(|| decided(code, browser, policy, websites))
    });
    let mut findings: Vec<_> = lists.collect();
    if policies.get(OPT_OUT).and_then(Value::as_bool) == Some(true) {
        findings.push(decided(FindingCode::PermissionAllowed, browser, OPT_OUT, 0));
    }
    findings
}

fn firefox_policy(browser: &'static str, policies: &Value) -> Vec<DoctorFinding> {
    let Some(policy) = policies.get("policies").and_then(|all| all.get(FIREFOX_POLICY)) else {
        return Vec::new();
    };
    let skipped = policy.get("SkipDomains").and_then(Value::as_array).map_or(0, Vec::len);
    let is_off = policy.get("Enabled").and_then(Value::as_bool) == Some(false);
    if is_off || skipped > 0 {
        let count = if is_off { 0 } else { skipped };
        return vec![decided(FindingCode::PermissionAllowed, browser, FIREFOX_POLICY, count)];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Files of a computer, with their content.
    type FileRows<'f> = &'f [(&'f str, &'f str)];

    /// Code, policy and count of each finding on a computer with these files.
    fn check(files: FileRows<'_>) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (file, content) in files {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        let found = about_permissions(&Machine::below(root.path()));
        let public = |finding: &DoctorFinding| {
            let answer = finding.to_answer(|_| String::new());
            let facts = answer
                .facts
                .into_iter()
                .filter(|fact| !fact.private)
                .map(|fact| fact.value);
            let words: Vec<_> = [answer.code].into_iter().chain(facts).collect();
            words.join(" ")
        };
        found.iter().map(public).collect()
    }

    #[test]
    fn each_policy_has_its_finding_and_websites_are_counted_only() {
        let chrome = "etc/opt/chrome/policies/managed/a.json";
        let firefox = "etc/firefox/policies/policies.json";
        #[rustfmt::skip] // one row a line
        let rows: [(FileRows<'_>, &[&str]); 9] = [
            (&[], &["permission-asked"]),
            (&[(chrome, "{}"), (firefox, r#"{"policies": {}}"#)], &["permission-asked"]),
            (&[(chrome, r#"{"LoopbackNetworkAllowedForUrls": ["https://a.example", "https://b.example"]}"#)], &["permission-allowed Chrome LoopbackNetworkAllowedForUrls 2"]),
            (&[(chrome, r#"{"LocalNetworkAccessBlockedForUrls": ["*"]}"#)], &["permission-blocked Chrome LocalNetworkAccessBlockedForUrls 1"]),
            (&[(chrome, r#"{"LocalNetworkAccessRestrictionsTemporaryOptOut": true}"#)], &["permission-allowed Chrome LocalNetworkAccessRestrictionsTemporaryOptOut 0"]),
            (&[(chrome, "{"), (chrome.trim_end_matches(".json"), "{")], &["permission-unreadable Chrome"]),
            (&[(firefox, r#"{"policies": {"LocalNetworkAccess": {"SkipDomains": ["a.example"]}}}"#)], &["permission-allowed Firefox LocalNetworkAccess 1"]),
            (&[(firefox, r#"{"policies": {"LocalNetworkAccess": {"Enabled": false}}}"#)], &["permission-allowed Firefox LocalNetworkAccess 0"]),
            (&[(firefox, r#"{"policies": {"LocalNetworkAccess": {"Enabled": true}}}"#)], &["permission-asked"]),
        ];
        for (files, expected) in rows {
            assert_eq!(check(files), expected, "{files:?}");
        }
    }
}
