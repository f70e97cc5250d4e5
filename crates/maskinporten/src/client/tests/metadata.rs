//! Metadata that was good for twelve hours, and hangs when it is asked again.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use tokio::time::Instant;

use super::*;
use crate::request::TokenRequest;

/// Its token endpoint is healthy, and so the callers have their tokens at once: the shorter deadlines are over before the metadata's
/// own limit, the longer one is not.
#[tokio::test]
async fn a_refresh_that_hangs_costs_no_caller_its_time() {
    for deadline in [1, 5, 9, 20].map(Duration::from_secs) {
        let hangs = Arc::new(AtomicBool::new(false));
        let base = Arc::new(OnceLock::<String>::new());
        let (hanging, known) = (hangs.clone(), base.clone());
        let server = Server::start(move |seen| {
            let metadata = seen.path.contains("/.well-known/");
            let hangs = metadata && hanging.load(Ordering::SeqCst);
            let base = known.get().unwrap().clone();
            async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                match metadata {
                    true => reply(
                        200,
                        &format!(r#"{{"issuer":"{base}/","token_endpoint":"{base}/token"}}"#),
                    ),
                    false => reply(200, TOKEN),
                }
            }
        })
        .await;
        base.set(server.url("")).unwrap();
        let settings = MaskinportenSettings::new("client", Environment::parse(&server.url("")).unwrap());
        let client = MaskinportenClient::builder(settings.key(key(), KeyOptions::new()))
            .deadline(deadline)
            .build()
            .unwrap();
        client.token(&TokenRequest::new(["a:b"])).await.unwrap();
        hangs.store(true, Ordering::SeqCst);
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(12 * 3600)).await;
        tokio::time::resume();
        for scope in ["a:c", "a:d", "a:e"] {
            let start = Instant::now();
            client.token(&TokenRequest::new([scope])).await.unwrap();
            assert!(
                start.elapsed() < Duration::from_secs(1),
                "{deadline:?}: {:?}",
                start.elapsed()
            );
        }
    }
}
