//! Who may do what in a vault, and how a refusal looks.

use std::collections::BTreeSet;

/// One permission on secrets, as an access policy names it.
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, SecretPermission};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// let vault = emulator.default_vault();
/// vault.set("Open", "a value");
/// vault.set("Closed", "another");
/// vault.deny("Closed", SecretPermission::Get); // this one alone; the list still has it
/// assert_eq!(SecretPermission::from_name("GET"), Some(SecretPermission::Get));
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SecretPermission {
    /// Read a value, also of a deleted secret's description.
    Get,
    /// List secrets, their versions, and deleted secrets.
    List,
    /// Set a value and update attributes.
    Set,
    /// Delete a secret.
    Delete,
    /// Recover a deleted secret.
    Recover,
    /// Purge a deleted secret for good.
    Purge,
    /// Back a secret up.
    Backup,
    /// Restore a secret from its backup.
    Restore,
}

impl SecretPermission {
    /// Every permission there is.
    pub const ALL: [Self; 8] = [
        Self::Get,
        Self::List,
        Self::Set,
        Self::Delete,
        Self::Recover,
        Self::Purge,
        Self::Backup,
        Self::Restore,
    ];

    /// The name an access policy gives it: `get`, `list` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Set => "set",
            Self::Delete => "delete",
            Self::Recover => "recover",
            Self::Purge => "purge",
            Self::Backup => "backup",
            Self::Restore => "restore",
        }
    }

    /// The permission with that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|permission| permission.as_str().eq_ignore_ascii_case(name))
    }

    /// The data action that role-based access control asks for.
    pub(crate) const fn data_action(self) -> &'static str {
        match self {
            Self::Get => "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            Self::List => "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            Self::Set => "Microsoft.KeyVault/vaults/secrets/setSecret/action",
            Self::Delete => "Microsoft.KeyVault/vaults/secrets/delete",
            Self::Recover => "Microsoft.KeyVault/vaults/secrets/recover/action",
            Self::Purge => "Microsoft.KeyVault/vaults/secrets/purge/action",
            Self::Backup => "Microsoft.KeyVault/vaults/secrets/backup/action",
            Self::Restore => "Microsoft.KeyVault/vaults/secrets/restore/action",
        }
    }
}

/// How a vault refuses what is not permitted.
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, Permissions, Refusal};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = KeyVaultEmulator::start().await?;
/// let url = format!("{}/secrets?api-version=7.5", emulator.url());
/// for (refusal, code) in [(Refusal::Rbac, "ForbiddenByRbac"), (Refusal::AccessPolicy, "AccessDenied")] {
///     emulator.default_vault().set_permissions(Permissions::none().refused_by(refusal));
///     let token = emulator.access_token("https://vault.azure.net");
///     let reply = emulator.http_client().get(&url).bearer_auth(token).send().await?;
///     assert!(reply.text().await?.contains(code));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Role-based access control: 403 `Forbidden` / `ForbiddenByRbac`, a message of many lines.
    #[default]
    Rbac,
    /// A vault access policy: 403 `Forbidden` / `AccessDenied`, a message of one line.
    AccessPolicy,
}

/// What a caller may do, and how a refusal looks.
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, Permissions, Refusal, SecretPermission};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// // What `Key Vault Secrets User` may do, refused as an access policy does.
/// let reader = Permissions::only([SecretPermission::Get, SecretPermission::List]).refused_by(Refusal::AccessPolicy);
/// assert!(!reader.allows(SecretPermission::Set));
/// emulator.default_vault().set_permissions(reader);
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    allowed: BTreeSet<SecretPermission>,
    refusal: Refusal,
}

impl Default for Permissions {
    fn default() -> Self {
        Self::all()
    }
}

impl Permissions {
    /// Everything is allowed.
    #[must_use]
    pub fn all() -> Self {
        Self::only(SecretPermission::ALL)
    }

    /// Nothing is allowed.
    #[must_use]
    pub fn none() -> Self {
        Self::only([])
    }

    /// Only these are allowed.
    #[must_use]
    pub fn only(permissions: impl IntoIterator<Item = SecretPermission>) -> Self {
        Self {
            allowed: permissions.into_iter().collect(),
            refusal: Refusal::default(),
        }
    }

    /// Everything but these is allowed.
    #[must_use]
    pub fn all_but(permissions: impl IntoIterator<Item = SecretPermission>) -> Self {
        let mut all = Self::all();
        for permission in permissions {
            all.allowed.remove(&permission);
        }
        all
    }

    /// Refuse in this way. By default as role-based access control does.
    #[must_use]
    pub fn refused_by(mut self, refusal: Refusal) -> Self {
        self.refusal = refusal;
        self
    }

    /// Whether this is allowed.
    #[must_use]
    pub fn allows(&self, permission: SecretPermission) -> bool {
        self.allowed.contains(&permission)
    }

    pub(crate) fn refusal(&self) -> Refusal {
        self.refusal
    }
}

/// The network side of a vault.
///
/// ```
/// use keyvault_emulator::{Firewall, KeyVaultEmulator};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = KeyVaultEmulator::start().await?;
/// emulator.default_vault().set_firewall(Firewall::Closed);
///
/// let url = format!("{}/secrets?api-version=7.5", emulator.url());
/// let token = emulator.access_token("https://vault.azure.net");
/// let reply = emulator.http_client().get(url).bearer_auth(token).send().await?;
/// assert_eq!(reply.status(), 403);
/// assert!(reply.text().await?.contains("ForbiddenByFirewall"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Firewall {
    /// Every address is welcome.
    #[default]
    Open,
    /// The client's address is not on the list: 403 `Forbidden` / `ForbiddenByFirewall`.
    Closed,
    /// Public network access is off: 403 `Forbidden` / `ForbiddenByConnection`.
    PublicAccessDisabled,
}

impl From<bool> for Firewall {
    /// `true` closes the vault to this client.
    fn from(closed: bool) -> Self {
        if closed { Self::Closed } else { Self::Open }
    }
}
