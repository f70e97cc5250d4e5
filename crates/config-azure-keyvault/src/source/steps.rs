//! The steps of a load, in their order: environment, settings, credential, vault (or the local file), mapping, report.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use config::{Value, ValueKind};
use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;
use tokio::sync::MutexGuard;
use tokio::time::{Instant, timeout_at};

use super::laying::{bound, overlay};
use super::options::Options;
use super::{AzureKeyVault, Shared, State};
use crate::clock::after;
use crate::cloud::Cloud;
use crate::credential::{self, Choice, Guard};
use crate::environment::HostEnvironment;
use crate::error::{Error, ErrorKind, Stage};
use crate::mapping::{Dropped, Entry, Placed};
use crate::report::{LoadReport, Loaded, LoadedFrom, SkipReason, Skipped, Warning};
use crate::settings::Settings;
use crate::transport::Transport;
use crate::vault::{Memory, Session};
use crate::{local, settings, vault};

/// A session and what it was made for. It is of no use in another runtime: its connections live in their own.
pub(super) struct Connection {
    runtime: tokio::runtime::Id,
    choice: Choice,
    session: Session,
    guard: Arc<Guard>,
    sign_in: Transport,
}

/// Everything to be laid over the earlier sources, and the report so far.
struct Harvest {
    entries: Vec<Entry>,
    /// The version of each entry.
    versions: Vec<Option<String>>,
    /// The indexes of those that must become settings.
    required: Vec<usize>,
    report: LoadReport,
}

impl Shared {
    /// What clones share, or `None` where another load holds it for longer than `until`. The other load may be waiting for
    /// this one, on a thread that this one blocks, so nobody waits for ever.
    async fn state(&self, until: Instant) -> Option<MutexGuard<'_, State>> {
        if let Ok(state) = self.state.try_lock() {
            return Some(state);
        }
        // Without a runtime there is no timer.
        Handle::try_current().ok()?;
        timeout_at(until, self.state.lock()).await.ok()
    }
}

impl AzureKeyVault {
    /// Loads and lays the values over `cache`. On an error nothing was changed, unless what was there is too deep to keep.
    pub(super) async fn load_over(&self, cache: &mut Value) -> Result<(), Error> {
        self.load_with_patience(cache, self.options.limits.patience()).await
    }

    /// As [`load_over`](Self::load_over), but waits for no other load of this handle: the caller blocks a thread that the
    /// other one may need to go on.
    pub(super) async fn load_over_without_waiting(&self, cache: &mut Value) -> Result<(), Error> {
        self.load_with_patience(cache, Duration::ZERO).await
    }

    /// What it cannot share in time it gets for itself.
    async fn load_with_patience(&self, cache: &mut Value, patience: Duration) -> Result<(), Error> {
        let started = Instant::now();
        bound(cache)?;
        let mut shared = self.shared.state(after(started, patience)).await;
        let mut own = State::default();
        let state = shared.as_deref_mut().unwrap_or(&mut own);
        let Harvest {
            entries,
            versions,
            required,
            mut report,
        } = self.harvest(cache, state, started).await?;
        let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        let placed = if required.is_empty() {
            overlay(cache, entries)?
        } else {
            // Whether they all have a place is known only when they are there.
            let mut laid = cache.clone();
            let placed = overlay(&mut laid, entries)?;
            all_placed(&required, &placed, &names).map_err(|error| match &report.from {
                LoadedFrom::Vault { url, .. } => error.with_vault(url),
                _ => error,
            })?;
            *cache = laid;
            placed
        };
        finish(&mut report, placed, &names, &versions);
        report.elapsed = started.elapsed();
        log(&report);
        *self.shared.report.write().unwrap_or_else(PoisonError::into_inner) = Some(report);
        Ok(())
    }

