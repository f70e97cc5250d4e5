//! What goes wrong with a vault while a service runs: the last good values stay, the status says so, and the next change arrives.
//!
//! Hours pass on paused time; what is due in them speaks with the emulator in real time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use keyvault_emulator::{Fault, Permissions, RequestKind};

use super::*;
use crate::support::withdrawn;

const TEN_MINUTES: Duration = Duration::from_secs(600);

struct Service {
    world: World,
    watch: Watch,
    changes: config_azure_keyvault::Changes,
    password: String,
}

impl Service {
    async fn start() -> Self {
        Self::with(|source| source).await
    }

    async fn with(set: impl FnOnce(AzureKeyVault) -> AzureKeyVault) -> Self {
        let world = World::start().await;
        let password = leaks::marker();
        world.vault.set("Db--Password", &password);
        world.seed(&["A", "B", "C", "D"]);
        let source = set(world.source().deadline(Duration::from_secs(2)));
        let watch = watching(&source).await;
        let changes = watch.changes();
        Self {
            world,
            watch,
            changes,
            password,
        }
    }

    /// An hour in which every poll fails.
    async fn hour(&mut self, reason: &str) {
        let before = self.watch.status().failures;
        for poll in 1..=6 {
            pass(TEN_MINUTES).await;
            until(|| self.watch.status().failures >= before + poll).await;
        }
        self.stays(reason);
        assert!(self.watch.status().age >= 6 * TEN_MINUTES);
    }

    fn stays(&mut self, reason: &str) {
        let status = self.watch.status();
        assert_eq!(self.current(), self.password, "the last good values stay");
        assert_eq!(self.changes.untold(), None);
        assert!(!status.is_healthy());
        let last = status.last_failure.clone().expect("a failure").reason;
        assert!(last.contains(reason), "{last}");
        assert!(!last.contains(['\n', '\r']));
        let health = self.watch.health();
        assert_eq!(health.state, config_azure_keyvault::HealthState::Degraded);
        let told = health.to_string();
        assert_eq!(told.matches(&last).count(), 1, "said once: {told}");
        leaks::assert_clean("a status", &status.to_string());
        leaks::assert_clean_debug(&status);
        leaks::assert_clean_debug(&self.watch.health());
    }

    fn current(&self) -> String {
        self.watch.current().get_string("Db.Password").expect("a value")
    }

    /// The vault is well again: the next change arrives by itself.
    async fn recovers(&mut self) {
        self.world.emulator.clear_faults();
        self.password = leaks::marker();
        self.world.vault.set("Db--Password", &self.password);
        pass(TEN_MINUTES).await;
        let change = self.next().await;
        assert_eq!(change, ["Db.Password"]);
        assert_eq!(self.current(), self.password);
        until(|| self.watch.status().is_healthy()).await;
        assert_eq!(self.watch.health().state, config_azure_keyvault::HealthState::Healthy);
        leaks::assert_clean_logs();
    }

    async fn next(&mut self) -> Vec<String> {
        let change = tokio::time::timeout(Duration::from_secs(60), self.changes.next()).await;
        let change = change.expect("it arrives").expect("a change");
        leaks::assert_clean("a change", &change.to_string());
        change.keys.into_iter().map(|key| key.key).collect()
    }
}

/// Looks until it is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    let looks = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looks)
        .await
        .expect("it becomes so");
}

#[tokio::test]
async fn a_vault_that_is_down_for_an_hour() {
    let mut service = Service::start().await;
    service.world.emulator.inject(Fault::reset().for_vault("app"));
    service.hour("list failed: ").await;
    service.recovers().await;
}

#[tokio::test]
async fn a_vault_that_is_throttled_for_an_hour() {
    let mut service = Service::start().await;
    service.world.emulator.inject(Fault::throttled(Some(10)));
    service.hour("429").await;
    service.recovers().await;
}

#[tokio::test]
async fn a_permission_that_is_withdrawn_and_given_back() {
    let mut service = Service::start().await;
    service.world.vault.set_permissions(Permissions::none());
    service.hour("403").await;
    service.world.vault.set_permissions(Permissions::default());
    service.recovers().await;
}

#[tokio::test]
async fn half_of_the_gets_of_a_poll_fail() {
    let mut service = Service::start().await;
    let new = leaks::marker();
    for name in ["A", "B", "C", "D", "Db--Password"] {
        service.world.vault.set(name, &new);
    }
    for name in ["B", "D"] {
        service
            .world
            .emulator
            .inject(Fault::status(500, "").for_kind(RequestKind::Get).for_secret(name));
    }
    service.hour("get failed for secret").await;
    let a = service.watch.current().get_string("A").expect("a value");
    assert_ne!(a, new, "never half of the new");
    // Then all of it at once.
    service.world.emulator.clear_faults();
    pass(TEN_MINUTES).await;
    assert_eq!(service.next().await, ["A", "B", "C", "D", "Db.Password"]);
    service.password = new;
    service.recovers().await;
}

