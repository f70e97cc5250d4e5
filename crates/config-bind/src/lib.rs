//! Configuration into types: without regard to case, from texts, every problem at once, and never a value in an error.
//!
//! How it goes: the configuration becomes a [`tree`] of nodes with numbers. A type reads it through [`read`] and [`access`], which
//! know what was learnt about each node so far ([`session`]) and which entries to hand out ([`entries`]). [`solve`] looks at
//! how that ended ([`fault`]), learns from it ([`learn`], [`blame`], [`repair`]), and has the type read again. [`report`] finds the words, [`scrub`] sees to it that
//! they hold no value.

mod access;
mod ask;
mod binder;
mod coerce;
mod dummy;
mod entries;
mod error;
mod fault;
mod keys;
mod names;
mod numbers;
mod peers;
mod read;
mod report;
mod scrub;
mod session;
mod solve;
mod spellings;
mod tree;
mod values;

pub use binder::{BindConfig, Binder};
pub use error::{Error, Missing, Problem, Shape};
