//! Files that are verified over the bus: with the answer that `beidctl verify` gives without the service.

use crate::pin::call;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_simulator::TEST_PIN;
use beid_testkit::daemon::ctl::run;
use beid_testkit::daemon::{Desk, Person};
use serde_json::{Value, json};

/// Verdicts of the service and of the command line on a file, which must be one.
async fn verdict(desk: &Desk, file: &[u8], content: Option<&[u8]>) -> Value {
    let mut members = json!({"file": BASE64.encode(file)});
    desk.write("file", file);
    let mut arguments = vec!["verify", "file", "--json"];
    if let Some(content) = content {
        members["content"] = BASE64.encode(content).into();
        desk.write("content", content);
        arguments.extend(["--content", "content"]);
    }
    let answer = call(desk, "verify-file", members).await.unwrap();
    let output = run(desk, &arguments).await;
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer, printed);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_and_the_command_line_say_the_same_of_every_file() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let octets = |text: &Value| BASE64.decode(text.as_str().unwrap()).unwrap();
    let link = json!({"operation": "put", "type": "gpconsultation", "proof": "eidsigning"});
    let link = call(&desk, "therapeutic-link", link).await.unwrap();
    let answer = verdict(&desk, link["xml"].as_str().unwrap().as_bytes(), None).await;
    assert_eq!(
        (&answer["verdict"], &answer["documents"]),
        (&json!("valid-test-card"), &json!(["therapeutic-link"]))
    );
    let [content] = answer["contents"].as_array().unwrap().as_slice() else {
        panic!("the request alone, and not the throw-away link of its proof: {answer}")
    };
    assert_eq!(
        (&content["operation"], &content["type"]),
        (&json!("put-therapeutic-link"), &json!("gpconsultation"))
    );
    let proof = verdict(&desk, &octets(&link["proof"]["cms"]), None).await;
    let [content] = proof["contents"].as_array().unwrap().as_slice() else {
        panic!("the content of the proof: {proof}")
    };
    assert!(
        content.get("type").is_none() && content["madeOn"].is_string(),
        "{content}"
    );

    let consent = json!({"operation": "put", "evidence": "asice"});
    let consent = call(&desk, "consent", consent).await.unwrap();
    let answer = verdict(&desk, &octets(&consent["evidence"]["data"]), None).await;
    assert_eq!(
        (&answer["verdict"], &answer["contents"][0]["operation"]),
        (&json!("valid-test-card"), &json!("put-consent"))
    );

    let letter = json!({"name": "a.txt", "mediaType": "text/plain", "content": BASE64.encode("A letter.")});
    let signed = call(&desk, "sign", json!({"format": "cades", "documents": [letter]}))
        .await
        .unwrap();
    let signature = octets(&signed["signatures"][0]["data"]);
    for (content, expected) in [
        (None, "not-checked"),
        (Some(b"A letter.".as_slice()), "valid-test-card"),
        (Some(b"Another one."), "invalid"),
    ] {
        let answer = verdict(&desk, &signature, content).await;
        assert_eq!((&answer["verdict"], answer.get("contents")), (&json!(expected), None));
    }
    assert_eq!(verdict(&desk, b"A letter.", None).await["verdict"], "not-signed");
}