#[tokio::test]
async fn a_token_that_is_revoked_is_replaced_within_the_poll() {
    let mut service = Service::start().await;
    service
        .world
        .emulator
        .inject(withdrawn().for_kind(RequestKind::List).once());
    let before = service.watch.status();
    service.recovers().await;
    assert_eq!(
        (before.failures, service.watch.status().last_failure.is_none()),
        (0, true)
    );
}

#[tokio::test]
async fn a_token_that_is_revoked_while_the_token_endpoint_is_down() {
    let mut service = Service::start().await;
    service.world.emulator.inject(withdrawn().for_kind(RequestKind::List));
    service
        .world
        .emulator
        .inject(Fault::reset().for_kind(RequestKind::Token));
    service.hour("credential failed: client secret").await;
    service.recovers().await;
}

#[tokio::test]
async fn secrets_that_go_come_and_change_their_spelling() {
    let mut service = Service::start().await;
    let vault = service.world.vault.clone();
    // What a poll finds.
    let poll = |_: &str| pass(TEN_MINUTES);
    vault.delete("A");
    poll("deleted").await;
    assert_eq!(service.next().await, ["A"]);
    assert!(service.watch.current().get_string("A").is_err());
    vault.disable("B");
    poll("disabled").await;
    assert_eq!(service.next().await, ["B"]);
    vault.set_enabled("B", true);
    poll("enabled again").await;
    assert_eq!(service.next().await, ["B"]);
    vault.delete("C");
    vault.purge("C");
    service.world.seed(&["c"]);
    poll("renamed in case").await;
    assert_eq!(service.next().await, ["C", "c"]);
    assert!(service.watch.status().is_healthy());
    service.recovers().await;
}

#[tokio::test]
async fn the_clock_of_the_machine_jumps_both_ways() {
    static AHEAD: AtomicI64 = AtomicI64::new(0);
    #[allow(clippy::disallowed_methods)]
    let clock = || {
        let ahead = AHEAD.load(Ordering::SeqCst);
        let by = Duration::from_secs(ahead.unsigned_abs());
        let now = SystemTime::now();
        if ahead < 0 { now - by } else { now + by }
    };
    let mut service = Service::with(|source| source.clock(clock)).await;
    for ahead in [10 * 365 * 24 * 3600, -10 * 365 * 24 * 3600, 0] {
        AHEAD.store(ahead, Ordering::SeqCst);
        service.recovers().await;
        assert!(service.watch.status().age < TEN_MINUTES);
    }
}

#[tokio::test]
async fn a_watch_that_began_degraded_becomes_whole_by_itself() {
    use config_azure_keyvault::{HealthState, OptionalIf};
    let world = World::start().await;
    world.seed(&["A"]);
    world.vault.set_permissions(Permissions::none());
    let source = world.source().optional([OptionalIf::NoPermission]);
    let watch = watching(&source).await;
    let mut changes = watch.changes();
    assert!(watch.current().get_string("A").is_err());
    let health = watch.health();
    assert_eq!(health.state, HealthState::Degraded);
    assert!(
        health.reason.as_deref().is_some_and(|reason| reason.contains("403")),
        "{health}"
    );
    pass(TEN_MINUTES).await;
    until(|| watch.status().age < Duration::from_secs(300)).await;
    assert_eq!((changes.untold(), watch.health().state), (None, HealthState::Degraded));

    world.vault.set_permissions(Permissions::default());
    pass(TEN_MINUTES).await;
    let change = changes.next().await.expect("a change");
    assert_eq!(change.keys[0].key, "A");
    until(|| watch.health().state == HealthState::Healthy).await;
}

#[tokio::test]
async fn a_poll_of_an_unchanged_vault_is_one_list_and_no_get() {
    let service = Service::start().await;
    // Settled: `updated` has whole seconds.
    tokio::time::sleep(Duration::from_millis(3100)).await;
    service.watch.refresh().await.expect("it loads");
    for _ in 0..3 {
        let before = service.world.emulator.counts();
        pass(TEN_MINUTES).await;
        until(|| service.watch.status().age < Duration::from_secs(60)).await;
        let after = service.world.emulator.counts();
        assert_eq!((after.lists - before.lists, after.gets - before.gets), (1, 0));
        assert_eq!(
            (after.challenges, after.token_requests),
            (before.challenges, before.token_requests)
        );
    }
}
