//! Dialogs before patients sign, and the number of times that a card is sent the PIN.

use super::*;

const PSO: u8 = 0x2A;

fn cms(desk: &Desk, proof: &Value) -> String {
    let cms = BASE64.decode(proof["cms"].as_str().unwrap()).unwrap();
    String::from_utf8(desk.content_of(&cms)).unwrap()
}

/// Text of every element called `name`.
fn texts<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let end = format!("</{name}>");
    let before = xml.split(end.as_str());
    let count = xml.matches(end.as_str()).count();
    before
        .take(count)
        .map(|before| before.rsplit('>').next().unwrap())
        .collect()
}

/// Checks that the dialog shows everything that the signed bytes say of people.
fn shows_all(said: &str, content: &str) {
    let (patient, provider) = content.split_once("hcparty").unwrap();
    for name in ["id", "firstname", "familyname"] {
        for text in texts(patient, name).into_iter().chain(texts(provider, name)) {
            // The provider's national number is the exception: it tells the patient nothing.
            let is_private = provider.contains(&format!("INSS\">{text}<"));
            assert_eq!(said.contains(text), !is_private, "{text}: {said}");
        }
    }
    assert!(!said.contains("persphysician"), "{said}");
}

fn day(value: &Value) -> jiff::civil::Date {
    value.as_str().unwrap().parse().unwrap()
}

