//! Therapeutic links on the command line, over the bus and over HTTPS.

use super::*;
use beid_front_https::{Https, HttpsSettings};
use beid_testkit::daemon::ctl::{admit_over_https, stderr, succeeds};

/// Removes the members that differ from call to call.
fn lasting(mut answer: Value) -> Value {
    for member in ["requestId", "xml"] {
        answer.as_object_mut().unwrap().remove(member);
    }
    for pointer in ["/proof", "/links/0", "/links/1", "/links/0/proof", "/links/1/proof"] {
        if let Some(members) = answer.pointer_mut(pointer).and_then(Value::as_object_mut) {
            members.remove("cms");
            members.remove("id");
        }
    }
    answer
}

/// Serves HTTPS beside the bus, and admits beidctl.
async fn serve_https(desk: &Desk) {
    let settings = HttpsSettings {
        port: 0,
        port_is_fixed: true,
        allow_users: Vec::new(),
        tls_directory: desk.dir.join("tls"),
        certificate: None,
    };
    let https = Https::bind(settings).await.unwrap();
    admit_over_https(desk, https.port(), https.ca_certificate()).await;
    tokio::spawn(https.serve(desk.service.clone(), desk.stop.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_the_same_on_the_bus_and_over_https() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    serve_https(&desk).await;
    desk.insert("jan").await;
    desk.write(
        "links.json",
        br#"[{"type": "gpconsultation"}, {"type": "delivery", "proof": "eidreading"}]"#,
    );
    desk.write(
        "citizen.json",
        br#"{"parties": [{"applicationId": "4711", "type": "application", "name": "My care"}], "patient": {}}"#,
    );
    desk.write(
        "party.json",
        br#"{"nihii": "29999031", "type": "orgpharmacy", "name": "APOTHEEK"}"#,
    );
    let anna = number_of("anna");
    let exclusion = ["--author", "citizen.json", "--hc-party", "party.json"];
    #[rustfmt::skip] // one row a line
    let commands: [(&[&str], &str); 12] = [
        (&["therlink", "put", "--type", "gpconsultation", "--proof", "eidreading"], "PutTherapeuticLinkRequest"),
        (&["therlink", "put", "--type", "gpconsultation", "--proof", "eidsigning"], "PutTherapeuticLinkRequest"),
        (&["therlink", "put", "--type", "gpconsultation", "--proof", "eidencoding_techproblem", "--reason", "broken", "--patient", anna, "--card-number", "591000000106"], "PutTherapeuticLinkRequest"),
        (&["therlink", "revoke", "--type", "gpconsultation", "--proof", "eidreading", "--start", "2026-01-05"], "RevokeTherapeuticLinkRequest"),
        (&["therlink", "get", "--status", "all", "--max-rows", "50"], "GetTherapeuticLinkRequest"),
        (&["therlink", "get", "--patient", anna, "--dialect", "hub"], "GetTherapeuticLinkRequest"),
        (&["therlink", "has", "--patient", anna, "--type", "gpconsultation"], "HasTherapeuticLinkRequest"),
        (&["therlink", "put-bulk", "links.json", "--proof", "eidsigning"], "PutTherapeuticLinkBulkRequest"),
        (&["exclusion", "put"], "PutTherapeuticExclusionRequest"),
        (&["exclusion", "revoke"], "RevokeTherapeuticExclusionRequest"),
        (&["exclusion", "get"], "GetTherapeuticExclusionRequest"),
        (&["exclusion", "history", "--begin", "2026-01-01"], "GetTherapeuticExclusionHistoryRequest"),
    ];
    for (command, root) in commands {
        let more: &[&str] = if command[0] == "exclusion" { &exclusion } else { &[] };
        let command = [command, more].concat();
        let over_bus = ctl_json(&desk, &command).await;
        validated(&desk, &over_bus, root);
        let output = over_https(&desk, &[&command[..], &["--json"]].concat()).await;
        assert!(output.status.success(), "{command:?}: {}", stderr(&output));
        let over_https: Value = serde_json::from_slice(&output.stdout).unwrap();
        validated(&desk, &over_https, root);
        assert_ne!(over_bus["requestId"], over_https["requestId"], "no id is used twice");
        assert_eq!(lasting(over_bus), lasting(over_https), "{command:?}");
        // Without `--json`, the request itself is written.
        let page = succeeds(&desk, &[&command[..], &["-o", "out.xml", "--force"]].concat()).await;
        assert!(page.contains("ready to send"), "{page}");
        let written = std::fs::read_to_string(desk.dir.join("out.xml")).unwrap();
        assert!(written.contains(root), "{written}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn busctl_asks_and_is_answered() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("jan").await;
    let request = ["a{sv}", "2", "operation", "s", "get", "maxRows", "x", "10"];
    let answer = desk.call("/org/beidd1", "org.beidd1.Manager", "TherapeuticLink", &request);
    validated(&desk, &answer, "GetTherapeuticLinkRequest");
    let nobody = ["a{sv}", "1", "operation", "s", "get"];
    let said = desk.refused("/org/beidd1", "org.beidd1.Manager", "TherapeuticExclusion", &nobody);
    assert!(said.contains("author.patient"), "{said}");
}
