//! Secret names become a tree of settings: `--`, arrays, clashes, letter case.
//!
//! Three steps, each a file: [`name`] splits, [`plan`] settles what the entries want among themselves, [`overlay`]
//! lays the outcome over what earlier sources said, key by key as [`spelling`] finds it there. No step depends on the order in which replies arrive.

mod depth;
mod flatten;
mod ignore_case;
mod name;
mod overlay;
mod placed;
mod plan;
mod spelling;

#[cfg(test)]
mod tests;

pub(crate) use depth::{MOST_LEVELS, TooDeep, bound};
pub use ignore_case::{IgnoreCase, ignore_case};
pub(crate) use name::{is_index, is_path, nearness, split_name};
pub(crate) use overlay::{Entry, element, member, overlay};
pub(crate) use placed::{Dropped, Placed};
#[cfg(test)]
pub(crate) use {flatten::flatten, placed::Replaced, placed::Stray};
