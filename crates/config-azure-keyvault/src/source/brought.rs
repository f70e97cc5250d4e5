//! What a load brought in from all of its vaults, on its way to the mapping.

use std::collections::HashSet;

use config::Value;

use super::harvest::{Harvest, blank_report};
use super::plan::{Part, Plan};
use super::resolve::Resolved;
use crate::environment::HostEnvironment;
use crate::error::Error;
use crate::origin::Naming;
use crate::report::{LoadReport, LoadedFrom, NotLoaded};
use crate::vault::Outcome;

/// Everything that came, and the report of all of it.
pub(super) struct Brought<'p> {
    plan: &'p Plan<'p>,
    /// In the order in which they are laid over each other.
    harvests: Vec<Harvest>,
    pub(super) not_loaded: Vec<NotLoaded>,
    pub(super) resolved: Resolved,
    pub(super) report: LoadReport,
}

impl<'p> Brought<'p> {
    pub(super) fn of(plan: &'p Plan<'p>, environment: HostEnvironment) -> Self {
        let from = match plan.vaults.as_slice() {
            [] => LoadedFrom::References,
            [one] => of_part(one),
            many => LoadedFrom::Vaults(many.iter().map(|part| part.name.clone()).collect()),
        };
        let mut credentials: Vec<String> = plan.vaults.iter().map(|part| part.choice.to_string()).collect();
        credentials.extend(plan.references.iter().map(|references| references.choice.to_string()));
        let mut seen = HashSet::new();
        credentials.retain(|credential| seen.insert(credential.clone()));
        let credential = (!credentials.is_empty()).then(|| credentials.join(", "));
        Self {
            plan,
            harvests: Vec::new(),
            not_loaded: Vec::new(),
            resolved: Resolved::default(),
            report: blank_report(environment, from, credential),
        }
    }

    pub(super) fn take_in(&mut self, part: &Part<'_>, outcome: Outcome) {
        let naming = part.options.selection.naming();
        let report = blank_report(self.report.environment.clone(), of_part(part), None);
        let harvest = Harvest::of_vault(&part.name, naming, outcome, &part.required(), report);
        self.harvests.push(harvest);
    }

    /// Lays it over what earlier sources said. On an error nothing was changed.
    pub(super) fn lay_over(self, cache: &mut Value) -> Result<LoadReport, Error> {
        let mut report = self.report;
        let mut laid = cache.clone();
        if let Some(references) = &self.plan.references {
            references.put(&mut laid, &self.resolved);
        }
        if self.plan.vaults.is_empty() {
            // No secret would be loaded for a setting by its name.
            Naming::Picked.mark(&mut laid, &report.from);
        }
        for harvest in self.harvests {
            report.add(harvest.lay_over(&mut laid)?);
        }
        // What a vault holds is laid over what a reference gave.
        let mut resolved = self.resolved.loaded;
        let keys: HashSet<&String> = report.loaded.iter().map(|loaded| &loaded.key).collect();
        resolved.retain(|resolved| !keys.contains(&resolved.key));
        report.warnings.extend(self.resolved.warnings);
        report.loaded.extend(resolved);
        report.loaded.sort_by(|a, b| a.key.cmp(&b.key));
        report.not_loaded = self.not_loaded;
        *cache = laid;
        Ok(report)
    }
}

fn of_part(part: &Part<'_>) -> LoadedFrom {
    LoadedFrom::Vault {
        url: part.name.clone(),
        named_by: part.named_by.clone(),
    }
}

impl LoadReport {
    /// Of one more vault, which was laid over what is reported so far.
    fn add(&mut self, other: Self) {
        let keys: HashSet<&String> = other.loaded.iter().map(|loaded| &loaded.key).collect();
        self.loaded.retain(|loaded| !keys.contains(&loaded.key));
        self.loaded.extend(other.loaded);
        self.skipped.extend(other.skipped);
        self.warnings.extend(other.warnings);
        self.filtered += other.filtered;
        self.unchanged += other.unchanged;
        self.pages += other.pages;
        self.listed_after = self.listed_after.max(other.listed_after);
    }
}
