use super::*;
use crate::request::SystemUser;

#[tokio::test(start_paused = true)]
async fn no_two_requests_share_an_entry() {
    let user = |organisation: &str| request().system_user(SystemUser::of(organisation));
    let requests = [
        request(),
        TokenRequest::new(["another:scope"]),
        TokenRequest::new(["some:scope another:scope"]),
        request().resource("https://a.example/"),
        request().resource("https://b.example/"),
        request().consumer_org("991825827"),
        request().on_behalf_of("991825827"),
        request().pid("991825827"),
        user("991825827"),
        user("310000000"),
        request().system_user(SystemUser::of("991825827").external_ref("one")),
        request().system_user(SystemUser::of("991825827").external_ref("two")),
    ];
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    for round in 0..2 {
        for (at, request) in (1..).zip(&requests) {
            let token = cache.token(request).await.expect("a token");
            assert_eq!(token.secret(), format!("token {at}"), "round {round}");
        }
    }
    assert_eq!(fake.calls(), requests.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn the_order_of_scopes_does_not_matter() {
    let fake = Fake::steady(120);
    let cache = cached(&fake);
    cache.token(&TokenRequest::new(["b", "a"])).await.expect("a token");
    cache.token(&TokenRequest::new(["a b b"])).await.expect("a token");
    assert_eq!(fake.calls(), 1);
}
