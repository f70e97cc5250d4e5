//! Ten thousand reloads in virtual time: sources that fail, panic, are slow or never answer, under a watch that polls, is refreshed,
//! and whose refreshes are given up. No socket, so weeks pass in seconds.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use config::{AsyncSource, Config, ConfigError, Map, Value};
use config_azure_keyvault::{AzureKeyVault, Watch};
use futures::FutureExt as _;
use futures::future::join;
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

use super::random::Random;

/// A hung poll is cut after ten minutes and a vault's deadline, and the next one comes within ten.
const UNTIL_A_POLL: Duration = Duration::from_secs(22 * 60);

/// Keys of which each has the number of the newest change as its value. Each is read from a source of its own, one after the other.
const KEYS: [&str; 3] = ["a", "b", "c"];

struct State {
    random: Random,
    /// So many of a hundred readings go wrong.
    trouble: usize,
    number: i64,
    reads: usize,
}

/// The source of one key.
#[derive(Clone)]
struct Troubled {
    key: &'static str,
    state: Arc<Mutex<State>>,
}

impl std::fmt::Debug for Troubled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Troubled")
    }
}

impl Troubled {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AsyncSource for Troubled {
    async fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let (number, strikes, which, seconds) = {
            let mut state = self.state();
            if self.key == KEYS[0] {
                state.reads += 1;
            }
            let trouble = state.trouble;
            let strikes = state.random.percent(trouble);
            (state.number, strikes, state.random.below(4), state.random.below(900))
        };
        match (strikes, which) {
            (true, 0) => return Err(ConfigError::Message("mArKeR of a source".to_owned())),
            (true, 1) => panic!("mArKeR of a source"),
            (true, 2) => std::future::pending().await,
            (true, _) => sleep(Duration::from_secs(seconds as u64)).await,
            (false, _) => {}
        }
        Ok(Map::from_iter([(self.key.to_owned(), Value::from(number))]))
    }
}

/// The numbers of a configuration. The first was read first: where another is older, it is of an earlier load.
fn numbers(config: &Config) -> [i64; 3] {
    let numbers = KEYS.map(|key| config.get_int(key).expect("a number"));
    assert!(
        numbers.iter().all(|number| *number >= numbers[0]),
        "it is torn: {numbers:?}"
    );
    numbers
}

fn number(config: &Config) -> i64 {
    numbers(config)[0]
}

async fn begin(source: &Troubled) -> Watch {
    let vault = AzureKeyVault::references_only().environment("Production");
    let of = |key| Troubled { key, ..source.clone() };
    let [a, b, c] = KEYS.map(of);
    let builder = Config::builder()
        .add_async_source(a)
        .add_async_source(b)
        .add_async_source(c);
    let watch = vault.watch(builder.add_async_source(vault.clone()));
    watch.start().await.expect("all is well at first")
}

/// One service over a day or two; how often its sources were read.
async fn service(seed: u64) -> usize {
    let mut random = Random::of(seed);
    // How far a poll is spread is chance, too.
    fastrand::seed(seed);
    let state = State {
        random: Random::of(!seed),
        trouble: 0,
        number: 0,
        reads: 0,
    };
    let source = Troubled {
        key: KEYS[0],
        state: Arc::new(Mutex::new(state)),
    };
    let watch = begin(&source).await;
    let mut changes = watch.changes();
    let mut newest = 0;
    for _ in 0..80 {
        match random.below(10) {
            0..3 => source.state().number += 1,
            3 => source.state().trouble = random.one_of(&[0, 7, 25, 60]),
            4 | 5 => sleep(Duration::from_secs(random.below(1_200) as u64)).await,
            6 => {
                // Beside a poll, as often as not.
                let limit = Duration::from_secs(random.below(1_200) as u64);
                let both = join(watch.refresh(), watch.refresh());
                let _ = timeout(limit, both).await;
            }
            _ => {
                let limit = Duration::from_secs(random.below(300) as u64);
                let asked = source.state().number;
                if let Ok(Ok(_)) = timeout(limit, watch.refresh()).await {
                    let now = number(&watch.current());
                    assert!(now >= asked, "{now} after a refresh that began at {asked}");
                }
            }
        }
        let now = number(&watch.current());
        assert!(
            now >= newest,
            "{now} after {newest}: an older load took the place of a newer one"
        );
        newest = now;
        crate::support::leaks::assert_clean("a status", &watch.status().to_string());
    }
    source.state().trouble = 0;
    match random.percent(50) {
        true => drop(watch.refresh().await.expect("all is well")),
        false => sleep(UNTIL_A_POLL).await,
    }
    let last = source.state().number;
    assert_eq!(numbers(&watch.current()), [last; 3], "the newest is not there");
    assert!(watch.status().is_healthy(), "{}", watch.status());
    let _ = changes.untold();
    assert_eq!(numbers(&changes.config()), [last; 3], "a change was never told");
    source.state().reads
}

/// Runs until the sources were read so often.
fn reloads(wanted: usize) {
    let asked = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let mut reads = 0;
    for seed in asked.map_or(1..=u64::MAX, |seed| seed..=seed) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let run = AssertUnwindSafe(service(seed)).catch_unwind();
        match runtime.expect("a runtime").block_on(run) {
            Ok(more) => reads += more,
            Err(panic) => {
                tell(seed);
                std::panic::resume_unwind(panic);
            }
        }
        if reads >= wanted {
            return;
        }
    }
}

#[allow(clippy::print_stderr)]
fn tell(seed: u64) {
    eprintln!("SEED={seed} cargo test -p tests --test suite chaos::reloads");
}

#[test]
fn ten_thousand_reloads_in_virtual_time() {
    reloads(10_000);
}
