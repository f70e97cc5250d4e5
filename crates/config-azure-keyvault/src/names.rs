//! What Azure allows for a name.

/// A vault's name as Azure allows it: 3 to 24 letters, digits and hyphens, a letter first, no hyphen last, no two in a row
/// (Azure's naming rules for Microsoft.KeyVault/vaults).
pub(crate) fn is_vault_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A secret's name as Key Vault allows it; the SDK puts it into the URL as it is.
pub(crate) fn is_secret_name(name: &str) -> bool {
    (1..=127).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
