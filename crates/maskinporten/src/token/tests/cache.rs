use futures::FutureExt as _;
use futures::future::join_all;
use tokio::time::advance;

use super::*;
use crate::token::cache::Invalidation;

#[tokio::test(start_paused = true)]
async fn ten_thousand_callers_of_a_cold_key_make_one_request() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let calls = (0..10_000).map(|_| {
        let cache = cache.clone();
        tokio::spawn(async move { cache.token(&request()).await.expect("a token") })
    });
    let tokens = join_all(calls).await;
    assert_eq!(fake.calls(), 1);
    let first = tokens[0].as_ref().expect("no panic");
    assert!(
        tokens
            .iter()
            .all(|token| Arc::ptr_eq(token.as_ref().expect("no panic"), first))
    );
}

#[tokio::test(start_paused = true)]
async fn callers_never_wait_while_a_valid_token_is_there() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    cache.token(&request()).await.expect("a token");
    // Ten minutes of callers, all day through each refresh; the provider takes a second.
    for _ in 0..6_000 {
        advance(Duration::from_millis(100)).await;
        settle().await;
        let before = Instant::now();
        let token = cache.token(&request()).await.expect("a token");
        assert_eq!(before.elapsed(), Duration::ZERO);
        assert!(token.remaining().expect("an end") > Duration::from_secs(24));
    }
    // 64 s to the refresh and one for it.
    assert_eq!(fake.calls(), 10);
}

#[tokio::test(start_paused = true)]
async fn the_old_token_serves_while_a_slow_refresh_runs() {
    let fake = Fake::new(|call| async move {
        if call == 2 {
            sleep(Duration::from_secs(48)).await;
        }
        Ok(token(call, Some(Duration::from_secs(120))))
    });
    let limits = CacheLimits {
        deadline: Duration::from_secs(55),
        patience: Duration::from_secs(60),
        ..CacheLimits::default()
    };
    let cache = Cached::new(Arc::new(fake.clone()), Stage::Token, limits, None);
    cache.token(&request()).await.expect("a token");
    advance(Duration::from_secs(65)).await;
    for second in 65..113 {
        let before = Instant::now();
        let token = cache.token(&request()).await.expect("a token");
        assert_eq!(
            (token.secret(), before.elapsed()),
            ("token 1", Duration::ZERO),
            "at {second}"
        );
        advance(Duration::from_secs(1)).await;
        settle().await;
    }
    advance(Duration::from_secs(1)).await;
    settle().await;
    assert_eq!(cache.token(&request()).await.expect("a token").secret(), "token 2");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_first_caller_in_the_margin_does_not_wait() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    cache.token(&request()).await.expect("a token");
    advance(Duration::from_secs(100)).await;
    for _ in 0..2 {
        let before = Instant::now();
        let old = cache.token(&request()).await.expect("the old token");
        assert_eq!((old.secret(), before.elapsed()), ("token 1", Duration::ZERO));
        settle().await;
    }
    sleep(Duration::from_secs(2)).await;
    assert_eq!(cache.token(&request()).await.expect("a token").secret(), "token 2");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_leader_who_goes_away_strands_nobody() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let leader = tokio::spawn({
        let cache = cache.clone();
        async move { cache.token(&request()).await }
    });
    settle().await;
    let follower = tokio::spawn({
        let cache = cache.clone();
        async move { cache.token(&request()).await }
    });
    settle().await;
    leader.abort();
    let token = tokio::time::timeout(Duration::from_secs(2), follower).await;
    assert_eq!(
        token.expect("in time").expect("no panic").expect("a token").secret(),
        "token 1"
    );
    assert_eq!(fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_asked_for_who_went_away_is_there_for_the_next() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let impatient = tokio::time::timeout(Duration::from_millis(10), cache.token(&request())).await;
    impatient.expect_err("too early");
    sleep(Duration::from_secs(1)).await;
    let before = Instant::now();
    cache.token(&request()).await.expect("a token");
    assert_eq!((fake.calls(), before.elapsed()), (1, Duration::ZERO));
}

#[test]
fn a_runtime_that_goes_away_takes_nobody_along() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().expect("a runtime")
    };
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let first = runtime();
    let impatient =
        first.block_on(async { tokio::time::timeout(Duration::from_millis(10), cache.token(&request())).await });
    impatient.expect_err("too early");
    drop(first);
    let token = runtime().block_on(cache.token(&request()));
    assert_eq!((token.expect("a token").secret(), fake.calls()), ("token 2", 2));
}

