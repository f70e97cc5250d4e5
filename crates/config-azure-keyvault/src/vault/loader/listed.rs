//! The list alone, for whoever wants to know what there is.

use std::collections::HashSet;

use tokio::time::Instant;

use super::pages::{Pages, Trail};
use crate::error::Error;
use crate::vault::client::Session;
use crate::vault::page::Item;
use crate::vault::properties::SecretProperties;

/// All secrets that have a name, each once.
pub(crate) async fn listed(session: &Session, started: Instant) -> Result<Vec<SecretProperties>, Error> {
    let mut names = HashSet::new();
    let mut trail = Trail::default();
    let mut all = Vec::new();
    let mut pages = Pages::of(session, started)?;
    while let Some(page) = pages.next().await? {
        let known = names.len();
        let mut has_names = false;
        for item in page.items {
            if let Item::Secret(properties) = item {
                has_names = true;
                if names.insert(properties.name.to_ascii_lowercase()) {
                    all.push(properties);
                }
            }
        }
        trail.pass(has_names, names.len() - known);
        if let Some(link) = page.next_link {
            trail.follow(link, session)?;
        }
    }
    Ok(all)
}
