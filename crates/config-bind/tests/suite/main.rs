//! Typed settings.

mod any;
mod buffered;
mod by_hand;
mod coercion;
mod depth;
mod enums;
mod hostile;
mod lists;
mod names;
mod options;
mod passes;
mod problems;
mod secrets;
mod spelled;
mod strict;
mod wide;

use std::error::Error as _;

use config::{Config, File, FileFormat};
use config_bind::{BindConfig, Error};
use serde::de::DeserializeOwned;

pub(crate) fn json(text: &str) -> Config {
    Config::builder()
        .add_source(File::from_str(text, FileFormat::Json))
        .build()
        .expect("the test's own JSON")
}

/// Binds a configuration that fits.
pub(crate) fn bound<T: DeserializeOwned>(text: &str) -> T {
    match json(text).bind() {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// Binds a configuration that does not fit.
pub(crate) fn refused<T: DeserializeOwned>(text: &str) -> Error {
    match json(text).bind::<T>() {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error,
    }
}

/// `key: message` of every problem.
pub(crate) fn lines(error: &Error) -> Vec<String> {
    error
        .problems()
        .iter()
        .map(|p| format!("{}: {}", p.key, p.message))
        .collect()
}

/// All that an error can print.
pub(crate) fn everything(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?} {:?}", error.problems());
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    text
}
