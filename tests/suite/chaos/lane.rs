//! A lane: two emulators and one thread, on which one case follows the other.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Once};
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use keyvault_emulator::{Firewall, ListOrder, Permissions, SecretPermission, Vault};
use maskinporten_emulator::{ClientKey, ClientSpec, MaskinportenEmulator};
use tokio::sync::Notify;

use super::book::{Book, SCOPES, name_of, scope};
use super::case::{Case, Door, Event};
use super::service::run;
use super::tally::Tally;
use crate::support::{World, leaks};

pub(super) const CLIENT: &str = "a-client-in-trouble";

/// Making one takes long.
static KEY: LazyLock<ClientKey> = LazyLock::new(ClientKey::generate);

pub(super) struct Lane {
    pub(super) world: World,
    pub(super) maskinporten: MaskinportenEmulator,
    pub(super) jwk: String,
    folder: tempfile::TempDir,
    /// Told whenever a source has been read.
    pub(super) ended: Arc<Notify>,
    /// Of a load of the present case.
    pub(super) deadline: Duration,
    /// By how many seconds the machine's clock is off.
    clock: Arc<AtomicI64>,
    /// Every assertion's `jti` so far.
    seen: HashSet<String>,
    cases: usize,
}

impl Lane {
    pub(super) async fn start() -> Self {
        let spec = ClientSpec::new(CLIENT).scopes((0..SCOPES).map(scope)).key(KEY.clone());
        let maskinporten = MaskinportenEmulator::builder().client(spec);
        let maskinporten = maskinporten.start().await.expect("it starts");
        let jwk = maskinporten.client().encoded_jwk();
        // The same in every lane, and each line of the log is searched for it.
        static ONCE: Once = Once::new();
        ONCE.call_once(|| leaks::watch(jwk.clone()));
        Self {
            world: World::start().await,
            maskinporten,
            jwk,
            folder: tempfile::tempdir().expect("a folder"),
            ended: Arc::default(),
            deadline: Duration::ZERO,
            clock: Arc::default(),
            seen: HashSet::new(),
            cases: 0,
        }
    }

    /// Runs a case, and says what it violated.
    pub(super) async fn run(&mut self, case: &Case) -> Result<Tally, String> {
        let book = self.prepare(case);
        // Of pauses between tries.
        fastrand::seed(case.seed);
        let outcome = AssertUnwindSafe(run(self, case, &book)).catch_unwind().await;
        let outcome = outcome.map_err(|panic| said(panic.as_ref()));
        let twice = self.assertions();
        outcome.and_then(|mut tally| match twice {
            Err(twice) => Err(twice),
            Ok(assertions) => {
                tally.add("assertions that Maskinporten saw, each once", assertions);
                Ok(tally)
            }
        })
    }

    /// A vault of the case's own, and everything well.
    fn prepare(&mut self, case: &Case) -> Book {
        self.heal();
        self.world.emulator.clear_requests();
        self.maskinporten.clear_requests();
        self.deadline = Duration::from_secs(if case.patient { 12 } else { 6 });
        self.cases += 1;
        let name = format!("app{}", self.cases);
        self.world.url = self.world.emulator.vault_url(&name);
        self.world.vault = self.world.emulator.vault(&name);
        let vault = &self.world.vault;
        vault.set_page_sizes(case.pages.iter().copied());
        if case.reversed {
            vault.set_list_order(ListOrder::Reversed);
        }
        let file = self.folder.path().join(format!("{name}.json"));
        let settings = [
            ("ClientId", CLIENT.to_owned()),
            ("EncodedJwk", self.jwk.clone()),
            ("Environment", self.maskinporten.issuer()),
        ];
        Book::of(vault.clone(), file, case.secrets, &settings)
    }

    fn assertions(&mut self) -> Result<usize, String> {
        let jtis = self.maskinporten.seen_jtis();
        let count = jtis.len();
        match jtis.into_iter().all(|jti| self.seen.insert(jti)) {
            true => Ok(count),
            false => Err("an assertion was sent twice".to_owned()),
        }
    }

    /// Puts what strikes from the beginning of a round in force; changes come through the book.
    pub(super) fn strike(&self, event: &Event) {
        let (emulator, vault) = (&self.world.emulator, &self.world.vault);
        match event {
            Event::Vault(strike) => emulator.inject(strike.fault(name_of)),
            Event::Maskinporten(strike) => self.maskinporten.inject(strike.fault()),
            Event::Closed(Door::Permissions) => vault.set_permissions(Permissions::none()),
            Event::Closed(Door::Firewall) => vault.set_firewall(Firewall::Closed),
            Event::Closed(Door::Get(what)) => vault.deny(&name_of(*what), SecretPermission::Get),
            Event::Loop => vault.set_next_link_loop(true),
            Event::Astray => vault.set_next_link_origin(Some("https://elsewhere.test")),
            Event::Clock(seconds) => self.clock.store(*seconds, Ordering::SeqCst),
            Event::Change { .. } => {}
        }
    }

    /// No fault is left.
    pub(super) fn heal(&self) {
        let open = |vault: &Vault| {
            vault.set_permissions(Permissions::default());
            vault.set_firewall(Firewall::Open);
            vault.clear_denied();
            vault.set_next_link_loop(false);
            vault.set_next_link_origin(None);
        };
        open(&self.world.vault);
        self.world.emulator.clear_faults();
        self.maskinporten.clear_faults();
        self.clock.store(0, Ordering::SeqCst);
    }

    /// The machine's clock, which a case may put wrong.
    #[allow(clippy::disallowed_methods)]
    pub(super) fn clock(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let off = Arc::clone(&self.clock);
        move || {
            let off = off.load(Ordering::SeqCst);
            let by = Duration::from_secs(off.unsigned_abs());
            let now = SystemTime::now();
            if off < 0 { now - by } else { now + by }
        }
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic that says nothing").to_owned()
}
