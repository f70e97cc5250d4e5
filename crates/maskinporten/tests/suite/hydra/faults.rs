//! What a network and a proxy do on the way to the server.

use std::time::Duration;

use futures::future::join_all;
use maskinporten::{ErrorKind, MaskinportenClient, Retry, TokenRequest};
use tokio::time::{Instant, timeout};

use super::front::{Act, Front};
use super::one_line;
use super::server::Hydra;
use crate::world::request;

const DEADLINE: Duration = Duration::from_secs(3);
/// For a machine that has other things to do.
const SLACK: Duration = Duration::from_secs(1);

#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn what_fails_once_costs_another_assertion_and_no_call() {
    let hydra = Hydra::known().await;
    // And whether the server had done its work.
    for (act, done) in [
        (Act::LoseReply, true),
        (Act::ResetAfter, true),
        (Act::ResetBefore, false),
        (Act::CutReply, true),
        (Act::SendTwice, true),
        (Act::Say(429, Some("1")), false),
        (Act::Say(429, None), false),
        (Act::Say(500, None), false),
        (Act::Say(503, None), false),
        (Act::Say(503, Some("1")), false),
    ] {
        let front = Front::before(hydra.token_endpoint(), [act], Act::Pass).await;
        let client = hydra.client_at(&front.token_endpoint()).build().unwrap();
        let start = Instant::now();
        let token = client
            .token(&request())
            .await
            .unwrap_or_else(|error| panic!("{act:?}: {error}"));
        let took = start.elapsed();
        assert_eq!(hydra.introspect(&token).await["active"], true, "{act:?}");
        assert_eq!(front.all_different(), 2, "{act:?}");
        assert_eq!(client.stats().token_requests, 2, "{act:?}");
        if let Act::Say(_, Some(_)) = act {
            assert!(took >= Duration::from_secs(1), "{act:?}: {took:?}");
        }
        let (status, said) = hydra.send(&front.sent()[0].assertion).await;
        assert_eq!(status == 400 && said["error"] == "jti_known", done, "{act:?}: {said}");
    }
}

/// A connection that has served before, which HTTP clients are tempted to try again on by themselves.
#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn what_is_lost_on_a_connection_in_use_is_not_sent_again() {
    let hydra = Hydra::known().await;
    for act in [Act::LoseReply, Act::ResetAfter, Act::ResetBefore, Act::CutReply] {
        let front = Front::before(hydra.token_endpoint(), [Act::Pass, act], Act::Pass).await;
        let client = hydra.client_at(&front.token_endpoint()).build().unwrap();
        client.token(&request()).await.unwrap();
        client.token(&request().fresh()).await.unwrap();
        let sent = front.sent();
        assert_eq!(sent[0].connection, sent[1].connection, "{act:?}");
        assert_eq!(front.all_different(), 3, "{act:?}");
        assert_eq!(client.stats().token_requests, 3, "{act:?}");
    }
}

#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn what_never_passes_is_one_line_inside_the_deadline() {
    let hydra = Hydra::known().await;
    let cases = [
        (Act::LoseReply, ErrorKind::Unreachable, "the exchange was cut short: "),
        (Act::ResetAfter, ErrorKind::Unreachable, "the exchange was cut short: "),
        (Act::ResetBefore, ErrorKind::Unreachable, "the exchange was cut short: "),
        (Act::CutReply, ErrorKind::Unreachable, "the exchange was cut short: "),
        (Act::Hang, ErrorKind::Unreachable, "there was no answer within 2.4 s"),
        (
            Act::Say(429, None),
            ErrorKind::Unavailable,
            "429: the reply is no JSON but ",
        ),
        (Act::Say(429, Some("1")), ErrorKind::Unavailable, "; ask less often"),
        (
            Act::Say(500, None),
            ErrorKind::Unavailable,
            "500: the reply is no JSON but ",
        ),
        (Act::Say(503, Some("1")), ErrorKind::Unavailable, "a problem of its own"),
    ];
    let mut clients = Vec::new();
    for (act, kind, said) in cases {
        let front = Front::before(hydra.token_endpoint(), [], act).await;
        let client = hydra.client_at(&front.token_endpoint()).deadline(DEADLINE);
        clients.push((act, kind, said, front, client.build().unwrap()));
    }
    // All at once: each takes all of its time.
    join_all(clients.iter().map(async |(act, kind, said, front, client)| {
        let got = in_time(client.token(&request())).await;
        let error = got.unwrap_or_else(|| panic!("{act:?}: too late")).unwrap_err();
        let line = one_line(&error);
        assert_eq!(error.kind(), *kind, "{act:?}: {line}");
        assert!(matches!(error.retry(), Retry::After(_)), "{act:?}: {line}");
        assert!(line.contains(said), "{act:?}: {line}");
        let sent = front.all_different();
        assert!((2..=8).contains(&sent), "{act:?}: {sent}");
        nothing_by_itself(client, sent);
    }))
    .await;
}

