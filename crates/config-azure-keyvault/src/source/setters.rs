//! What can be set in code.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::credentials::TokenCredential;

use super::handle::AzureKeyVault;
use super::options::References;
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::environment::HostEnvironment;
use crate::local::LocalFile;
use crate::report::OptionalIf;
use crate::variables::Variables;
use crate::vault::{Filter, KeyMapper, Managed, SecretName, SecretProperties, ValidityPolicy};

/// # Where and when
impl AzureKeyVault {
    /// The environment it is loaded in; without it, [`HostEnvironment::current`].
    #[must_use]
    pub fn environment(self, environment: impl Into<HostEnvironment>) -> Self {
        let environment = environment.into();
        self.set(|options| options.environment = Some(environment))
    }

    /// What errors, warnings and reports call the place where the URL of [`new`](Self::new) and the [`environment`](Self::environment)
    /// come from: `the command line`, say, for a tool. Without it, `the code`.
    ///
    /// ```
    /// use config::Config;
    /// use config_azure_keyvault::AzureKeyVault;
    ///
    /// let vault = AzureKeyVault::new("my-app").environment("Production").given_by("the command line");
    /// let error = vault.plan(&Config::default()).unwrap_err();
    /// assert!(error.cause().contains("from the command line"), "{error}");
    /// ```
    #[must_use]
    pub fn given_by(self, place: impl Into<Cow<'static, str>>) -> Self {
        let place = place.into();
        self.set_each(|options| options.given_by.clone_from(&place))
    }

    /// The file that stands in for the vault in Development; it must be there. Without it, `secrets.json` in the
    /// working directory is read if it is there. Outside Development no local file is ever read.
    #[must_use]
    pub fn local_file(self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.set(|options| options.local_file = LocalFile::Path(path))
    }

    /// The store of `dotnet user-secrets` stands in for the vault in Development, by the project's `UserSecretsId`. As in
    /// .NET it need not be there: it appears with the first secret that is set.
    #[must_use]
    pub fn user_secrets(self, id: impl Into<String>) -> Self {
        let id = id.into();
        self.set(|options| options.local_file = LocalFile::UserSecrets(id))
    }

    /// The cloud that the vault is in. Without it: `AZURE_AUTHORITY_HOST`, else what the vault's host says.
    #[must_use]
    pub fn cloud(self, cloud: Cloud) -> Self {
        self.set(|options| options.cloud = Some(cloud))
    }
}

/// # Who signs in
impl AzureKeyVault {
    /// The credential to sign in with. Without it, exactly one is picked by rule: see the crate's documentation.
    ///
    /// It is asked on threads of this crate's own (two for the process), so that a client of its own, with its connections, serves
    /// loads from one runtime after another. What you do with it in a runtime of yours leaves connections there, which are waited
    /// for in vain once that does nothing: give the vault one that nothing else uses.
    #[must_use]
    pub fn credential(self, credential: Arc<dyn TokenCredential>) -> Self {
        self.set_each(|options| options.credential = Some(Arc::clone(&credential)))
    }
}

/// # What is loaded
impl AzureKeyVault {
    /// Gets these secrets and no others, without listing the vault: the permission to list is not needed.
    ///
    /// A `&str` is a required name: the load fails if the vault does not hold it, or if it does not become a setting. No name at
    /// all is an error. In Development the names are not looked at.
    ///
    /// Names that were given before are replaced. Without a list nothing tells what changed, so every build gets every name
    /// again.
    #[must_use]
    pub fn names<N: Into<SecretName>>(self, names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<SecretName> = names.into_iter().map(Into::into).collect();
        self.set_each(|options| options.selection.names = Some(names.clone()))
    }

    /// Loads only secrets whose name begins with the prefix, case aside, and strips it from the name. Where the prefix does not
    /// end with a hyphen, a `--` behind it is stripped as well: `MyApp--Db--Host` is `Db.Host` with the prefix `MyApp--`
    /// and with `MyApp`, but `MyApp` is also the beginning of `MyAppOther`. A name of which nothing is left is skipped.
    ///
    /// A prefix is no wall between apps: whoever may read the vault may read all of it. Give each app a vault.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        let prefix: String = prefix.into();
        let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
        self.set_each(|options| options.selection.prefix.clone_from(&prefix))
    }

    /// Loads only secrets that the filter wants. It decides by what the list tells, before a value is got; with
    /// [`names`](Self::names) there is no list, and it decides by what the get tells.
    #[must_use]
    pub fn filter(self, filter: impl Fn(&SecretProperties) -> bool + Send + Sync + 'static) -> Self {
        let filter: Filter = Arc::new(filter);
        self.set_each(|options| options.selection.filter = Some(Arc::clone(&filter)))
    }

    /// What to do with a secret that has expired.
    #[must_use]
    pub fn expired(self, policy: ValidityPolicy) -> Self {
        self.set_each(|options| options.selection.expired = policy)
    }

    /// What to do with a secret that is not valid yet.
    #[must_use]
    pub fn not_yet_valid(self, policy: ValidityPolicy) -> Self {
        self.set_each(|options| options.selection.not_yet_valid = policy)
    }

    /// What to do with a `managed` secret, which is behind a certificate that Key Vault keeps. It is skipped and reported unless you
    /// say [`Managed::Load`]; one that is asked for by [`names`](Self::names) loads in any case.
    ///
    /// ```
    /// use config_azure_keyvault::{AzureKeyVault, Managed};
    ///
    /// let vault = AzureKeyVault::new("https://my-app.vault.azure.net").managed(Managed::Load);
    /// ```
    #[must_use]
    pub fn managed(self, policy: Managed) -> Self {
        self.set_each(|options| options.selection.managed = policy)
    }

    /// Turns a secret's name, its prefix stripped, into the segments of its setting; `None` leaves it out before it is got.
    /// Without it, `--` separates segments. Where two names come to the same setting, the newest wins.
    #[must_use]
    pub fn key_mapper(self, mapper: impl Fn(&str) -> Option<Vec<String>> + Send + Sync + 'static) -> Self {
        let mapper: KeyMapper = Arc::new(mapper);
        self.set_each(|options| options.selection.key_mapper = Some(Arc::clone(&mapper)))
    }
}

