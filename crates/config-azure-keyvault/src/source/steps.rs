//! The steps of a load, in their order: environment, plan (settings, credential), vaults and references (or the local file), mapping,
//! report.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use config::Value;
use tokio::runtime::Handle;
use tokio::sync::MutexGuard;
use tokio::time::{Instant, timeout_at};

use super::brought::Brought;
use super::connection::{Connection, Signed};
use super::handle::{AzureKeyVault, Place, Session, Shared, lock};
use super::harvest::Harvest;
use super::laying::bound;
use super::options::Options;
use super::plan::{Part, Plan};
use super::resolve::{OfVault, Resolved};
use crate::clock::after;
use crate::environment::HostEnvironment;
use crate::error::Error;
use crate::local::Local;
use crate::report::{LoadReport, NotLoaded, OptionalIf, SkipReason, Skipped, Warning};
use crate::vault::Outcome;
use crate::{local, settings, telemetry, vault};

/// A session, or `None` where another load holds it for longer than `until`. The other load may be waiting for this one, on a
/// thread that this one blocks, so nobody waits for ever.
async fn taken(session: &Session, until: Instant) -> Option<MutexGuard<'_, Option<Connection>>> {
    if let Ok(session) = session.try_lock() {
        return Some(session);
    }
    // Without a runtime there is no timer.
    Handle::try_current().ok()?;
    timeout_at(until, session.lock()).await.ok()
}

impl AzureKeyVault {
    /// Loads and lays the values over `cache`. On an error nothing was changed, unless what was there is too deep to keep.
    pub(super) async fn load_over(&self, cache: &mut Value, place: Place) -> Result<(), Error> {
        self.load_with_patience(cache, place, self.options.limits.patience())
            .await
    }

    /// As [`load_over`](Self::load_over), but waits for no other load of this handle: the caller blocks a thread that the
    /// other one may need to go on.
    pub(super) async fn load_over_without_waiting(&self, cache: &mut Value, place: Place) -> Result<(), Error> {
        self.load_with_patience(cache, place, Duration::ZERO).await
    }

    /// What it cannot share in time it gets for itself.
    async fn load_with_patience(&self, cache: &mut Value, place: Place, patience: Duration) -> Result<(), Error> {
        let started = Instant::now();
        bound(cache)?;
        let session = self.shared.session(place);
        let mut shared = taken(&session, after(started, patience)).await;
        let mut own = None;
        let connection = shared.as_deref_mut().unwrap_or(&mut own);
        let loaded = load(&self.options, cache, connection, &self.shared, started).await;
        self.note(&loaded);
        let mut report = loaded?;
        report.elapsed = started.elapsed();
        let told = Some(report.clone());
        let last = {
            let mut last = self.shared.report.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *last, told)
        };
        // Whoever listens to the log may ask for the report.
        log(&report, last.as_ref());
        Ok(())
    }

    /// For whoever asks how it is doing.
    fn note(&self, loaded: &Result<LoadReport, Error>) {
        let mut course = lock(&self.shared.course);
        match loaded {
            Ok(report) => {
                let reason = report.not_loaded.first().map(ToString::to_string);
                course.succeeded(self.options.clock.now(), reason);
            }
            Err(error) => course.failed(error.to_string()),
        }
    }
}

async fn load(
    options: &Options,
    cache: &mut Value,
    kept: &mut Option<Connection>,
    shared: &Shared,
    started: Instant,
) -> Result<LoadReport, Error> {
    let environment = options.environment();
    if environment.is_development() {
        let local = local::read(&options.local_file, &options.directory, &options.variables)?;
        let warning = not_asked(options, cache, &local);
        let harvest = Harvest::of_local_file(local, &options.selection, environment).with_warning(warning);
        return harvest.lay_over(cache);
    }
    options.limits.check()?;
    let plan = Plan::of(options, cache)?;
    let known = shared.said.loading.swap(true, Ordering::Relaxed);
    for part in &plan.vaults {
        let Part {
            name, choice, named_by, ..
        } = part;
        if known {
            tracing::debug!(vault = %name, credential = %choice, named_by = %named_by, "asking Azure Key Vault what has changed");
        } else {
            tracing::info!(vault = %name, credential = %choice, named_by = %named_by, "loading configuration from Azure Key Vault");
        }
    }
    if plan.references.is_none() {
        lock(&shared.pinned).clear();
    }
    if plan.is_empty() {
        return Brought::of(&plan, environment).lay_over(cache);
    }
    let connection = Connection::kept_or_new(kept.take(), options).map_err(|error| plan.located(error))?;
    // It stays where it is: a load that is dropped takes nothing away from the next one.
    let connection = kept.insert(connection);
    let brought = carry_out(&plan, options, connection, shared, environment, started);
    let brought = telemetry::within(telemetry::load(plan.host()), brought).await;
    // The next one starts clean: a credential keeps what it was made of, a federated token or a refused one.
    let is_whole = brought.as_ref().is_ok_and(|brought| brought.not_loaded.is_empty());
    if !is_whole {
        *kept = None;
    }
    let report = brought?.lay_over(cache)?;
    let mut taken_in = lock(&shared.taken_in);
    for (index, part) in plan.vaults.iter().enumerate() {
        if report.not_loaded.iter().all(|not_loaded| not_loaded.vault != part.name) {
            taken_in.insert((index, part.name.clone()));
        }
    }
    Ok(report)
}

