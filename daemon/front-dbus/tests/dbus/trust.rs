//! The report on who trusts the daemon's certificate, over the bus.

use crate::pin::call;
use beid_api::ApiError;
use beid_api::types::TlsStatusAnswer;
use beid_service::tls::TrustSurvey;
use beid_testkit::daemon::{Desk, Person};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Survey that notes how many run at once.
#[derive(Clone, Default)]
struct CountingSurvey {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    all: Arc<AtomicUsize>,
}

impl TrustSurvey for CountingSurvey {
    fn survey(&self) -> BoxFuture<'static, Result<TlsStatusAnswer, ApiError>> {
        let counting = self.clone();
        async move {
            let now = counting.running.fetch_add(1, Ordering::SeqCst) + 1;
            counting.most.fetch_max(now, Ordering::SeqCst);
            counting.all.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            counting.running.fetch_sub(1, Ordering::SeqCst);
            Ok(TlsStatusAnswer::default())
        }
        .boxed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn surveys_are_made_one_after_the_other() {
    let desk = Desk::open(Person::Declines).await;
    let none = call(&desk, "read-tls-status", json!({})).await;
    assert!(none.is_err(), "there is no HTTPS front here");
    let survey = CountingSurvey::default();
    desk.service.surveys_trust_with(Arc::new(survey.clone()));
    let answers = join_all((0..4).map(|_| call(&desk, "read-tls-status", json!({})))).await;
    for answer in answers {
        assert_eq!(answer.unwrap(), json!({"rotationUnfinished": false, "stores": []}));
    }
    let counted = [&survey.most, &survey.all].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(counted, [1, 4]);
}
