//! Facts for forms: link types, periods and official texts.

use super::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_told_what_a_person_has_to_know_first() {
    let bench = Bench::new().await;
    let types = bench.get("/v1/therapeutic-links/types").await.json();
    let first = &types["linkTypes"][0];
    assert_eq!(
        (&first["code"], &first["names"]["nl"]),
        (&"gpconsultation".into(), &"raadpleging huisarts".into())
    );
    let text = bench.get("/v1/consent-texts/nl").await.json();
    assert!(text["text"].as_str().unwrap().contains("Ik ga akkoord"), "{text}");
    assert_eq!(text["sha256"].as_str().unwrap().len(), 64);
    let languages: Vec<_> = text["explanations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["language"])
        .collect();
    assert_eq!(languages, ["fr", "de", "en"]);
    for (path, status, code) in [
        ("/v1/consent-texts/fr", 422, "no-official-text"),
        ("/v1/consent-texts/x_y", 400, "invalid-request"),
        ("/v1/therapeutic-links/period", 400, "invalid-request"),
        ("/v1/therapeutic-links/period?type=nothing", 400, "invalid-request"),
    ] {
        let reply = bench.get(path).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}");
    }
}