/// # References, and vaults that need not be there
impl AzureKeyVault {
    /// Puts the secret in the place of every value of an earlier source that is a Key Vault reference,
    /// `@Microsoft.KeyVault(SecretUri=https://NAME.vault.azure.net/secrets/SECRET/VERSION)` or
    /// `@Microsoft.KeyVault(VaultName=NAME;SecretName=SECRET;SecretVersion=VERSION)`, the version being optional in both: nested and in
    /// arrays, from any vault, signed in as the vault itself is.
    ///
    /// A reference names one secret on purpose, so one that cannot be read, or whose secret is missing, disabled or refused, is an error
    /// that names its key. What looks like a reference in a secret is none. In Development nothing is resolved.
    #[must_use]
    pub fn resolve_references(self) -> Self {
        self.set(|options| {
            if options.references == References::Left {
                options.references = References::Resolved;
            }
        })
    }

    /// The cases in which the vault need not be there: then nothing of it is loaded, at WARN, and
    /// [`LoadReport::not_loaded`](crate::LoadReport::not_loaded) says why. None by default. Once it was loaded by this handle it must be
    /// there again: what a running service has is not taken from it. References are never optional.
    #[must_use]
    pub fn optional(self, cases: impl IntoIterator<Item = OptionalIf>) -> Self {
        let cases: Vec<OptionalIf> = cases.into_iter().collect();
        self.set_each(|options| options.optional.clone_from(&cases))
    }
}

/// # Limits
impl AzureKeyVault {
    /// Gets in flight at most: 1 to 256, 32 by default. Anything else is an error when it loads.
    #[must_use]
    pub fn concurrency(self, gets: usize) -> Self {
        self.set(|options| options.limits.concurrency = gets)
    }

    /// How long the whole load may take: 30 s by default. Retries and pauses that the vault asks for count, and so does waiting
    /// for another load of the same handle.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        self.set(|options| options.limits.deadline = deadline)
    }

    /// How long connecting may take, TLS included: 4 s by default. Not for a client given with
    /// [`http_client`](Self::http_client).
    #[must_use]
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.set(|options| options.limits.connect = timeout)
    }

    /// How long one try of one request may take: 8 s by default.
    #[must_use]
    pub fn try_timeout(self, timeout: Duration) -> Self {
        self.set(|options| options.limits.per_try = timeout)
    }

    /// How long fetching a token may take: 10 s by default.
    #[must_use]
    pub fn credential_timeout(self, timeout: Duration) -> Self {
        self.set(|options| options.limits.credential = timeout)
    }
}

/// # HTTP
impl AzureKeyVault {
    /// The HTTP client for vault and token endpoint, used as it is: its limits, its roots, its proxy. Give it a
    /// `connect_timeout` and no redirects. One thing is not asked with it: where the environment names a proxy, managed identity's
    /// endpoint on this machine, which is never asked through one.
    ///
    /// What it opens lives on threads of this crate's own (two for the process), so that the handle can be loaded in one runtime
    /// after another, in either form. Do not send requests of your own to the same hosts with the same client: a connection that
    /// they opened is driven by your runtime, and is waited for in vain once that does nothing.
    ///
    /// Without one, a load of a vault that is far and speaks HTTP/1.1 opens the connections that its gets need beforehand, 24 for a list.
    /// With one it cannot, and takes one to two round trips more.
    #[must_use]
    pub fn http_client(self, client: reqwest::Client) -> Self {
        self.set(|options| options.http.client = Some(client))
    }

    /// Trusts these certificates (PEM, one or more) beside the system's.
    #[must_use]
    pub fn ca_pem(self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = pem.into();
        self.set(|options| options.http.roots.push(pem))
    }

    /// Whether the vault's challenge must name a resource that its host is under: yes by default, so that a token is never
    /// fetched for somebody else's benefit. An emulator's host is not Azure's: there, and only there, turn it off.
    #[must_use]
    pub fn verify_challenge_resource(self, verify: bool) -> Self {
        self.set(|options| options.http.skip_challenge_check = !verify)
    }

    /// The version of Key Vault's API; without it, the SDK's own.
    #[must_use]
    pub fn api_version(self, version: impl Into<String>) -> Self {
        let version = version.into();
        self.set(|options| options.http.api_version = Some(version))
    }
}

/// # For tests
impl AzureKeyVault {
    /// Reads these variables instead of the process environment.
    #[must_use]
    pub fn process_environment<K, V>(self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<OsString>,
    {
        let variables = Variables::given(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self.set(|options| options.variables = variables)
    }

    /// Looks for the local file from this directory instead of the working directory.
    #[must_use]
    pub fn working_directory(self, directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        self.set(|options| options.directory = directory)
    }

    /// Looks for an Altinn pod's mounted settings here instead of
    /// `/altinn-appsettings-secret/altinn-appsettings-secret.json`.
    #[must_use]
    pub fn mounted_settings(self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.set(|options| options.mounted = path)
    }

    /// Asks this clock what time it is.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.set(|options| options.clock = Clock::new(now))
    }
}
