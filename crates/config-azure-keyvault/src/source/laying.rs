//! The mapper's refusals as this crate's errors.

use config::Value;

use crate::error::{Error, ErrorKind, Stage};
use crate::mapping::{self, Entry, Placed};

/// Refuses earlier sources that are too deep to be read. Nothing is left of what they said then.
pub(super) fn bound(cache: &mut Value) -> Result<(), Error> {
    mapping::bound(cache).map_err(|error| {
        let cause = format!("the earlier sources' key {error}");
        Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy("nest it less")
    })
}

pub(super) fn overlay(cache: &mut Value, entries: Vec<Entry>) -> Result<Placed, Error> {
    mapping::overlay(cache, entries).map_err(|error| {
        let cause = format!("the name {error}");
        Error::new(ErrorKind::Secret, Stage::Mapping, cause).with_remedy("let it have fewer segments")
    })
}
