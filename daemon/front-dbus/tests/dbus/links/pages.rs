//! Examples of the documentation, compared with real answers.

use super::*;
use beid_testkit::workspace;
use beid_texts::ErrorTexts;

/// Requests of a page, each with the document that the page shows for it.
fn examples(page: &str) -> Vec<(Value, &str)> {
    let mut rest = page;
    let mut examples = Vec::new();
    while let Some((_, behind)) = rest.split_once("\nIn:\n\n```json\n") {
        let (request, behind) = behind.split_once("\n```\n").unwrap();
        let (_, behind) = behind.split_once("\n```xml\n").unwrap();
        let (document, behind) = behind.split_once("\n```\n").unwrap();
        examples.push((serde_json::from_str(request).unwrap(), document));
        rest = behind;
    }
    examples
}

/// The document on one line, without white space between elements.
fn unfolded(document: &str) -> String {
    document
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
        .replace("> <", "><")
}

/// The document without the parts that differ each time: the random part of identifiers, and signatures.
fn lasting(document: &str) -> String {
    let mut parts = document.split(".20261120100200");
    let mut lasting = parts.next().unwrap().to_owned();
    for part in parts {
        assert!(part.bytes().take(6).all(|byte| byte.is_ascii_digit()), "{part}");
        lasting.push_str(".20261120100200123456");
        lasting.push_str(&part[6..]);
    }
    let Some((before, rest)) = lasting.split_once("encoding=\"CMS\">") else {
        return lasting;
    };
    let (_, behind) = rest.split_once('<').unwrap();
    format!("{before}encoding=\"CMS\">MII…<{behind}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_documentation_shows_is_what_is_answered() {
    let clock = || "2026-11-20T10:02:00+01:00".parse().unwrap();
    let desk = Desk::open_at(Person::Types(TEST_PIN), "", clock).await;
    desk.insert("claire").await;
    for (name, operation, count) in [
        ("therapeutic-links.md", "therapeutic-link", 8),
        ("therapeutic-exclusions.md", "therapeutic-exclusion", 4),
    ] {
        let page = workspace().join("docs/operations").join(name);
        let page = std::fs::read_to_string(page).unwrap();
        let examples = examples(&page);
        assert_eq!(examples.len(), count, "{name}");
        for (request, document) in examples {
            let answer = call(&desk, operation, request.clone()).await;
            let answer = answer.unwrap_or_else(|error| panic!("{request}: {}", error.detail(Language::En)));
            assert_eq!(
                lasting(answer["xml"].as_str().unwrap()),
                unfolded(document),
                "{request}"
            );
        }
    }
}
