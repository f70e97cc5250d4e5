//! Configuration into types: without regard to case, from texts, every problem at once, and never a value in an error.

mod access;
mod coerce;
mod dummy;
mod entries;
mod fault;
mod fold;
mod read;
mod report;
mod scrub;
mod session;
mod solve;
mod tree;

use config::Config;
use serde::de::DeserializeOwned;

use crate::{Error, Problem};
use report::Report;
use solve::Solver;
use tree::Tree;

/// Typed settings.
pub trait BindConfig {
    /// Binds the whole configuration.
    ///
    /// # Errors
    /// Every setting that does not fit.
    fn bind<T: DeserializeOwned>(&self) -> Result<T, Error>;

    /// Binds one section.
    ///
    /// # Errors
    /// Every setting that does not fit.
    fn bind_section<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error>;

    /// Binds the whole configuration and refuses keys that nothing reads.
    ///
    /// # Errors
    /// Every setting that does not fit and every key that nothing reads.
    fn bind_strict<T: DeserializeOwned>(&self) -> Result<T, Error>;

    /// Binds one section and refuses keys in it that nothing reads.
    ///
    /// # Errors
    /// Every setting that does not fit and every key that nothing reads.
    fn bind_section_strict<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error>;
}

impl BindConfig for Config {
    fn bind<T: DeserializeOwned>(&self) -> Result<T, Error> {
        whole(self, false)
    }

    fn bind_section<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error> {
        part(self, section, false)
    }

    fn bind_strict<T: DeserializeOwned>(&self) -> Result<T, Error> {
        whole(self, true)
    }

    fn bind_section_strict<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error> {
        part(self, section, true)
    }
}

fn whole<T: DeserializeOwned>(config: &Config, strict: bool) -> Result<T, Error> {
    let tree = Tree::new(&config.cache);
    Solver::new(tree, Report::default()).solve(strict).map_err(Error::bind)
}

fn part<T: DeserializeOwned>(config: &Config, section: &str, strict: bool) -> Result<T, Error> {
    let (tree, there) = Tree::section(&config.cache, section).map_err(|clash| {
        let _ = clash;
        Error::bind(vec![Problem::new(section, "is set under more than one spelling")])
    })?;
    let absent = (!there).then(|| section.to_owned());
    Solver::new(tree, Report::new(absent))
        .solve(strict)
        .map_err(Error::bind)
}
