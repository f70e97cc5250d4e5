//! More than one vault, and vaults that need not be there.

mod kept;
mod layered;
mod optional;
mod references;
mod spelt;

use config::{Config, ConfigError};
use config_azure_keyvault::{AzureKeyVault, Error};

use crate::support::{World, check_built, leaks, over};
