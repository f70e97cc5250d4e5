//! What a load brought in, with its report: on its way from the vault or the local file to the mapping.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use config::{Value, ValueKind};
use secrecy::ExposeSecret as _;

use super::laying::overlay;
use crate::environment::HostEnvironment;
use crate::error::{Error, Stage};
use crate::local::Local;
use crate::mapping::{Dropped, Entry, Placed};
use crate::origin::Naming;
use crate::report::{LoadReport, Loaded, LoadedFrom, SkipReason, Skipped, Warning};
use crate::vault::{self, Outcome, Selection};

/// Everything to be laid over the earlier sources, and the report so far.
pub(super) struct Harvest {
    entries: Vec<Entry>,
    /// The version of each entry.
    versions: Vec<Option<String>>,
    /// The indexes of those that must become settings.
    required: Vec<usize>,
    naming: Naming,
    report: LoadReport,
}

impl Harvest {
    fn with(report: LoadReport, naming: Naming) -> Self {
        Self {
            naming,
            entries: Vec::new(),
            versions: Vec::new(),
            required: Vec::new(),
            report,
        }
    }

    /// `required` are the names that must become settings; the report's counts of requests are the caller's.
    pub(super) fn of_vault(
        name: &str,
        naming: Naming,
        outcome: Outcome,
        required: &HashSet<String>,
        report: LoadReport,
    ) -> Self {
        let mut harvest = Self::with(
            LoadReport {
                filtered: outcome.foreign,
                unchanged: outcome.unchanged,
                pages: outcome.pages,
                listed_after: outcome.listed_after,
                skipped: outcome
                    .skipped
                    .into_iter()
                    .map(|skipped| skipped.of_vault(name))
                    .collect(),
                warnings: outcome.warnings,
                ..report
            },
            naming,
        );
        for (path, secret) in outcome.secrets {
            if required.contains(&secret.name) {
                harvest.required.push(harvest.entries.len());
            }
            harvest.entries.push(Entry {
                origin: harvest.naming.of_secret(name, &secret.name, secret.version.as_deref()),
                path,
                value: ValueKind::String(secret.value.expose_secret().to_owned()),
                updated: secret.updated,
                name: secret.name,
            });
            harvest.versions.push(secret.version);
        }
        harvest
    }

    pub(super) fn with_warning(mut self, warning: Option<Warning>) -> Self {
        self.report.warnings.extend(warning);
        self
    }

    pub(super) fn of_local_file(local: Local, selection: &Selection, environment: HostEnvironment) -> Self {
        let path = local.path.display().to_string();
        let origin = Naming::of_local_file(&path);
        let naming = Naming::Local {
            file: local.place(),
            is_there: local.leaves.is_some(),
        };
        let from = match &local.leaves {
            Some(_) => LoadedFrom::LocalFile(path),
            None => LoadedFrom::Nothing,
        };
        let mut harvest = Self::with(blank_report(environment, from, None), naming);
        for leaf in local.leaves.into_iter().flatten() {
            let name = leaf.path.join("--");
            let path_in_config = match selection.path_of_spelt(&name, leaf.path) {
                Ok(path) => path,
                Err(reason) => {
                    harvest.report.skipped.push(Skipped::new(name, reason));
                    continue;
                }
            };
            harvest.entries.push(Entry {
                name,
                path: path_in_config,
                value: leaf.value,
                origin: origin.clone(),
                updated: None,
            });
            harvest.versions.push(None);
        }
        harvest
    }

    /// Lays it over what earlier sources said. On an error nothing was changed.
    pub(super) fn lay_over(self, cache: &mut Value) -> Result<LoadReport, Error> {
        let Self {
            entries,
            versions,
            required,
            naming,
            mut report,
        } = self;
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
        naming.mark(cache, &report.from);
        tell(&mut report, placed, &names, &versions);
        Ok(report)
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

pub(super) fn blank_report(environment: HostEnvironment, from: LoadedFrom, credential: Option<String>) -> LoadReport {
    LoadReport {
        environment,
        from,
        credential,
        loaded: Vec::new(),
        skipped: Vec::new(),
        not_loaded: Vec::new(),
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

/// What became of the entries, in the report.
fn tell(report: &mut LoadReport, placed: Placed, names: &[String], versions: &[Option<String>]) {
    let vault = match &report.from {
        LoadedFrom::Vault { url, .. } => Some(url.clone()),
        _ => None,
    };
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
            vault: vault.clone(),
        })
        .collect();
    report.loaded.sort_by(|a, b| a.key.cmp(&b.key));
    report
        .skipped
        .extend(placed.dropped.into_iter().map(|(index, why)| Skipped {
            name: names[index].clone(),
            vault: vault.clone(),
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
