//! What is known so far of the app that is looked into.

use std::time::Duration;

use config::Config;
use config_azure_keyvault::{AzureKeyVault, LoadPlan, LoadReport};
use maskinporten::{MaskinportenClient, MaskinportenSettings};

use super::look::Answer;
use super::names::Names;
use crate::app::{App, AppArguments, GIVEN_BY};

/// As the library's own limit of a token.
const TOKEN: Duration = Duration::from_secs(10);

/// What is known so far. What a part could not find out is not there, and neither are the parts that need it reached.
pub(super) struct Case {
    pub(super) arguments: AppArguments,
    pub(super) app: App,
    pub(super) timeout: Duration,
    pub(super) resolves: bool,
    /// What files and variables say.
    pub(super) earlier: Option<Config>,
    pub(super) plan: Option<LoadPlan>,
    /// What the vault's host answered to a look.
    pub(super) vault_answer: Option<Answer>,
    /// With the vault, or the file that stands in for it.
    pub(super) config: Option<Config>,
    pub(super) report: Option<LoadReport>,
    pub(super) settings: Option<MaskinportenSettings>,
    pub(super) exchanges: bool,
    pub(super) client: Option<MaskinportenClient>,
    /// What the authority answered to a look: `None` where nobody looked.
    pub(super) authority_answer: Option<Option<Answer>>,
    pub(super) has_token: bool,
    /// For what a command is filled in with.
    pub(super) names: Names,
}

impl Case {
    /// The handle that an app like this one has.
    pub(super) fn vault(&self) -> AzureKeyVault {
        let vault = self
            .app
            .vault()
            .clone()
            .deadline(self.timeout)
            .credential_timeout(self.timeout.min(TOKEN));
        match self.resolves {
            true => vault.resolve_references(),
            false => vault,
        }
    }

    /// The option itself, for people.
    pub(super) fn said(&self, named_by: &str) -> String {
        match (named_by, &self.arguments.vault) {
            (GIVEN_BY, Some(_)) => "--vault".to_owned(),
            (by, _) => by.to_owned(),
        }
    }
}
