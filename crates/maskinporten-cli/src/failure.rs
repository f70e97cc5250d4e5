//! Why a command ends without success: one line for people, a number for scripts.

use std::fmt;
use std::process::ExitCode;

use config::ConfigError;
use config_azure_keyvault::ErrorKind;

/// Why a command ends without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something was tried and failed.
    Failed(String),
    /// What was asked for cannot be understood.
    Usage(String),
    /// It was said before, in full.
    Told,
    /// Ctrl-C.
    Interrupted,
}

impl Failure {
    pub(crate) fn failed(line: impl Into<String>) -> Self {
        Self::Failed(line.into())
    }

    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self::Usage(line.into())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) | Self::Told => 1,
            Self::Usage(_) => 2,
            // As a shell has it: 128 and the signal's number.
            Self::Interrupted => 130,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(line) | Self::Usage(line) => f.write_str(line),
            Self::Told => Ok(()),
            Self::Interrupted => f.write_str("interrupted; nothing is half-written"),
        }
    }
}

impl From<config_azure_keyvault::Error> for Failure {
    fn from(error: config_azure_keyvault::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&config_azure_keyvault::Error> for Failure {
    fn from(error: &config_azure_keyvault::Error) -> Self {
        match error.kind() {
            // The library knows of the app's places alone.
            ErrorKind::NoVault => Self::failed(format!("{error}; or here, with --vault URL")),
            _ => Self::failed(error.to_string()),
        }
    }
}

impl From<maskinporten::Error> for Failure {
    fn from(error: maskinporten::Error) -> Self {
        Self::failed(error.to_string())
    }
}

/// Of a builder. What `config` itself says may quote a file, so only the vault's own errors are shown as they are.
impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match config_azure_keyvault::Error::find(&error) {
            Some(error) => error.into(),
            None => Self::failed("the settings cannot be put together: a name in them is no setting's"),
        }
    }
}