    async fn harvest(&self, earlier: &Value, state: &mut State, started: Instant) -> Result<Harvest, Error> {
        let options = &*self.options;
        let environment = options
            .environment
            .clone()
            .unwrap_or_else(|| HostEnvironment::of(&options.variables));
        if environment.is_development() {
            return from_local_file(options, environment);
        }
        options.limits.check()?;
        let authority = options
            .variables
            .get("AZURE_AUTHORITY_HOST")
            .filter(|host| !host.trim().is_empty());
        let cloud = match (&options.cloud, authority) {
            (Some(cloud), _) => Some(cloud.checked()?),
            (None, Some(authority)) => Some(Cloud::of_authority(&authority)?),
            (None, None) => None,
        };
        let suffix = cloud.as_ref().unwrap_or(&Cloud::Public).vault_suffix();
        let settings = settings::read(
            options.url.as_deref(),
            earlier,
            &options.mounted,
            &options.variables,
            suffix,
        )?;
        let name = settings.vault.as_str().trim_end_matches('/').to_owned();
        let cloud = cloud
            .or_else(|| Cloud::of_host(settings.vault.host_str().unwrap_or_default()))
            .unwrap_or(Cloud::Public);
        let located = |error: Error| error.with_vault(&name);
        // What cannot be asked for is an error before anybody signs in.
        let asked = options.selection.asked().map_err(located)?;
        let required: HashSet<String> = asked
            .iter()
            .flatten()
            .filter(|asked| asked.required)
            .map(|asked| asked.name.clone())
            .collect();
        let choice =
            credential::choose(options.credential.as_ref(), &settings.identity, &options.variables).map_err(located)?;

        let mut report = blank_report(
            environment,
            LoadedFrom::Vault {
                url: name.clone(),
                named_by: settings.named_by.clone(),
            },
            Some(choice.to_string()),
        );
        tracing::info!(vault = %name, credential = %choice, named_by = %settings.named_by, "loading configuration from Azure Key Vault");

        let connection = connect(state.connection.take(), &settings, choice, &cloud, options).map_err(located)?;
        // Both stay where they are: a load that fails or is dropped takes nothing away from the next one.
        let connection = &*state.connection.insert(connection);
        let nothing = Memory::default();
        let memory = match &state.memory {
            Some((vault, memory)) if *vault == name => memory,
            _ => &nothing,
        };
        let before = Tally::of(connection);
        let outcome = vault::load(
            &connection.session,
            &options.selection,
            asked,
            &options.limits,
            memory,
            started,
        );
        let outcome = match outcome.await {
            Ok(outcome) => outcome,
            Err(error) => {
                // A refused token would be taken from the cache again until it expires: the next load signs in anew.
                if error.kind() == ErrorKind::Unauthorized {
                    state.connection = None;
                }
                return Err(error);
            }
        };
        let after = Tally::of(connection);

        report.requests = after.requests - before.requests;
        report.challenges = after.challenges - before.challenges;
        report.token_requests = after.token_requests - before.token_requests;
        report.filtered = outcome.foreign;
        report.unchanged = outcome.unchanged;
        report.pages = outcome.pages;
        report.listed_after = outcome.listed_after;
        report.skipped = outcome.skipped;
        report.warnings = outcome.warnings;
        let mut harvest = Harvest {
            entries: Vec::new(),
            versions: Vec::new(),
            required: Vec::new(),
            report,
        };
        for (path, secret) in outcome.secrets {
            if required.contains(&secret.name) {
                harvest.required.push(harvest.entries.len());
            }
            let version = secret
                .version
                .as_ref()
                .map(|version| format!(" version {version}"))
                .unwrap_or_default();
            harvest.entries.push(Entry {
                origin: format!("{name} secret `{}`{version}", secret.name),
                path,
                value: ValueKind::String(secret.value.expose_secret().to_owned()),
                updated: secret.updated,
                name: secret.name,
            });
            harvest.versions.push(secret.version);
        }
        state.memory = Some((name, outcome.memory));
        Ok(harvest)
    }
}

/// An error if a required secret is no setting. One that lost to a newer secret of the same setting is no loss.
fn all_placed(required: &[usize], placed: &Placed, names: &[String]) -> Result<(), Error> {
    let is_loaded = |name: &String| placed.loaded.iter().any(|(index, _)| names[*index] == *name);
    for (index, why) in &placed.dropped {
        let is_there = matches!(why, Dropped::Shadowed { winner, .. } if is_loaded(winner));
        if required.contains(index) && !is_there {
            return Err(vault::lost(&names[*index], why, Stage::Mapping));
        }
    }
    Ok(())
}

/// What the transports have counted.
struct Tally {
    requests: u64,
    challenges: u64,
    token_requests: u64,
}

impl Tally {
    fn of(connection: &Connection) -> Self {
        Self {
            requests: connection.session.transport.requests(),
            challenges: connection.session.transport.challenges(),
            token_requests: connection.sign_in.requests(),
        }
    }
}

