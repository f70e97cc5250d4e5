//! Who insists on a fresh token, on paused time.

use secrecy::SecretString;
use tokio::time::advance;

use super::*;

/// Received when it was asked for, as one of Maskinporten's is.
fn slow(call: u64, takes: u64, lifetime: u64) -> impl Future<Output = Answer> {
    let received = Instant::now();
    async move {
        sleep(Duration::from_secs(takes)).await;
        let expires = received + Duration::from_secs(lifetime);
        let secret = SecretString::from(format!("token {call}"));
        Ok(Arc::new(Token::new(secret, received, Some(expires), None)))
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_before_never_takes_the_place_of_a_fresh_token() {
    // The first takes ten seconds, and lives longer.
    let fake = Fake::new(|call| match call {
        1 => slow(call, 10, 3_600),
        _ => slow(call, 1, 120),
    });
    let cache = cached(&fake);
    let plain = tokio::spawn({
        let cache = cache.clone();
        async move { cache.token(&request()).await.expect("a token") }
    });
    settle().await;
    advance(Duration::from_millis(10)).await;
    let fresh = cache.token(&request().fresh()).await.expect("a token");
    assert_eq!(fresh.secret(), "token 2", "the first is still under way");
    assert_eq!(plain.await.expect("it ends").secret(), "token 1", "who did not insist");
    assert_eq!(cache.token(&request()).await.expect("a token").secret(), "token 2");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_insist_waits_for_a_fresh_token_that_is_under_way() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let (insisting, plain) = (request().fresh(), request());
    let (fresh, other) = tokio::join!(cache.token(&insisting), cache.token(&plain));
    assert!(Arc::ptr_eq(&fresh.expect("a token"), &other.expect("a token")));
    assert_eq!(fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_that_serves_once_leaves_none_behind() {
    let fake = Fake::new(|call| async move { Ok(token(call, (call == 1).then_some(Duration::from_secs(120)))) });
    let cache = cached(&fake);
    cache.token(&request()).await.expect("a token");
    assert_eq!(
        cache.token(&request().fresh()).await.expect("a token").secret(),
        "token 2"
    );
    assert_eq!(cache.token(&request()).await.expect("a token").secret(), "token 3");
}

/// Nobody asks again at once for what was refused a moment ago, and nobody who insists is given what was there before.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_to_all_who_insist_within_a_second() {
    let fake = Fake::new(|call| async move {
        match call {
            1 | 3 => Ok(token(call, Some(Duration::from_secs(120)))),
            _ => Err(failure(Retry::Never)),
        }
    });
    let cache = cached(&fake);
    cache.token(&request()).await.expect("a token");
    for _ in 0..100 {
        cache.token(&request().fresh()).await.expect_err("refused");
    }
    assert_eq!(fake.calls(), 2);
    assert_eq!(cache.token(&request()).await.expect("it serves").secret(), "token 1");
    advance(Duration::from_millis(1_001)).await;
    assert_eq!(
        cache.token(&request().fresh()).await.expect("a token").secret(),
        "token 3"
    );
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_that_never_comes_holds_up_who_insists_later_no_longer_than_it_may_take() {
    let fake = Fake::new(|call| async move {
        if call == 1 {
            std::future::pending::<()>().await;
        }
        Ok(token(call, Some(Duration::from_secs(120))))
    });
    let cache = cached(&fake);
    let insisting = request().fresh();
    let first = tokio::time::timeout(Duration::from_secs(1), cache.token(&insisting)).await;
    first.expect_err("it hangs");
    advance(CacheLimits::default().deadline).await;
    assert_eq!(cache.token(&insisting).await.expect("a token").secret(), "token 2");
}
