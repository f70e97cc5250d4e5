//! A local Azure Key Vault.
