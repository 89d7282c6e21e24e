//! Verdicts of `beidctl verify` on requests: several links, each by its own proof, and requests that nobody signs.

use crate::pin::call;
use crate::signatures::words;
use beid_simulator::TEST_PIN;
use beid_testkit::daemon::ctl::{run, stdout, succeeds};
use beid_testkit::daemon::{Desk, Person};
use serde_json::{Value, json};

/// Prepares a request, writes it to `request.xml`, and returns it.
async fn made(desk: &Desk, operation: &str, members: Value) -> String {
    let answer = call(desk, operation, members).await.unwrap();
    let xml = answer["xml"].as_str().unwrap().to_owned();
    desk.write("request.xml", xml.as_bytes());
    xml
}

fn bulk(links: Value) -> Value {
    json!({"operation": "put-bulk", "proof": "eidsigning", "proofProfile": "strict", "links": links})
}

#[tokio::test(flavor = "multi_thread")]
async fn several_links_are_judged_each_by_its_proof() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let both = json!([{"type": "gpconsultation"}, {"type": "gmd"}]);
    let xml = made(&desk, "therapeutic-link", bulk(both)).await;
    let page = succeeds(&desk, &["verify", "request.xml"]).await;
    assert!(page.starts_with("VALID (test card)\n") && !page.contains('✘'), "{page}");
    for words in [
        "  ✔ link 1                    test\n",
        "  ✔ link 2                    test\n",
        "  Covers            patient, provider, type, period, remark\n",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }

    desk.write("request.xml", xml.replace(">gmd<", ">hospitalisation<").as_bytes());
    let output = run(&desk, &["verify", "request.xml"]).await;
    assert_eq!(output.status.code(), Some(1));
    let page = stdout(&output);
    let changed = "  ✘ link 2                    none, proof-matches-request: link-differs\n";
    assert!(
        page.contains("  ✔ link 1                    test\n") && page.contains(changed),
        "{page}"
    );
    assert!(page.starts_with("INVALID: proof-matches-request\n"), "{page}");
    let output = run(&desk, &["verify", "request.xml", "--json"]).await;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["trust"], "none");
    assert_eq!(answer["links"][0]["trust"], "test");
    assert_eq!(answer["links"][1]["trust"], "none");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_nobody_signs_are_whole_and_prove_nothing() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("claire").await;
    let reading = json!({"operation": "put-bulk", "proof": "eidreading", "links": [{"type": "gmd"}]});
    for (operation, members) in [
        ("consent", json!({"operation": "put"})),
        ("consent", json!({"operation": "status"})),
        ("therapeutic-link", json!({"operation": "get"})),
        ("therapeutic-link", reading),
    ] {
        made(&desk, operation, members.clone()).await;
        let output = run(&desk, &["verify", "request.xml"]).await;
        assert_eq!(output.status.code(), Some(6), "{members}");
        let page = words(&stdout(&output));
        let expected = "NOT SIGNED: nothing here proves who made it ✔ structure passed ? proof unknown: not-signed";
        assert!(page.starts_with(expected), "{members} {page}");
        assert!(page.ends_with("trust: none"), "{members} {page}");
    }
}
