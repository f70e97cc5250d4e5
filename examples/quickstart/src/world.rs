//! The embedded vault: an emulator that speaks HTTPS, seeded with the guide's secrets and with what real vaults hold beside
//! them.

use config_azure_keyvault::AzureKeyVault;
use keyvault_emulator::{EmulatorError, KeyVaultEmulator, SecretSeed};

const VAULT: &str = "quickstart";

/// How many secrets of other teams the vault holds.
const OTHERS: usize = 60;

/// A vault on this machine.
pub(crate) struct World {
    emulator: KeyVaultEmulator,
}

impl World {
    pub(crate) async fn start() -> Result<Self, EmulatorError> {
        let emulator = KeyVaultEmulator::start().await?;
        let vault = emulator.vault(VAULT);
        let seeds = [
            // The two of the guide.
            SecretSeed::new("MaskinportenSettings--ClientId", "a-client-in-production"),
            SecretSeed::new("MaskinportenSettings--EncodedJwk", "a-key-in-production"),
            // Key Vault's names know no case: this is the files' `Scope`.
            SecretSeed::new("MASKINPORTENSETTINGS--SCOPE", "altinn:serviceowner/instances.read"),
            // The second element of the files' array, and one behind it.
            SecretSeed::new("Hosts--1", "second.example"),
            SecretSeed::new("Hosts--2", "third.example"),
            // What must not stop the app.
            SecretSeed::new("OldApiKey", "was revoked").enabled(false),
            SecretSeed::new("TlsCertificate", "the backing secret")
                .managed(true)
                .content_type("application/x-pkcs12"),
            SecretSeed::new("Legacy--Password", "still readable").expires(1_700_000_000),
        ];
        for seed in seeds {
            vault.seed(seed);
        }
        for n in 1..=OTHERS {
            vault.seed(SecretSeed::new(format!("OtherTeam--Key{n}"), "nothing of ours"));
        }
        Ok(Self { emulator })
    }

    /// The source as a service would write it, and what makes this machine's vault known to it: a certificate's authority,
    /// and the variables that a deployment sets.
    pub(crate) fn source(&self) -> AzureKeyVault {
        AzureKeyVault::new(self.emulator.vault_url(VAULT))
            .http_client(self.emulator.http_client())
            .process_environment([
                ("AZURE_TENANT_ID", self.emulator.tenant().to_owned()),
                ("AZURE_CLIENT_ID", self.emulator.client_id().to_owned()),
                ("AZURE_CLIENT_SECRET", self.emulator.client_secret().to_owned()),
                ("AZURE_AUTHORITY_HOST", self.emulator.authority()),
            ])
    }

    /// The requests that the vault has seen since this was asked last.
    pub(crate) fn take_requests(&self) -> usize {
        let requests = self.emulator.counts().requests;
        self.emulator.clear_requests();
        requests
    }
}
