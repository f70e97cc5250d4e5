//! What several users of one watch, or one vault, do to each other; and what is said of it all in the log.

use std::sync::atomic::{AtomicUsize, Ordering};

use config::Config;
use config_azure_keyvault::{HealthState, OptionalIf};
use keyvault_emulator::Permissions;
use serde::Deserialize;
use tokio::time::sleep;
use tracing::Level;

use super::fake::{Fake, Next};
use super::*;
use crate::support::lines::Lines;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn it_is_healthy_from_the_first_moment() {
    let watch = Fake::of("a", "1").watch().start().await.expect("it loads");
    assert!(watch.status().is_healthy(), "{}", watch.status());
    assert_eq!(watch.health().state, HealthState::Healthy, "{}", watch.health());
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_under_way_ends_with_the_last_handle() {
    let fake = Fake::of("a", "1");
    let watch = fake.watch().interval(MINUTE).start().await.expect("it loads");
    fake.next(Next::Hangs);
    sleep(2 * MINUTE).await;
    assert_eq!(fake.reads(), 2, "the poll hangs");
    assert!(fake.is_held());
    drop(watch);
    while fake.is_held() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_change_among_five_thousand_keys_is_one_change() {
    let fake = Fake::of("a", "1");
    for n in 0..5_000 {
        fake.set(&format!("key{n}"), "1");
    }
    let watch = fake.watch().start().await.expect("it loads");
    let mut changes = watch.changes();
    fake.set("key4321", "2");
    assert_eq!(watch.refresh().await.expect("it loads").keys.len(), 1);
    assert_eq!(
        changes.next().await.expect("a change").to_string(),
        "1 key changed: `key4321`"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_refreshes_at_once_no_change_is_lost_and_none_is_empty() {
    let fake = Fake::of("a", "0");
    let watch = fake.watch().start().await.expect("it loads");
    let mut changes = watch.changes();
    let listener = tokio::spawn(async move {
        let mut told = 0;
        while let Some(change) = changes.next().await {
            assert!(!change.is_empty());
            told += 1;
            if changes.config().get_string("a").is_ok_and(|a| a == "end") {
                return told;
            }
        }
        panic!("it ended");
    });
    let next = Arc::new(AtomicUsize::new(1));
    let mut writers = Vec::new();
    for _ in 0..8 {
        let (fake, watch, next) = (fake.clone(), watch.clone(), Arc::clone(&next));
        writers.push(tokio::spawn(async move {
            let mut reported = 0;
            for _ in 0..100 {
                fake.set("a", &next.fetch_add(1, Ordering::Relaxed).to_string());
                reported += watch.refresh().await.expect("it loads").keys.len();
            }
            reported
        }));
    }
    let mut reported = 0;
    for writer in writers {
        reported += writer.await.expect("no panic");
    }
    assert!(reported <= 800);
    fake.set("a", "end");
    assert_eq!(watch.refresh().await.expect("it loads").keys.len(), 1);
    let told = listener.await.expect("no panic");
    assert!((1..=reported + 1).contains(&told), "{told} of {reported}");
    assert_eq!(watch.current().get_string("a").expect("a value"), "end");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_takes_nothing_from_the_poll_beside_it() {
    let fake = Fake::of("a", "1");
    let watch = fake.watch().interval(MINUTE).start().await.expect("it loads");
    let mut changes = watch.changes();
    fake.set("a", "2");
    fake.next(Next::Hangs);
    sleep(2 * MINUTE).await;
    fake.next(Next::Fails);
    watch.refresh().await.expect_err("it fails");
    fake.let_go();
    assert_eq!(changes.next().await.map(|change| change.keys.len()), Some(1));
    assert_eq!(watch.current().get_string("a").expect("a value"), "2");
}

/// A type whose code panics where the value says so.
#[derive(Debug)]
struct Touchy(String);

impl<'de> Deserialize<'de> for Touchy {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        assert_ne!(text, "panic", "mArKeR");
        Ok(Self(text))
    }
}

impl Drop for Touchy {
    fn drop(&mut self) {
        assert_ne!(self.0, "panic when dropped");
    }
}

#[derive(Deserialize)]
struct Settings {
    a: Touchy,
}

#[tokio::test(start_paused = true)]
async fn a_type_that_panics_leaves_the_watch_and_its_neighbours_going() {
    let fake = Fake::of("a", "1");
    let watch = fake.watch().interval(MINUTE).start().await.expect("it loads");
    let touchy = watch.bind::<Settings>().expect("it fits");
    let plain = watch.bind_section::<String>("a").expect("it fits");
    let mut changes = touchy.changes();
    fake.set("a", "panic");
    sleep(2 * MINUTE).await;
    assert_eq!(
        (touchy.current().a.0.as_str(), plain.current().as_str()),
        ("1", "panic")
    );
    let why = touchy.status().unbound.expect("it says why");
    assert_eq!(why, "the type panicked while it was bound or let go");
    assert_eq!(touchy.health().state, HealthState::Degraded);
    assert!(plain.status().is_healthy() && watch.status().is_healthy());
    assert_eq!(changes.untold(), None);

    // What is bound and panics when it is let go of is replaced all the same.
    for value in ["panic when dropped", "2"] {
        fake.set("a", value);
        sleep(2 * MINUTE).await;
        assert_eq!(touchy.current().a.0, value);
        assert!(changes.untold().is_some(), "{value}");
    }
    fake.set("a", "3");
    sleep(2 * MINUTE).await;
    assert_eq!((touchy.current().a.0.as_str(), plain.current().as_str()), ("3", "3"));
    assert!(touchy.status().is_healthy(), "{}", touchy.status());
    leaks::assert_clean_logs();
}

#[tokio::test]
async fn two_watches_of_one_vault_do_not_take_each_others_loads_for_their_own() {
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world.source();
    let slow = Fake::of("b", "1");
    slow.next(Next::Hangs);
    let beside = async {
        let first = source.watch(Config::builder()).start().await.expect("it loads");
        slow.next(Next::Values);
        slow.let_go();
        first
    };
    // The second one's other source is read while the first one loads the vault.
    let builder = Config::builder().add_async_source(slow.clone());
    let (second, first) = tokio::join!(source.watch(builder).start(), beside);
    let second = second.expect("it loads");
    for watch in [&first, &second] {
        assert_eq!(watch.current().get_string("A").ok(), world.vault.value("A"));
    }
    let new = leaks::marker();
    world.vault.set("A", &new);
    for watch in [&first, &second] {
        assert_eq!(watch.refresh().await.expect("it loads").keys.len(), 1);
        assert_eq!(watch.current().get_string("A").expect("a value"), new);
    }
}

#[tokio::test]
async fn a_sync_source_in_the_builder_is_polled_as_well_and_said_once() {
    let lines = Lines::listen();
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world.source();
    let watch = source.watch(Config::builder().add_source(source.clone())).start().await;
    let watch = watch.expect("it loads");
    let told = lines.take();
    let warnings: Vec<_> = told.iter().filter(|(level, _)| *level == Level::WARN).collect();
    assert_eq!(warnings.len(), 1, "{told:?}");
    world.emulator.clear_requests();
    assert!(watch.refresh().await.expect("it loads").is_empty());
    assert_eq!(
        (world.emulator.counts().lists, world.emulator.counts().gets),
        (1, 0),
        "it is in the builder once"
    );
    world.vault.set("A", leaks::marker());
    assert_eq!(watch.refresh().await.expect("it loads").keys.len(), 1);
    let told: Vec<_> = lines
        .take()
        .into_iter()
        .filter(|(level, _)| *level == Level::WARN)
        .collect();
    assert_eq!(told, []);
}

#[tokio::test]
async fn names_are_got_again_at_each_poll_and_nothing_is_listed() {
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    world
        .vault
        .set_permissions(Permissions::only([keyvault_emulator::SecretPermission::Get]));
    let source = world.source().names(["A", "B"]);
    let watch = watching(&source).await;
    world.emulator.clear_requests();
    assert!(watch.refresh().await.expect("it loads").is_empty());
    assert_eq!((world.emulator.counts().lists, world.emulator.counts().gets), (0, 2));
    world.vault.set("B", leaks::marker());
    world.vault.set("C", leaks::marker());
    let change = watch.refresh().await.expect("it loads");
    assert_eq!(
        change.keys.iter().map(|key| key.key.as_str()).collect::<Vec<_>>(),
        ["B"]
    );
}

#[tokio::test]
async fn a_layer_that_is_missing_comes_by_itself_and_is_told_once() {
    let lines = Lines::listen();
    let world = World::start().await;
    world.seed(&["A"]);
    let special = world.emulator.vault("special");
    special.set("A", leaks::marker());
    special.set("B", leaks::marker());
    special.set_permissions(Permissions::none());
    let layered = AzureKeyVault::layered([
        world.source(),
        AzureKeyVault::new(world.emulator.vault_url("special")).optional([OptionalIf::NoPermission]),
    ]);
    let watch = layered.watch(Config::builder()).start().await.expect("it loads");
    let mut changes = watch.changes();
    let text = |key: &str| watch.current().get_string(key).ok();
    assert_eq!((text("A"), text("B")), (world.vault.value("A"), None));
    assert_eq!(watch.health().state, HealthState::Degraded);
    let told = lines.take();
    let warnings: Vec<_> = told.iter().filter(|(level, _)| *level == Level::WARN).collect();
    assert_eq!(warnings.len(), 1, "{told:?}");
    assert!(
        warnings[0].1.contains("gave nothing, and need not (no permission): "),
        "{told:?}"
    );
    for _ in 0..3 {
        assert!(watch.refresh().await.expect("it loads").is_empty());
        assert_eq!(watch.health().state, HealthState::Degraded);
    }
    assert_eq!(lines.take(), [], "said once, and each time at DEBUG");

    special.set_permissions(Permissions::default());
    assert_eq!(watch.refresh().await.expect("it loads").keys.len(), 2);
    assert_eq!(changes.untold().map(|change| change.keys.len()), Some(2));
    assert_eq!((text("A"), text("B")), (special.value("A"), special.value("B")));
    assert_eq!(watch.health().state, HealthState::Healthy);
    // And from then on it must be there.
    special.set_permissions(Permissions::none());
    watch.refresh().await.expect_err("it fails");
    assert_eq!(text("B"), special.value("B"));
}

#[tokio::test]
async fn a_poll_that_finds_nothing_says_nothing() {
    let lines = Lines::listen();
    let world = World::start().await;
    world.seed(&["A", "Hosts--0", "Hosts--x"]);
    world.vault.disable("A");
    let watch = watching(&world.source()).await;
    let told = lines.take();
    assert!(
        told.iter()
            .any(|(level, line)| *level == Level::INFO && line.starts_with("loaded 2 values from "))
    );
    assert!(told.iter().any(|(level, _)| *level == Level::WARN), "the stray key");
    for _ in 0..3 {
        watch.refresh().await.expect("it loads");
    }
    assert_eq!(lines.take(), []);
    world.vault.set("Hosts--0", leaks::marker());
    watch.refresh().await.expect("it loads");
    let told = lines.take();
    assert!(told.iter().all(|(level, _)| *level == Level::INFO), "{told:?}");
    assert!(
        told.iter()
            .any(|(_, line)| line.starts_with("configuration changed: 1 key changed: ")),
        "{told:?}"
    );
}