/// A day as dialogs write it: `5 January 2026`.
fn written(day: jiff::civil::Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_is_signed_and_says_so() {
    for (citizen, profile) in [("anna", "connector"), ("claire", "strict")] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        let request = json!({
            "operation": "revoke", "type": "gpconsultation", "proof": "eidsigning", "proofProfile": profile,
            "startDate": "2026-01-05", "endDate": "2027-04-05", "comment": "the patient has moved",
            "representative": {"ssin": number_of("jan"), "firstName": "Jan", "familyName": "Proefman",
                "capacity": "mandatary"},
        });
        let answer = link(&desk, request).await.unwrap();
        validated(&desk, &answer, "RevokeTherapeuticLinkRequest");
        let (said, content) = (words(&read(&desk)), cms(&desk, &answer["proof"]));
        shows_all(&said, &content);
        for text in [
            "GP consultation",
            "from 5 January 2026 up to and including 4 April 2027",
            "“the patient has moved”",
            "“Jan Proefman”",
            "“desk” asks for your signature to end a care relation.",
        ] {
            assert!(said.contains(text), "{text}: {said}");
        }
        assert_eq!(content.contains(">ignored<"), profile == "connector", "{content}");
        let (ends, signs) = match profile {
            "connector" => (
                "Will be ended with it, not covered by the signature:",
                "With your PIN you sign:",
            ),
            _ => (
                "this care relation will be ended. The signature itself does not say so.",
                "from 5 January 2026",
            ),
        };
        assert!(said.find(signs) < said.find(ends) && said.contains(ends), "{said}");
        assert_eq!(desk.asked_for().iter().filter(|asked| *asked == "GETPIN").count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_links_are_one_list_one_pin_and_a_verify_each() {
    for (citizen, profile, asked_for_tries) in [("anna", "connector", 1), ("claire", "strict", 0)] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        let seen = instructions(&desk);
        let types = ["gpconsultation", "specialistconsultation", "delivery"];
        let links: Vec<_> = types.iter().map(|one| json!({"type": one})).collect();
        let request = json!({
            "operation": "put-bulk", "proof": "eidsigning", "proofProfile": profile, "links": links,
        });
        let answer = link(&desk, request).await.unwrap();
        validated(&desk, &answer, "PutTherapeuticLinkBulkRequest");
        assert_eq!(count(&seen, VERIFY), 3 + asked_for_tries, "{citizen}");
        assert_eq!((count(&seen, PSO), count(&seen, LOG_OFF)), (3, 3), "{citizen}");
        let asked = desk.asked_for();
        assert_eq!(asked.iter().filter(|question| *question == "GETPIN").count(), 1);
        assert_eq!(asked.last().unwrap(), "GETPIN", "the whole list comes before");

        let said = words(&read(&desk));
        let mut behind = said.as_str();
        let proved = answer["links"].as_array().unwrap();
        let names = ["GP consultation", "specialist consultation", "delivery"];
        assert_eq!(proved.len(), 3);
        for (number, (one, name)) in proved.iter().zip(names).enumerate() {
            let heading = format!("Care relation {} of 3", number + 1);
            behind = behind
                .split_once(&heading)
                .unwrap_or_else(|| panic!("{heading}: {said}"))
                .1;
            let part = behind.split("Care relation").next().unwrap_or(behind);
            shows_all(part, &cms(&desk, &one["proof"]));
            let line = format!("care relation: {name} from {}", written(day(&one["period"]["start"])));
            assert!(behind.contains(&line), "{line}: {said}");
            // The dialog names the last day that counts, the document the first day after.
            let end = format!(
                "up to and including {}",
                written(day(&one["period"]["end"]).yesterday().unwrap())
            );
            assert!(behind.contains(&end), "{end}: {said}");
            assert_eq!(
                one["id"],
                format!("{}-{}", answer["requestId"].as_str().unwrap(), number + 1)
            );
        }
        assert!(
            said.contains("You type your PIN once; the card then makes 3 signatures."),
            "{said}"
        );
        let distinct: std::collections::BTreeSet<_> = proved.iter().map(|one| one["proof"]["cms"].as_str()).collect();
        // With connector the same bytes are signed for every link of one patient, provider and day.
        assert_eq!(distinct.len(), if profile == "strict" { 3 } else { 1 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_links_may_each_be_proved_otherwise() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    let request = json!({"operation": "put-bulk", "proof": "eidreading", "links": [
        {"type": "gpconsultation", "proof": "eidsigning", "proofProfile": "strict"},
        {"type": "delivery"},
        {"type": "gpconsultation", "proof": "eidencoding_nocard", "proofReason": "card at home",
            "patient": {"nationalNumber": number_of("anna"), "familyName": "Testaert", "givenNames": "Anna"}},
    ]});
    let answer = link(&desk, request).await.unwrap();
    validated(&desk, &answer, "PutTherapeuticLinkBulkRequest");
    let proofs: Vec<_> = answer["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["proof"]["type"])
        .collect();
    assert_eq!(proofs, ["eidsigning", "eidreading", "eidencoding_nocard"]);
    assert_eq!(answer["links"][2]["proof"]["reason"], "card at home");
    assert_eq!((count(&seen, VERIFY), count(&seen, PSO)), (1, 1));
    let said = words(&read(&desk));
    assert!(said.contains("you sign for one care relation."), "{said}");
    assert!(
        said.contains("without your signature: patient (as stated): “Anna Testaert”"),
        "{said}"
    );
    // A list that is proved by reading alone asks nobody.
    let reading = json!({"operation": "put-bulk", "links": [
        {"type": "gpconsultation", "proof": "eidreading"}, {"type": "delivery", "proof": "eidreading"}]});
    let before = desk.asked_for().len();
    validated(
        &desk,
        &link(&desk, reading).await.unwrap(),
        "PutTherapeuticLinkBulkRequest",
    );
    assert_eq!(desk.asked_for().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_declines_the_list_spends_nothing() {
    let desk = Desk::open(Person::Follows(&["ok", "cancel"])).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    let links: Vec<_> = ["gpconsultation", "delivery", "consultation", "nurseconsultation"]
        .iter()
        .map(|one| json!({"type": one}))
        .collect();
    let request = json!({"operation": "put-bulk", "proof": "eidsigning", "links": links});
    assert_eq!(refusal(link(&desk, request).await), (ErrorCode::UserDeclined, None));
    assert_eq!((count(&seen, VERIFY), count(&seen, PSO)), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_can_send_the_octets_of_the_official_connector() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let request =
        |profile| json!({"operation": "put", "type": "gpconsultation", "proof": "eidsigning", "proofProfile": profile});
    let octets = |answer: &Value| BASE64.decode(answer["proof"]["cms"].as_str().unwrap()).unwrap();
    let exact = link(&desk, request("connector-exact")).await.unwrap();
    validated(&desk, &exact, "PutTherapeuticLinkRequest");
    assert!(octets(&exact).starts_with(&[0x30, 0x80]), "indefinite length");
    let content = String::from_utf8(desk.content_of_plain(&octets(&exact))).unwrap();
    shows_all(&words(&read(&desk)), &content);
    let usual = link(&desk, request("connector")).await.unwrap();
    assert!(octets(&usual).starts_with(&[0x30, 0x82]), "definite length");
    let error = link(&desk, request("exact")).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidRequest);
}
