use tokio::time::advance;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_fresh_token_of_any_lifetime_serves_and_is_refreshed_early() {
    for seconds in [1, 10, 30, 120, 3_600, 7_200] {
        let lifetime = Duration::from_secs(seconds);
        let fake = Fake::new(move |call| async move { Ok(token(call, Some(lifetime))) });
        let cache = cached(&fake);
        let first = cache.token(&request()).await.expect("a token");
        let again = cache.token(&request()).await.expect("a token");
        assert!(Arc::ptr_eq(&first, &again), "{seconds}: a fresh one is refused");

        advance(lifetime / 2).await;
        settle().await;
        cache.token(&request()).await.expect("a token");
        assert_eq!(fake.calls(), 1, "{seconds}: half of it is too early");

        advance(lifetime / 5).await;
        let old = cache.token(&request()).await.expect("a token");
        assert!(Arc::ptr_eq(&first, &old), "{seconds}: it serves while the refresh runs");
        settle().await;
        assert_eq!(fake.calls(), 2, "{seconds}: refreshed in the background");
        assert_eq!(cache.token(&request()).await.expect("a token").secret(), "token 2");

        // Nobody asks for a long time.
        advance(lifetime * 2).await;
        assert_eq!(cache.token(&request()).await.expect("a token").secret(), "token 3");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_without_an_end_serves_once() {
    for lifetime in [None, Some(Duration::ZERO)] {
        let fake = Fake::new(move |call| async move { Ok(token(call, lifetime)) });
        let cache = cached(&fake);
        assert_eq!(cache.token(&request()).await.expect("a token").secret(), "token 1");
        assert_eq!(cache.token(&request()).await.expect("a token").secret(), "token 2");
        assert_eq!(cache.len(), 0);
    }
}
