//! The environment that a client of the emulator needs, by the way it signs in.

use std::collections::BTreeMap;
use std::io;

use crate::emulator::KeyVaultEmulator;

/// How a client signs in, which decides what its environment has to say.
///
/// A program that is to work in each of the ways:
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, SignIn};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// for sign_in in SignIn::ALL {
///     let variables = emulator.variables(sign_in)?;
///     assert_eq!(variables["AZURE_KEYVAULT_URL"], emulator.url());
///     assert_eq!(variables.contains_key("AZURE_CLIENT_SECRET"), sign_in == SignIn::ClientSecret);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignIn {
    /// With [`KeyVaultEmulator::client_secret`].
    ClientSecret,
    /// As a workload of Kubernetes, with a [`KeyVaultEmulator::federated_token`] in a file.
    WorkloadIdentity,
    /// As the managed identity of an App Service, a Function or a Container App.
    AppService,
    /// As the managed identity of a virtual machine. Azure's SDKs for Java, JavaScript and Python look where
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST` says; those for Go and Rust ask 169.254.169.254 and nobody else.
    VirtualMachine,
}

impl SignIn {
    /// Every one there is.
    pub const ALL: [Self; 4] = [
        Self::ClientSecret,
        Self::WorkloadIdentity,
        Self::AppService,
        Self::VirtualMachine,
    ];
}

/// What to tell another process.
impl KeyVaultEmulator {
    /// The environment that a client needs which signs in this way: nothing else decides how it does.
    ///
    /// | variable | of whom |
    /// |---|---|
    /// | `AZURE_KEYVAULT_URL`, `SSL_CERT_FILE` | all |
    /// | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_AUTHORITY_HOST` | [`SignIn::ClientSecret`], [`SignIn::WorkloadIdentity`] |
    /// | `AZURE_CLIENT_SECRET` | [`SignIn::ClientSecret`] |
    /// | `AZURE_FEDERATED_TOKEN_FILE` | [`SignIn::WorkloadIdentity`] |
    /// | `IDENTITY_ENDPOINT`, `IDENTITY_HEADER` | [`SignIn::AppService`] |
    /// | `AZURE_POD_IDENTITY_AUTHORITY_HOST` | [`SignIn::VirtualMachine`] |
    ///
    /// The files are in a folder of the emulator's own, for their owner alone, and gone when it stops. The client must take
    /// nothing of this kind from its parent beside it: start from an environment without `AZURE_…` and `IDENTITY_…`.
    ///
    /// ```
    /// use keyvault_emulator::{KeyVaultEmulator, SignIn};
    ///
    /// let emulator = KeyVaultEmulator::start_blocking()?;
    /// let mut app = std::process::Command::new("my-app");
    /// app.envs(emulator.variables(SignIn::WorkloadIdentity)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn variables(&self, sign_in: SignIn) -> io::Result<BTreeMap<&'static str, String>> {
        let disk = self.on_disk()?;
        let mut variables = BTreeMap::from([("AZURE_KEYVAULT_URL", self.url()), ("SSL_CERT_FILE", disk.ca.clone())]);
        if matches!(sign_in, SignIn::ClientSecret | SignIn::WorkloadIdentity) {
            variables.insert("AZURE_TENANT_ID", self.tenant().to_owned());
            variables.insert("AZURE_CLIENT_ID", self.client_id().to_owned());
            variables.insert("AZURE_AUTHORITY_HOST", self.authority());
        }
        match sign_in {
            SignIn::ClientSecret => {
                variables.insert("AZURE_CLIENT_SECRET", self.client_secret().to_owned());
            }
            SignIn::WorkloadIdentity => {
                variables.insert("AZURE_FEDERATED_TOKEN_FILE", disk.token(|| self.federated_token())?);
            }
            SignIn::AppService => {
                variables.insert("IDENTITY_ENDPOINT", self.identity_endpoint());
                variables.insert("IDENTITY_HEADER", self.identity_header().to_owned());
            }
            SignIn::VirtualMachine => {
                variables.insert("AZURE_POD_IDENTITY_AUTHORITY_HOST", self.imds_authority());
            }
        }
        Ok(variables)
    }
}
