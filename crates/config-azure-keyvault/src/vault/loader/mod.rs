//! A load of the vault: one list chain with the gets under way beside it, or gets by name; one deadline over all.

mod by_list;
mod by_name;
mod context;
mod get;
mod listed;
mod outcome;
mod pages;
mod under_way;

use std::pin::pin;

use futures::future::{Either, select};
use tokio::time::{Instant, sleep_until};

use super::client::Session;
use super::limits::Limits;
use super::memory::Memory;
use super::selection::{Asked, Selection};
use crate::clock::after;
use crate::error::Error;
use context::Load;
pub(crate) use listed::listed;
pub(crate) use outcome::Outcome;

/// Loads the vault, or only what is asked for by name: everything, or nothing and an error. The deadline runs from `started`.
pub(crate) async fn load(
    session: &Session,
    selection: &Selection,
    asked: Option<Vec<Asked>>,
    limits: &Limits,
    memory: &Memory,
    started: Instant,
) -> Result<Outcome, Error> {
    let deadline = after(started, limits.deadline);
    session.transport.begin(deadline, limits.deadline);
    session.credential.begin(deadline);
    // What is left of them is closed with the end of the load.
    let _spares = session.transport.expect(at_once(asked.as_deref(), limits, memory));
    let load = Load::new(session, selection, limits, memory, started);
    let run = async {
        match asked {
            Some(names) => load.by_name(names).await,
            None => load.by_list().await,
        }
    };
    // What is in flight is dropped with the load, so it is read inside.
    let outcome = match select(pin!(run), pin!(sleep_until(deadline))).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(((), _still_running)) => Err(load.out_of_time()),
    };
    outcome.map_err(|error| error.with_vault(session.name()))
}

/// A page of the list names 25 secrets, and the first connection serves one of them.
const OF_A_PAGE: usize = 24;

/// So many connections the gets are going to need at once, beside the first request's.
fn at_once(asked: Option<&[Asked]>, limits: &Limits, memory: &Memory) -> usize {
    let expected = match asked {
        // The first goes before the others, and leaves its connection to them.
        Some(names) => names.len().saturating_sub(2),
        // What is known already is not got again.
        None if memory.is_empty() => OF_A_PAGE,
        None => 0,
    };
    expected.min(limits.concurrency - 1)
}
