//! Why a configuration could not be built, for the log and the status: one line that holds no value.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use config::ConfigError;

use crate::error::{Error, Stage, one_line};

/// A source that does not come to an end.
#[derive(Debug)]
struct Silent {
    within: Duration,
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.within.as_secs() / 60;
        write!(
            f,
            "a source beside the vault was not read within {minutes} minutes and is not waited for; give it a time limit of its own"
        )
    }
}

impl std::error::Error for Silent {}

/// Our own errors hold no value. Those of other sources may quote what they read, so it is only said which it was.
pub(super) fn of(error: &ConfigError) -> String {
    if let Some(ours) = Error::find(error) {
        return ours.to_string();
    }
    if let ConfigError::Foreign(error) = error
        && let Some(silent) = error.downcast_ref::<Silent>()
    {
        return silent.to_string();
    }
    let place = match error {
        ConfigError::FileParse { uri: Some(file), .. } => Some(format!("the file {}", one_line(file))),
        ConfigError::At {
            origin: Some(origin), ..
        }
        | ConfigError::Type {
            origin: Some(origin), ..
        } => Some(format!("the source {}", one_line(origin))),
        _ => None,
    };
    let place = place.unwrap_or_else(|| "a source beside the vault".to_owned());
    format!("{place} cannot be read; `refresh()` hands back its error, which may quote what it holds")
}

/// What a panic says may be a value, so nothing of it is told.
pub(super) fn of_panic(_: Box<dyn Any + Send>) -> ConfigError {
    ConfigError::Message("a source panicked while it was read".to_owned())
}

/// A source has not come to an end.
pub(super) fn of_silence(within: Duration) -> ConfigError {
    ConfigError::Foreign(Box::new(Silent { within }))
}

/// Did a vault fail, or whoever signs in to it? What is wrong with settings or a local file nobody was asked for.
pub(super) fn is_of_a_vault(error: &ConfigError) -> bool {
    let stage = Error::find(error).map(Error::stage);
    matches!(stage, Some(Stage::Credential | Stage::List | Stage::Get))
}
