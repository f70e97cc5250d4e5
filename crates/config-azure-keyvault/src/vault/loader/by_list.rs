//! The whole vault: one list chain, and the gets of what it told beside it.

use std::collections::{HashSet, VecDeque};

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::context::Load;
use super::get::{Got, Wanted, WantedBy};
use super::outcome::{Loaded, Outcome};
use super::pages::{Pages, Trail};
use crate::error::Error;
use crate::report::{SkipReason, Skipped};
use crate::vault::memory::Memory;
use crate::vault::page::{Item, Page};
use crate::vault::properties::SecretProperties;
use crate::vault::selection::Verdict;

/// What the list told so far, and what became of it.
#[derive(Default)]
struct Listed {
    /// Lower-cased.
    names: HashSet<String>,
    trail: Trail,
    /// The vault's time when the listing began: settled is what had not changed by then.
    began: Option<i64>,
    /// To be got.
    queue: VecDeque<Wanted>,
    /// With the vault's time of the listing before each was got.
    loaded: Vec<(Loaded, i64)>,
    outcome: Outcome,
}

impl Load<'_> {
    pub(super) async fn by_list(&self) -> Result<Outcome, Error> {
        let mut listed = Listed::default();
        let mut in_flight = FuturesUnordered::new();
        let mut pages = Pages::of(self.session, self.started)?;
        let mut turned = self.primed(pages.next()).await?;
        loop {
            if let Some(page) = turned.take() {
                self.take_in(page, &mut listed)?;
            }
            while in_flight.len() < self.limits.concurrency {
                let Some(wanted) = listed.queue.pop_front() else { break };
                in_flight.push(self.get(wanted));
            }
            if pages.have_ended() && in_flight.is_empty() {
                break;
            }
            // A page that is there goes first: it is what the gets wait for.
            tokio::select! {
                biased;
                page = pages.next(), if !pages.have_ended() => turned = page?,
                Some(got) = in_flight.next(), if !in_flight.is_empty() => listed.add(got?),
            }
        }
        listed.outcome.listed_after = pages.ended_after();
        Ok(listed.end())
    }

    fn take_in(&self, page: Page, listed: &mut Listed) -> Result<(), Error> {
        listed.began.get_or_insert_with(|| self.now_at_the_vault());
        listed.outcome.pages += 1;
        self.under_way().pages += 1;
        let has_names = page.items.iter().any(|item| matches!(item, Item::Secret(_)));
        let known = listed.names.len();
        for (index, item) in page.items.into_iter().enumerate() {
            match item {
                Item::Odd { name } => self.leave_out(name, index, listed),
                Item::Secret(properties) => {
                    if listed.names.insert(properties.name.to_ascii_lowercase()) {
                        self.place(properties, listed)?;
                    }
                }
            }
        }
        listed.trail.pass(has_names, listed.names.len() - known);
        match page.next_link {
            Some(link) => listed.trail.follow(link, self.session),
            None => Ok(()),
        }
    }

    /// What has no name to ask for, unless the name that it has is of no concern.
    fn leave_out(&self, name: Option<String>, index: usize, listed: &mut Listed) {
        let outcome = &mut listed.outcome;
        if name.as_deref().is_some_and(|name| self.selection.strip(name).is_none()) {
            outcome.foreign += 1;
            return;
        }
        let place = || format!("item {} of page {}", index + 1, outcome.pages);
        let reason = SkipReason::NotPlaced("its listing cannot be read".to_owned());
        outcome.skipped.push(Skipped::new(name.unwrap_or_else(place), reason));
    }

    /// Skipped, taken from the last load, or to be got.
    fn place(&self, properties: SecretProperties, listed: &mut Listed) -> Result<(), Error> {
        let order = listed.names.len();
        let outcome = &mut listed.outcome;
        let (path, warning) = match self.selection.judge(&properties, self.session.clock.now())? {
            Verdict::Load(path, warning) => (path, warning),
            Verdict::Foreign => {
                outcome.foreign += 1;
                return Ok(());
            }
            Verdict::Skip(reason) => {
                let name = properties.name;
                outcome.skipped.push(Skipped::new(name, reason));
                return Ok(());
            }
        };
        outcome.warnings.extend(warning);
        if let Some((secret, listed_before)) = self.memory.unchanged(&properties) {
            outcome.unchanged += 1;
            let secret = secret.clone();
            listed.loaded.push((Loaded { order, path, secret }, *listed_before));
        } else {
            self.under_way().wanted += 1;
            let (name, by) = (properties.name, WantedBy::List);
            listed.queue.push_back(Wanted {
                order,
                name,
                version: None,
                path,
                by,
            });
        }
        Ok(())
    }
}

impl Listed {
    fn add(&mut self, got: Got) {
        match got {
            Got::Secret(got, _) => self.loaded.push((*got, self.began.unwrap_or_default())),
            Got::Skipped(skipped) => self.outcome.skipped.push(skipped),
        }
    }

    fn end(mut self) -> Outcome {
        self.outcome.memory = Memory::of(
            self.loaded
                .iter()
                .map(|(loaded, listed_at)| (loaded.secret.clone(), *listed_at)),
        );
        let loaded = self.loaded.into_iter().map(|(loaded, _)| loaded).collect();
        self.outcome.with(loaded)
    }
}
