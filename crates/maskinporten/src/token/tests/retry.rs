use std::sync::Mutex;

use super::*;
use crate::token::retry::{Patience, Retrying};

fn retrying(fake: &Arc<Fake>, random: f64) -> Retrying<Arc<Fake>> {
    Retrying::new(fake.clone(), Stage::Token, Patience::default()).with_random(move || random)
}

/// Fails in this way a number of times, then gives a token.
fn failing(times: u64, retry: Retry) -> Arc<Fake> {
    Fake::new(move |call| async move {
        if call <= times {
            return Err(failure(retry));
        }
        Ok(token(call, None))
    })
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again() {
    let fake = failing(3, Retry::After(None));
    let retrying = retrying(&fake, 1.0);
    let start = Instant::now();
    assert_eq!(retrying.token(&request()).await.expect("a token").secret(), "token 4");
    assert_eq!(fake.calls(), 4);
    assert_eq!(start.elapsed(), Duration::from_millis(250 + 500 + 1000));
}

#[tokio::test(start_paused = true)]
async fn the_jitter_is_full() {
    let fake = failing(3, Retry::After(None));
    let start = Instant::now();
    retrying(&fake, 0.0).token(&request()).await.expect("a token");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_will_be_refused_again_is_asked_once() {
    let fake = failing(u64::MAX, Retry::Never);
    retrying(&fake, 0.5).token(&request()).await.expect_err("refused");
    assert_eq!(fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_used_or_expired_assertion_gets_one_more() {
    let fake = failing(1, Retry::Once);
    retrying(&fake, 0.5).token(&request()).await.expect("a token");
    assert_eq!(fake.calls(), 2);

    let fake = failing(u64::MAX, Retry::Once);
    retrying(&fake, 0.5).token(&request()).await.expect_err("refused");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_one_more_is_one_among_others() {
    let answers = [Retry::After(None), Retry::Once, Retry::After(None), Retry::Once];
    let fake = Fake::new(move |call| async move { Err(failure(answers[call as usize - 1])) });
    retrying(&fake, 0.5).token(&request()).await.expect_err("refused");
    assert_eq!(fake.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured() {
    let fake = failing(1, Retry::After(Some(Duration::from_secs(7))));
    let start = Instant::now();
    retrying(&fake, 0.0).token(&request()).await.expect("a token");
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn retry_after_does_not_pass_the_deadline() {
    for asked in [20, 21, 86_400, u64::MAX] {
        let fake = failing(1, Retry::After(Some(Duration::from_secs(asked))));
        let start = Instant::now();
        retrying(&fake, 0.0).token(&request()).await.expect_err("too late");
        assert_eq!((fake.calls(), start.elapsed()), (1, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn everything_ends_within_the_deadline() {
    // Slow failures, quick failures, no answer at all.
    for slow in [0, 100, 3_000, 19_000, 3_600_000] {
        let fake = Fake::new(move |_| async move {
            sleep(Duration::from_millis(slow)).await;
            Err(failure(Retry::After(None)))
        });
        for random in [0.0, 0.3, 1.0] {
            let start = Instant::now();
            let error = retrying(&fake, random).token(&request()).await.expect_err("no token");
            assert!(
                start.elapsed() <= Duration::from_secs(20),
                "{slow} {random} {:?}",
                start.elapsed()
            );
            assert_eq!(error.stage(), Stage::Token);
        }
        assert!(fake.calls() <= 24);
    }
}

#[tokio::test(start_paused = true)]
async fn no_answer_in_time_is_worth_another_try_and_names_the_endpoint() {
    let fake = Fake::new(|_| std::future::pending());
    let retrying = retrying(&fake, 0.5).at("https://example.test/exchange".to_owned());
    let error = retrying.token(&request()).await.expect_err("no token");
    assert_eq!(error.retry(), Retry::After(None));
    assert!(
        error
            .to_string()
            .contains("at https://example.test/exchange: no answer within 20s"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_try_is_a_call_of_its_own() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let calls = seen.clone();
    let fake = Fake::new(move |call| {
        calls.lock().expect("unpoisoned").push(call);
        async { Err(failure(Retry::After(None))) }
    });
    retrying(&fake, 0.1).token(&request()).await.expect_err("no token");
    assert_eq!(*seen.lock().expect("unpoisoned"), (1..=8).collect::<Vec<_>>());
}
