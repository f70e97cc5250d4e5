//! More than one vault, and vaults that need not be there.

mod layered;
mod optional;
mod references;

use config::{Config, ConfigError};
use config_azure_keyvault::{AzureKeyVault, Error};

use crate::support::{World, check_built, leaks, over};
