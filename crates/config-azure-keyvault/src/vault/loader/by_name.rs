//! Gets by name, without a list.

use futures::stream::{self, StreamExt as _};

use super::context::Load;
use super::get::{Got, Wanted, WantedBy};
use super::outcome::Outcome;
use crate::error::Error;
use crate::report::Skipped;
use crate::vault::selection::Asked;

impl Load<'_> {
    pub(super) async fn by_name(&self, names: Vec<Asked>) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let mut wanted = Vec::with_capacity(names.len());
        for (order, asked) in names.into_iter().enumerate() {
            let Asked {
                name,
                version,
                required,
                path,
            } = asked;
            let by = WantedBy::Name { required };
            match path {
                Ok(path) => wanted.push(Wanted {
                    order,
                    name,
                    version,
                    path,
                    by,
                }),
                Err(reason) => outcome.skipped.push(Skipped::new(name, reason)),
            }
        }
        let mut loaded = Vec::with_capacity(wanted.len());
        for got in self.get_all(wanted).await? {
            match got {
                Got::Secret(got, warning) => {
                    outcome.warnings.extend(warning);
                    loaded.push(*got);
                }
                Got::Skipped(skipped) => outcome.skipped.push(skipped),
            }
        }
        Ok(outcome.with(loaded))
    }

    /// In the order of their replies.
    async fn get_all(&self, wanted: Vec<Wanted>) -> Result<Vec<Got>, Error> {
        self.under_way().wanted = wanted.len();
        let mut all = Vec::with_capacity(wanted.len());
        let mut wanted = wanted.into_iter();
        // The first get primes authentication: a cold fan-out would cost a challenge each.
        if let Some(first) = wanted.next() {
            all.push(self.primed(self.get(first)).await?);
        }
        let mut rest = stream::iter(wanted.map(|wanted| self.get(wanted))).buffer_unordered(self.limits.concurrency);
        while let Some(got) = rest.next().await {
            all.push(got?);
        }
        Ok(all)
    }
}
