//! Trouble at random: a load is whole or it is an error.

use std::time::Duration;

use config_azure_keyvault::{Error, ErrorKind};
use futures::stream::{self, StreamExt as _};

use super::assert_loaded;
use crate::support::{World, load};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_half_loaded() {
    let outcomes: Vec<bool> = stream::iter(1..=20_u64)
        .map(|seed| async move {
            let world = World::start().await;
            let names: Vec<String> = (0..40).map(|n| format!("Section{}--Key{n:02}", n % 4)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            world.seed(&names);
            // From a vault that stumbles to one that hardly ever answers.
            world.emulator.random_faults(0.002 * (seed * seed) as f64, seed);
            let source = world.source().deadline(Duration::from_secs(15));
            match load(&source).await {
                Ok(config) => {
                    assert_loaded(&world, &config, &names);
                    assert_eq!(source.report().expect("a report").loaded.len(), names.len());
                    true
                }
                Err(error) => {
                    let error = Error::find(&error).expect("an error of ours");
                    assert!(
                        matches!(
                            error.kind(),
                            ErrorKind::Timeout | ErrorKind::Service | ErrorKind::Throttled | ErrorKind::Unreachable
                        ),
                        "seed {seed}: {error}"
                    );
                    assert!(source.report().is_none());
                    false
                }
            }
        })
        .buffer_unordered(4)
        .collect()
        .await;
    let whole = outcomes.iter().filter(|&&whole| whole).count();
    assert!(
        (1..20).contains(&whole),
        "{whole} of 20 loaded: the faults are too rare or too many to show anything"
    );
}
