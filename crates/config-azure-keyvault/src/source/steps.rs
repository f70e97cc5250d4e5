//! The steps of a load, in their order: environment, settings, credential, vault (or the local file), mapping, report.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use config::Value;
use tokio::runtime::Handle;
use tokio::sync::MutexGuard;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::handle::{AzureKeyVault, Place, Session, Shared};
use super::harvest::{Harvest, blank_report};
use super::laying::bound;
use super::options::Options;
use crate::clock::after;
use crate::cloud::Cloud;
use crate::credential::{self, Choice};
use crate::environment::HostEnvironment;
use crate::error::Error;
use crate::local::Local;
use crate::report::{LoadReport, LoadedFrom, SkipReason, Skipped, Warning};
use crate::settings::Settings;
use crate::vault::Asked;
use crate::{local, settings, vault};

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
        self.shared.loads.fetch_add(1, Ordering::Relaxed);
        bound(cache)?;
        let session = self.shared.session(place);
        let mut shared = taken(&session, after(started, patience)).await;
        let mut own = None;
        let connection = shared.as_deref_mut().unwrap_or(&mut own);
        let harvest = harvest(&self.options, cache, connection, &self.shared, started).await?;
        let mut report = harvest.lay_over(cache)?;
        report.elapsed = started.elapsed();
        log(&report);
        *self.shared.report.write().unwrap_or_else(PoisonError::into_inner) = Some(report);
        Ok(())
    }
}

async fn harvest(
    options: &Options,
    earlier: &Value,
    connection: &mut Option<Connection>,
    shared: &Shared,
    started: Instant,
) -> Result<Harvest, Error> {
    let environment = options.environment();
    if environment.is_development() {
        let local = local::read(&options.local_file, &options.directory, &options.variables)?;
        let warning = not_asked(options, earlier, &local);
        return Ok(Harvest::of_local_file(local, &options.selection, environment).with_warning(warning));
    }
    options.limits.check()?;
    let plan = Plan::of(options, earlier)?;
    let name = plan.name.clone();
    plan.carry_out(options, environment, connection, shared, started)
        .await
        .map_err(|error| error.with_vault(name))
}

/// Whoever names a vault may not know that this is Development.
fn not_asked(options: &Options, earlier: &Value, local: &Local) -> Option<Warning> {
    let named_by = settings::named_by(options.url.as_deref(), earlier, &options.mounted, &options.variables)?;
    let variable = HostEnvironment::variable(&options.variables).filter(|_| options.environment.is_none());
    Some(Warning::VaultNotAsked {
        named_by,
        development_by: variable.unwrap_or("the code").to_owned(),
        file: local.place(),
    })
}

/// Which vault, as whom, and what to ask for: settled before anybody signs in.
struct Plan {
    settings: Settings,
    /// How the vault is named in errors and origins.
    name: String,
    cloud: Cloud,
    choice: Choice,
    asked: Option<Vec<Asked>>,
}

impl Plan {
    fn of(options: &Options, earlier: &Value) -> Result<Self, Error> {
        let cloud = named_cloud(options)?;
        let settings = settings::read(
            options.url.as_deref(),
            earlier,
            &options.mounted,
            &options.variables,
            cloud.as_ref().unwrap_or(&Cloud::Public).vault_suffix(),
        )?;
        let name = settings.vault.as_str().trim_end_matches('/').to_owned();
        let cloud = cloud
            .or_else(|| Cloud::of_host(settings.vault.host_str().unwrap_or_default()))
            .unwrap_or(Cloud::Public);
        let located = |error: Error| error.with_vault(&name);
        let asked = options.selection.asked().map_err(located)?;
        let choice =
            credential::choose(options.credential.as_ref(), &settings.identity, &options.variables).map_err(located)?;
        Ok(Self {
            settings,
            name,
            cloud,
            choice,
            asked,
        })
    }

    async fn carry_out(
        self,
        options: &Options,
        environment: HostEnvironment,
        kept: &mut Option<Connection>,
        shared: &Shared,
        started: Instant,
    ) -> Result<Harvest, Error> {
        let Self {
            settings,
            name,
            cloud,
            choice,
            asked,
        } = self;
        let named_by = settings.named_by.clone();
        tracing::info!(vault = %name, credential = %choice, named_by = %named_by, "loading configuration from Azure Key Vault");
        let credential = choice.to_string();
        let required = required(asked.as_deref());

        let connection = Connection::kept_or_new(kept.take(), &settings, choice, &cloud, options)?;
        // It stays where it is: a load that is dropped takes nothing away from the next one.
        let connection = &*kept.insert(connection);
        let memory = shared.memory(&name);
        let before = connection.tally();
        let (selection, limits) = (&options.selection, &options.limits);
        let loaded = vault::load(&connection.session, selection, asked, limits, &memory, started).await;
        let after = connection.tally();
        // The next one starts clean: a credential keeps what it was made of, a federated token or a refused one.
        if loaded.is_err() {
            *kept = None;
        }
        let mut outcome = loaded?;

        shared.remember(&name, std::mem::take(&mut outcome.memory));
        let url = name.clone();
        let report = LoadReport {
            requests: after.requests - before.requests,
            challenges: after.challenges - before.challenges,
            token_requests: after.token_requests - before.token_requests,
            ..blank_report(environment, LoadedFrom::Vault { url, named_by }, Some(credential))
        };
        Ok(Harvest::of_vault(&name, selection.naming(), outcome, &required, report))
    }
}

/// The cloud that the code or the environment names.
fn named_cloud(options: &Options) -> Result<Option<Cloud>, Error> {
    let authority = options
        .variables
        .get("AZURE_AUTHORITY_HOST")
        .filter(|host| !host.trim().is_empty());
    match (&options.cloud, authority) {
        (Some(cloud), _) => cloud.checked().map(Some),
        (None, Some(authority)) => Cloud::of_authority(&authority).map(Some),
        (None, None) => Ok(None),
    }
}

/// The names that the load fails without.
fn required(asked: Option<&[Asked]>) -> HashSet<String> {
    asked
        .into_iter()
        .flatten()
        .filter(|asked| asked.required)
        .map(|asked| asked.name.clone())
        .collect()
}

fn log(report: &LoadReport) {
    for warning in &report.warnings {
        tracing::warn!("{warning}");
    }
    for Skipped { name, reason } in &report.skipped {
        if matches!(reason, SkipReason::NotPlaced(_)) {
            tracing::warn!("secret `{name}` was skipped: {reason}");
        } else {
            tracing::debug!("secret `{name}` was skipped: {reason}");
        }
    }
    tracing::info!(environment = %report.environment, unchanged = report.unchanged, "{report}");
}
