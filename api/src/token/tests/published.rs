//! Published keys: rotation, outage, and what strangers can not cause.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use model::Code;
use serde_json::json;

use super::{
    issuer::{Answer, PublishingIssuer},
    *,
};

async fn published(keys: &[&Private]) -> (PublishingIssuer, Verifier, Arc<ManualClock>) {
    let issuer = PublishingIssuer::start(keys).await;
    let mut trusted = trusted(ISSUER, &[Algorithm::EdDSA]);
    trusted.jwks_url = Some(issuer.url.clone());
    let (verifier, clock) = verifier(vec![trusted]);
    (issuer, verifier, clock)
}

/// A token that ends in a year: only its key decides.
fn lasting(key: &Private) -> String {
    key.sign(key.header(), with(claims(), "exp", json!(start().timestamp() + 31_536_000)))
}

async fn code(verifier: &Verifier, token: &str) -> Option<Code> {
    verifier.verify(token).await.err().map(|error| error.code())
}

#[tokio::test]
async fn many_first_requests_cause_one_fetch() {
    let key = Private::edwards("a", 1);
    let (issuer, verifier, _clock) = published(&[&key]).await;
    issuer.takes(Duration::from_millis(50));
    let token = lasting(&key);
    let results = join_all((0..100).map(|_| verifier.verify(&token))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_and_a_withdrawn_one_refused() {
    let (old, new) = (Private::edwards("old", 1), Private::edwards("new", 2));
    let (issuer, verifier, clock) = published(&[&old]).await;
    assert_eq!(code(&verifier, &lasting(&old)).await, None);

    issuer.publishes(&[&old, &new]);
    assert_eq!(code(&verifier, &lasting(&new)).await, Some(Code::TokenInvalid), "a minute has not passed");
    clock.advance(TimeDelta::seconds(60));
    assert_eq!(code(&verifier, &lasting(&new)).await, None);
    assert_eq!(code(&verifier, &lasting(&old)).await, None);
    assert_eq!(issuer.fetches(), 2);

    issuer.publishes(&[&new]);
    verifier.refresh().await;
    assert_eq!(code(&verifier, &lasting(&old)).await, Some(Code::TokenInvalid));
    assert_eq!(code(&verifier, &lasting(&new)).await, None);
}

#[tokio::test]
async fn strangers_can_not_cause_more_than_one_fetch_a_minute() {
    let (key, stranger) = (Private::edwards("a", 1), Private::edwards("guess", 9));
    let (issuer, verifier, clock) = published(&[&key]).await;
    let token = lasting(&stranger);
    for minute in 1..=3 {
        let results = join_all((0..50).map(|_| verifier.verify(&token))).await;
        assert!(results.iter().all(Result::is_err));
        assert_eq!(issuer.fetches(), minute);
        clock.advance(TimeDelta::seconds(60));
    }
    clock.advance(TimeDelta::days(-2));
    assert_eq!(code(&verifier, &token).await, Some(Code::TokenInvalid));
    assert_eq!(issuer.fetches(), 4, "a clock that was set back does not end the fetching");
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_waste_the_fetch() {
    let key = Private::edwards("a", 1);
    let (issuer, verifier, _clock) = published(&[&key]).await;
    issuer.takes(Duration::from_millis(100));
    let token = lasting(&key);
    let gone = tokio::time::timeout(Duration::from_millis(20), verifier.verify(&token)).await;
    assert!(gone.is_err(), "the first caller has gone before the answer");
    assert_eq!(code(&verifier, &token).await, None);
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn an_outage_is_survived_for_a_day() {
    let key = Private::edwards("a", 1);
    let (issuer, verifier, clock) = published(&[&key]).await;
    let token = lasting(&key);
    assert_eq!(code(&verifier, &token).await, None);

    issuer.answers(Answer::Failure);
    for _ in 0..23 {
        clock.advance(TimeDelta::hours(1));
        verifier.refresh().await;
        assert_eq!(code(&verifier, &token).await, None);
    }
    clock.advance(TimeDelta::hours(1));
    assert_eq!(code(&verifier, &token).await, Some(Code::TokenKeysUnavailable));

    issuer.publishes(&[&key]);
    assert_eq!(code(&verifier, &token).await, Some(Code::TokenKeysUnavailable), "asked a moment ago");
    clock.advance(TimeDelta::seconds(60));
    assert_eq!(code(&verifier, &token).await, None);
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_no_forgery() {
    let key = Private::edwards("a", 1);
    let (issuer, verifier, clock) = published(&[&key]).await;
    issuer.answers(Answer::Failure);
    assert_eq!(code(&verifier, &lasting(&key)).await, Some(Code::TokenKeysUnavailable));
    issuer.publishes(&[&key]);
    clock.advance(TimeDelta::seconds(60));
    assert_eq!(code(&verifier, &lasting(&key)).await, None);
}

#[tokio::test]
async fn a_useless_answer_keeps_the_keys_from_before() {
    let (key, evil) = (Private::edwards("a", 1), Private::edwards("evil", 2));
    let elsewhere = PublishingIssuer::start(&[&evil]).await;
    let (issuer, verifier, _clock) = published(&[&key]).await;
    let public = key.public();
    let shared_id = json!({ "keys": [public, with(evil.public(), "kid", json!("a"))] });
    let many: Vec<_> = (0..101).map(|id| with(public.clone(), "kid", json!(id.to_string()))).collect();
    let useless = [
        Answer::Document("<html>maintenance</html>".to_owned()),
        Answer::Document("{}".to_owned()),
        Answer::Document(r#"{"keys":[]}"#.to_owned()),
        Answer::Document(json!({ "keys": [with(public.clone(), "use", json!("enc"))] }).to_string()),
        Answer::Document(json!({ "keys": [with(public.clone(), "x", json!(encode([1; 31])))] }).to_string()),
        Answer::Document(json!({ "keys": [with(public.clone(), "alg", json!("HS256"))] }).to_string()),
        Answer::Document(shared_id.to_string()),
        Answer::Document(json!({ "keys": many }).to_string()),
        Answer::Document(format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(600_000))),
        Answer::Redirect(elsewhere.url.clone()),
    ];
    assert_eq!(code(&verifier, &lasting(&key)).await, None);
    for (index, answer) in useless.into_iter().enumerate() {
        issuer.answers(answer);
        verifier.refresh().await;
        assert_eq!(issuer.fetches(), index + 2);
        assert_eq!(code(&verifier, &lasting(&key)).await, None, "answer {index}");
        assert!(verifier.verify(&lasting(&evil)).await.is_err(), "answer {index}");
    }
    assert_eq!(elsewhere.fetches(), 0);
}
