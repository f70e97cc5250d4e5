//! The embedded services, emulators that speak HTTPS: a vault, seeded with the guide's secrets and with what real vaults hold
//! beside them, Maskinporten, Altinn's exchange and a protected API.

use altinn_emulators::{EmulatorError, Emulators};
use config_azure_keyvault::AzureKeyVault;
use keyvault_emulator::SecretSeed;
use maskinporten_emulator::MaskinportenEmulator;

const VAULT: &str = "quickstart";

/// How many secrets of other teams the vault holds.
const OTHERS: usize = 60;

/// The services on this machine.
pub(crate) struct World {
    emulators: Emulators,
}

impl World {
    pub(crate) async fn start() -> Result<Self, EmulatorError> {
        let emulators = Emulators::start().await?;
        let vault = emulators.vault.vault(VAULT);
        let client = emulators.maskinporten.client();
        let seeds = [
            // The two of the guide.
            SecretSeed::new("MaskinportenSettings--ClientId", client.client_id()),
            SecretSeed::new("MaskinportenSettings--EncodedJwk", client.encoded_jwk()),
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
        Ok(Self { emulators })
    }

    /// The source as a service would write it, and what makes this machine's vault known to it: a certificate's authority,
    /// and the variables that a deployment sets.
    pub(crate) fn source(&self) -> AzureKeyVault {
        let vault = &self.emulators.vault;
        AzureKeyVault::new(vault.vault_url(VAULT))
            .http_client(vault.http_client())
            .process_environment([
                ("AZURE_TENANT_ID", vault.tenant().to_owned()),
                ("AZURE_CLIENT_ID", vault.client_id().to_owned()),
                ("AZURE_CLIENT_SECRET", vault.client_secret().to_owned()),
                ("AZURE_AUTHORITY_HOST", vault.authority()),
            ])
    }

    /// The requests that the vault has seen since this was asked last.
    pub(crate) fn take_requests(&self) -> usize {
        let requests = self.emulators.vault.counts().requests;
        self.emulators.vault.clear_requests();
        requests
    }

    pub(crate) fn maskinporten(&self) -> &MaskinportenEmulator {
        &self.emulators.maskinporten
    }
}