/// The HTTP client below sent nothing that ours does not know of. What was given up on its way is not there.
fn nothing_by_itself(client: &MaskinportenClient, sent: usize) {
    let known = client.stats().token_requests;
    assert!(u64::try_from(sent).unwrap() <= known, "{sent} arrived of {known}");
}

/// `None`: it took longer than its deadline. Whoever comes late with everything else is not too late.
async fn in_time<T>(call: impl Future<Output = T>) -> Option<T> {
    timeout(DEADLINE + SLACK, call).await.ok()
}

/// Nobody waits for what comes too late.
#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn a_pause_beyond_the_deadline_is_told_at_once() {
    let hydra = Hydra::known().await;
    for status in [429, 503] {
        let front = Front::before(hydra.token_endpoint(), [], Act::Say(status, Some("60"))).await;
        let client = hydra
            .client_at(&front.token_endpoint())
            .deadline(DEADLINE)
            .build()
            .unwrap();
        let start = Instant::now();
        let error = client.token(&request()).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        one_line(&error);
        assert_eq!(error.retry(), Retry::After(Some(Duration::from_secs(60))));
        assert_eq!(front.all_different(), 1);
    }
}

/// Many callers, each with a wish of its own, on a way where nearly everything goes wrong.
#[tokio::test]
#[ignore = "needs the server that .ci/hydra/run starts"]
async fn a_crowd_on_a_bad_way() {
    const CALLERS: usize = 24;
    const BAD: [Act; 9] = [
        Act::Pass,
        Act::LoseReply,
        Act::ResetAfter,
        Act::ResetBefore,
        Act::CutReply,
        Act::Hang,
        Act::SendTwice,
        Act::Say(429, Some("1")),
        Act::Say(503, None),
    ];
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let acts: Vec<Act> = (0..CALLERS * 20).filter_map(|_| random.choice(BAD)).collect();
    let hydra = Hydra::known().await;
    let front = Front::before(hydra.token_endpoint(), acts, Act::Pass).await;
    let client = hydra
        .client_at(&front.token_endpoint())
        .deadline(DEADLINE)
        .build()
        .unwrap();
    let ask = async |n: usize| {
        let request = TokenRequest::new([format!("test:{n}")]);
        let got = in_time(client.token(&request)).await;
        let got = got.unwrap_or_else(|| panic!("seed {seed}: too late"));
        got.map_err(|error| one_line(&error))
    };
    let first = join_all((0..CALLERS).map(&ask)).await;
    let sent = front.all_different();
    nothing_by_itself(&client, sent);
    let served = first.iter().filter(|got| got.is_ok()).count();
    assert!(served > 0 && sent > CALLERS, "seed {seed}: {served} of {sent}");

    front.pass_all();
    // Others, as a pause that the server asked for is kept.
    let then = join_all((CALLERS..2 * CALLERS).map(&ask)).await;
    for got in then {
        got.unwrap_or_else(|line| panic!("seed {seed}: {line}"));
    }
    front.all_different();
}
