//! A credential of the caller's that blocks the thread that it is asked on.

use std::sync::{Arc, Condvar, Mutex};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;

use crate::support::{World, load};

/// Whether they may go on.
#[derive(Debug, Default)]
struct Gate(Mutex<bool>, Condvar);

#[derive(Debug)]
struct Blocking(Arc<Gate>, String);

#[async_trait::async_trait]
impl TokenCredential for Blocking {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let open = self.0.0.lock().expect("the gate");
        drop(self.0.1.wait_while(open, |open| !*open).expect("the gate"));
        let ends = OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
        Ok(AccessToken::new(self.1.clone(), ends))
    }
}

/// More of them than threads that drive connections: nobody else's load stands still for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_blocks_holds_up_nobody_else() {
    let world = World::start().await;
    world.seed(&["A", "B"]);
    let token = world.emulator.access_token("https://vault.azure.test");
    crate::support::leaks::watch(&token);
    let gate = Arc::new(Gate::default());
    let blocked: Vec<_> = (0..6)
        .map(|_| {
            let source = world
                .source()
                .credential(Arc::new(Blocking(Arc::clone(&gate), token.clone())));
            tokio::spawn(async move { load(&source).await.map(|_| ()) })
        })
        .collect();
    load(&world.source()).await.expect("it loads beside them");
    *gate.0.lock().expect("the gate") = true;
    gate.1.notify_all();
    for load in blocked {
        load.await.expect("no panic").expect("it loads in the end");
    }
}