/// Everything that came from the vaults, side by side and within one deadline.
async fn carry_out<'p>(
    plan: &'p Plan<'p>,
    options: &Options,
    connection: &mut Connection,
    shared: &Shared,
    environment: HostEnvironment,
    started: Instant,
) -> Result<Brought<'p>, Error> {
    let mut used = Vec::new();
    let mut loads = Vec::new();
    for (index, part) in plan.vaults.iter().enumerate() {
        let signed = connection
            .session(&part.vault, &part.choice, &part.cloud, options)
            .map_err(|error| error.with_vault(&part.name));
        used.extend(signed.iter().map(Arc::clone));
        loads.push(part.load(index, signed, options, shared, started));
    }
    let referenced = match &plan.references {
        Some(references) => references.by_vault(connection, options, shared)?,
        None => Vec::new(),
    };
    used.extend(referenced.iter().map(OfVault::signed));
    let resolve = async {
        match &plan.references {
            Some(references) => references.resolve(referenced, options, shared, started).await,
            None => Ok(Resolved::default()),
        }
    };
    let before = connection.tally();
    let (parts, resolved) = futures::try_join!(futures::future::try_join_all(loads), resolve)?;
    let after = connection.tally();
    connection.keep_only(&used);

    let mut brought = Brought::of(plan, environment);
    brought.report.requests = after.requests - before.requests;
    brought.report.challenges = after.challenges - before.challenges;
    brought.report.token_requests = after.token_requests - before.token_requests;
    for (part, loaded) in plan.vaults.iter().zip(parts) {
        match loaded {
            Ok(outcome) => brought.take_in(part, outcome),
            Err(not_loaded) => brought.not_loaded.push(not_loaded),
        }
    }
    brought.resolved = resolved;
    Ok(brought)
}

impl Part<'_> {
    /// What the vault gives, or why it gives nothing and need not.
    async fn load(
        &self,
        index: usize,
        signed: Result<Arc<Signed>, Error>,
        options: &Options,
        shared: &Shared,
        started: Instant,
    ) -> Result<Result<Outcome, NotLoaded>, Error> {
        let known = shared.memory(index, &self.name).unwrap_or_default();
        let loaded = async {
            let (signed, selection, limits) = (signed?, &self.options.selection, &options.limits);
            vault::load(&signed.session, selection, self.asked.clone(), limits, &known, started).await
        };
        match loaded.await {
            Ok(mut outcome) => {
                shared.remember(index, &self.name, std::mem::take(&mut outcome.memory));
                Ok(Ok(outcome))
            }
            Err(error) => match OptionalIf::of(error.kind()).filter(|case| self.options.optional.contains(case)) {
                // What was there once must not go: whoever has it keeps it.
                Some(case) if !lock(&shared.taken_in).contains(&(index, self.name.clone())) => Ok(Err(NotLoaded {
                    vault: self.name.clone(),
                    case,
                    reason: error.to_string(),
                })),
                _ => Err(error),
            },
        }
    }
}

/// Whoever names a vault may not know that this is Development.
fn not_asked(options: &Options, earlier: &Value, local: &Local) -> Option<Warning> {
    let named_by = settings::named_by(options.given(), earlier, &options.mounted, &options.variables)?;
    let variable = HostEnvironment::variable(&options.variables).filter(|_| options.environment.is_none());
    Some(Warning::VaultNotAsked {
        named_by,
        development_by: variable.unwrap_or(&options.given_by).to_owned(),
        file: local.place(),
    })
}

/// What was said at the last load and is still so is not said again: a service that polls would say it for ever.
fn log(report: &LoadReport, last: Option<&LoadReport>) {
    let warned: HashSet<&Warning> = last.iter().flat_map(|last| &last.warnings).collect();
    for warning in &report.warnings {
        if !warned.contains(warning) {
            tracing::warn!("{warning}");
        }
    }
    for not_loaded in &report.not_loaded {
        if last.is_some_and(|last| last.not_loaded.iter().any(|known| known.is_as(not_loaded))) {
            tracing::debug!("{not_loaded}");
        } else {
            tracing::warn!("{not_loaded}");
        }
    }
    let told: HashSet<&Skipped> = last.iter().flat_map(|last| &last.skipped).collect();
    for skipped in &report.skipped {
        let Skipped { name, reason, .. } = skipped;
        let is_new = !told.contains(skipped);
        if is_new && matches!(reason, SkipReason::NotPlaced(_)) {
            tracing::warn!("secret `{name}` was skipped: {reason}");
        } else {
            tracing::debug!("secret `{name}` was skipped: {reason}");
        }
    }
    let is_news = last.is_none_or(|last| last.loaded != report.loaded || !last.lacks_as(report));
    if is_news {
        tracing::info!(environment = %report.environment, unchanged = report.unchanged, "{report}");
    } else {
        tracing::debug!(environment = %report.environment, unchanged = report.unchanged, "{report}");
    }
}
