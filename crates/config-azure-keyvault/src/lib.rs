//! Azure Key Vault as a source of the `config` crate.