/// The session of the last load where it still serves, else a new one.
fn connect(
    last: Option<Connection>,
    settings: &Settings,
    choice: Choice,
    cloud: &Cloud,
    options: &Options,
) -> Result<Connection, Error> {
    let runtime = Handle::try_current().map_err(|_| no_runtime())?.id();
    if let Some(last) = last
        && last.runtime == runtime
        && last.session.vault == settings.vault
        && last.choice == choice
    {
        last.guard.forgive();
        return Ok(last);
    }
    let client = options.http.client(&options.limits)?;
    let transport = |origin| Transport::new(client.clone(), origin, options.limits.per_try, options.clock.clone());
    let sign_in = transport(None);
    let credential = credential::build(&choice, &sign_in, Some(cloud.configuration()))?;
    let guard = Arc::new(Guard::new(
        credential,
        choice.clone(),
        sign_in.clone(),
        options.limits.credential,
        options.clock.clone(),
    ));
    let session = Session::new(
        settings.vault.clone(),
        transport(Some(settings.vault.clone())),
        Arc::clone(&guard),
        choice.may_prefetch(),
        &options.http,
        options.clock.clone(),
    )?;
    Ok(Connection {
        runtime,
        choice,
        session,
        guard,
        sign_in,
    })
}

/// The HTTP client would panic.
fn no_runtime() -> Error {
    let cause = "no tokio runtime runs here, and the async builder needs one";
    Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy(
        "build inside a tokio runtime, or use the sync builder with `.add_source(…)`, which brings its own",
    )
}

fn from_local_file(options: &Options, environment: HostEnvironment) -> Result<Harvest, Error> {
    let local = local::read(&options.local_file, &options.directory, &options.variables)?;
    let path = local.path.display().to_string();
    let from = if local.leaves.is_some() {
        LoadedFrom::LocalFile(path.clone())
    } else {
        LoadedFrom::Nothing
    };
    let mut harvest = Harvest {
        entries: Vec::new(),
        versions: Vec::new(),
        required: Vec::new(),
        report: blank_report(environment, from, None),
    };
    for leaf in local.leaves.into_iter().flatten() {
        let name = leaf.path.join("--");
        let path_in_config = match options.selection.path_of_spelt(&name, leaf.path) {
            Ok(path) => path,
            Err(reason) => {
                harvest.report.skipped.push(Skipped { name, reason });
                continue;
            }
        };
        harvest.entries.push(Entry {
            name,
            path: path_in_config,
            value: leaf.value,
            origin: path.clone(),
            updated: None,
        });
        harvest.versions.push(None);
    }
    Ok(harvest)
}

fn blank_report(environment: HostEnvironment, from: LoadedFrom, credential: Option<String>) -> LoadReport {
    LoadReport {
        environment,
        from,
        credential,
        loaded: Vec::new(),
        skipped: Vec::new(),
        warnings: Vec::new(),
        filtered: 0,
        unchanged: 0,
        pages: 0,
        requests: 0,
        challenges: 0,
        token_requests: 0,
        elapsed: Duration::ZERO,
        listed_after: Duration::ZERO,
    }
}

fn finish(report: &mut LoadReport, placed: Placed, names: &[String], versions: &[Option<String>]) {
    let keys: HashMap<usize, &String> = placed.loaded.iter().map(|(index, key)| (*index, key)).collect();
    report
        .warnings
        .extend(placed.stray.into_iter().map(|(index, why)| Warning::Stray {
            name: names[index].clone(),
            key: keys[&index].clone(),
            reason: why.to_string(),
        }));
    report.loaded = placed
        .loaded
        .into_iter()
        .map(|(index, key)| Loaded {
            name: names[index].clone(),
            key,
            version: versions[index].clone(),
        })
        .collect();
    report.loaded.sort_by(|a, b| a.key.cmp(&b.key));
    report
        .skipped
        .extend(placed.dropped.into_iter().map(|(index, why)| Skipped {
            name: names[index].clone(),
            reason: SkipReason::NotPlaced(why.to_string()),
        }));
    report.filtered += report
        .skipped
        .iter()
        .filter(|skipped| matches!(skipped.reason, SkipReason::LeftOut(_)))
        .count();
    report.warnings.extend(
        placed
            .replaced
            .into_iter()
            .map(|replaced| Warning::Replaced { key: replaced.key }),
    );
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