#[test]
fn a_runtime_that_nobody_drives_holds_nobody_up_for_ever() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().expect("a runtime")
    };
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let idle = runtime();
    let impatient =
        idle.block_on(async { tokio::time::timeout(Duration::from_millis(10), cache.token(&request())).await });
    impatient.expect_err("too early");
    let token = runtime().block_on(async {
        advance(Duration::from_secs(1)).await;
        cache.token(&request()).await
    });
    assert_eq!((token.expect("a token").secret(), fake.calls()), ("token 2", 2));
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_strands_nobody() {
    let fake = Fake::new(|call| async move {
        sleep(Duration::from_secs(1)).await;
        assert_ne!(call, 1, "this panic is part of the test");
        Ok(token(call, Some(Duration::from_secs(120))))
    });
    let cache = cached(&fake);
    let request = request();
    let (one, two) = futures::join!(cache.token(&request), cache.token(&request));
    assert_eq!(
        (one.expect("a token").secret(), two.expect("a token").secret()),
        ("token 2", "token 2")
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_serves_the_valid_token_and_backs_off() {
    let fake = Fake::new(|call| async move {
        match call {
            2..=5 => Err(failure(Retry::After(None))),
            _ => Ok(token(call, Some(Duration::from_secs(120)))),
        }
    });
    let cache = cached(&fake);
    cache.token(&request()).await.expect("a token");
    let mut served = Vec::new();
    for _ in 0..800 {
        advance(Duration::from_millis(100)).await;
        settle().await;
        let before = Instant::now();
        served.push(cache.token(&request()).await.expect("a token").secret().to_owned());
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
    // Tried at 64 s, and 1, 2, 4 and 8 s after that.
    assert_eq!((fake.calls(), served.last().map(String::as_str)), (6, Some("token 6")));
    assert_eq!(cache.failures(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_token_serves_to_its_end_while_nothing_better_can_be_had() {
    let fake = Fake::new(|call| async move {
        sleep(Duration::from_secs(1)).await;
        match call {
            1 => Ok(token(call, Some(Duration::from_secs(120)))),
            _ => Err(failure(Retry::Never)),
        }
    });
    let cache = cached(&fake);
    cache.token(&request()).await.expect("a token");
    let start = Instant::now();
    // Nobody asked for it while the margin began; in it, nobody waits either, not even who starts the refresh.
    for until in [100, 105, 110, 115] {
        advance(Duration::from_secs(until) - (Instant::now() - start)).await;
        let before = Instant::now();
        let old = cache.token(&request()).await.expect("the old token");
        assert_eq!((old.secret(), before.elapsed()), ("token 1", Duration::ZERO));
        sleep(Duration::from_secs(2)).await;
    }
    assert!(fake.calls() > 2, "asked for in the background");
    advance(Duration::from_secs(10)).await;
    cache.token(&request()).await.expect_err("it has ended");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_and_kept_for_a_second() {
    let fake = Fake::new(|call| async move {
        sleep(Duration::from_secs(1)).await;
        match call {
            1 => Err(failure(Retry::Never)),
            _ => Ok(token(call, Some(Duration::from_secs(120)))),
        }
    });
    let cache = cached(&fake);
    let request = request();
    let all = join_all((0..100).map(|_| cache.token(&request))).await;
    assert!(all.iter().all(Result::is_err));
    assert_eq!((fake.calls(), cache.len()), (1, 0));
    let before = Instant::now();
    cache.token(&request).await.expect_err("too early");
    assert_eq!((fake.calls(), before.elapsed()), (1, Duration::ZERO));
    advance(Duration::from_secs(1)).await;
    cache.token(&request).await.expect("a token");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_for_a_minute_gets_it() {
    let fake = Fake::new(|call| async move {
        match call {
            1 => Err(failure(Retry::After(Some(Duration::from_secs(60))))),
            _ => Ok(token(call, Some(Duration::from_secs(120)))),
        }
    });
    let cache = cached(&fake);
    cache.token(&request()).await.expect_err("throttled");
    for second in 0..60 {
        let error = cache.token(&request()).await.expect_err("throttled");
        let left = Duration::from_secs(60 - second);
        assert_eq!((error.retry(), fake.calls()), (Retry::After(Some(left)), 1));
        advance(Duration::from_secs(1)).await;
    }
    cache.token(&request()).await.expect("a token");
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_pass_at_any_time_is_not_kept() {
    let fake = Fake::new(|call| async move {
        match call {
            1 => Err(failure(Retry::After(None))),
            _ => Ok(token(call, Some(Duration::from_secs(120)))),
        }
    });
    let cache = cached(&fake);
    cache.token(&request()).await.expect_err("unreachable");
    cache.token(&request()).await.expect("a token");
}

#[tokio::test(start_paused = true)]
async fn failures_that_are_kept_are_bounded_too() {
    let fake = Fake::new(|_| async { Err(failure(Retry::After(Some(Duration::from_secs(3_600))))) });
    let limits = CacheLimits {
        most_tokens: 10,
        ..CacheLimits::default()
    };
    let cache = Cached::new(Arc::new(fake.clone()), Stage::Token, limits, None);
    for user in 0..100 {
        let request = request().consumer_org(user.to_string());
        cache.token(&request).await.expect_err("throttled");
        advance(Duration::from_millis(1)).await;
    }
    // The first was forgotten, the last was not.
    cache.token(&request().consumer_org("99")).await.expect_err("throttled");
    assert_eq!(fake.calls(), 100);
    cache.token(&request().consumer_org("0")).await.expect_err("throttled");
    assert_eq!(fake.calls(), 101);
    // No server is waited for longer than five minutes.
    advance(Duration::from_secs(300)).await;
    cache.token(&request().consumer_org("99")).await.expect_err("throttled");
    assert_eq!(fake.calls(), 102);
}

#[tokio::test(start_paused = true)]
async fn exactly_the_refused_token_is_given_up() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let first = cache.token(&request()).await.expect("a token");
    assert_eq!(cache.invalidate(&request(), &first), Invalidation::Done);
    assert_eq!(cache.invalidate(&request(), &first), Invalidation::Replaced);
    let second = cache.token(&request()).await.expect("a token");
    let late = cache.invalidate(&request(), &first);
    assert_eq!(late, Invalidation::Replaced);
    let other = cache.invalidate(&TokenRequest::new(["another"]), &second);
    assert_eq!(other, Invalidation::Replaced);
    assert!(Arc::ptr_eq(&second, &cache.token(&request()).await.expect("a token")));
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_api_that_refuses_everything_costs_few_tokens() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    for _ in 0..100 {
        let token = cache.token(&request()).await.expect("a token");
        cache.invalidate(&request(), &token);
        advance(Duration::from_millis(100)).await;
    }
    assert!(fake.calls() <= 4, "{}", fake.calls());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_fresh_enough_is_replaced() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let enough = Duration::from_secs(60);
    let first = cache.lasting(&request(), enough).await.expect("a token");
    assert!(Arc::ptr_eq(
        &first,
        &cache.lasting(&request(), enough).await.expect("a token")
    ));
    advance(Duration::from_secs(62)).await;
    assert_eq!(
        cache.lasting(&request(), enough).await.expect("a token").secret(),
        "token 2"
    );
    // The issuer's tokens do not live that long: one more request, and what it gives is taken.
    let long = Duration::from_secs(600);
    assert_eq!(
        cache.lasting(&request(), long).await.expect("a token").secret(),
        "token 3"
    );
    assert_eq!(fake.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_tokens_is_bounded() {
    let fake = Fake::steady(120);
    let limits = CacheLimits {
        most_tokens: 10,
        ..CacheLimits::default()
    };
    let cache = Cached::new(Arc::new(fake.clone()), Stage::Token, limits, None);
    for user in 0..100 {
        let request = request().consumer_org(user.to_string());
        cache.token(&request).await.expect("a token");
        assert!(cache.len() <= 10);
        let calls = fake.calls();
        cache.token(&request).await.expect("a token");
        assert_eq!(fake.calls(), calls, "the newest is kept");
    }
}

#[test]
fn a_call_outside_a_runtime_fails_and_holds_nobody_up() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    let answer = cache.token(&request()).now_or_never().expect("an answer at once");
    let error = answer.expect_err("no runtime");
    assert!(error.to_string().contains("runtime"), "{error}");
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().expect("a runtime");
    assert_eq!(
        runtime.block_on(cache.token(&request())).expect("a token").secret(),
        "token 1"
    );
}
