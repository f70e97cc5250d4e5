//! What a load would do, without doing it.

use std::path::PathBuf;

use config::Config;

use super::handle::AzureKeyVault;
use super::plan::{Part, Plan};
use crate::environment::HostEnvironment;
use crate::error::Error;

/// What a load would do: made by [`AzureKeyVault::plan`], which asks nobody.
///
/// ```
/// use config::Config;
/// use config_azure_keyvault::{AzureKeyVault, LoadPlan};
///
/// # let variables = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "s")];
/// let files = Config::builder().set_default("KeyVault.Name", "my-app")?.build()?;
/// let vault = AzureKeyVault::default().environment("Production");
/// # let vault = vault.process_environment(variables);
/// let plan: LoadPlan = vault.plan(&files)?;
/// let planned = &plan.vaults[0];
/// assert_eq!(planned.url, "https://my-app.vault.azure.net");
/// println!("{} (named by {}), signed in by {}", planned.url, planned.named_by, planned.credential);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadPlan {
    /// Where it would run.
    pub environment: HostEnvironment,
    /// The vaults that would be asked, in the order in which they are laid over each other. None in Development.
    pub vaults: Vec<PlannedVault>,
    /// The file that stands in for the vault in Development, whether it is there or not.
    pub local_file: Option<PathBuf>,
    /// How many references in the earlier sources would be resolved.
    pub references: usize,
}

/// A vault that would be asked: part of a [`LoadPlan`].
///
/// ```
/// use config_azure_keyvault::PlannedVault;
///
/// fn told(vault: &PlannedVault) -> String {
///     format!("{}: {} says so, {} signs in", vault.url, vault.named_by, vault.credential)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedVault {
    /// Its origin, without a slash at the end.
    pub url: String,
    /// The place that names it.
    pub named_by: String,
    /// Who would sign in, and by which rule; never a value.
    pub credential: String,
}

impl AzureKeyVault {
    /// What a load would do with what earlier sources say: which environment, which vault, what names it, and who signs in. Nobody is
    /// asked, so that a tool can tell it before anything fails.
    ///
    /// # Errors
    ///
    /// As of a load, in [`Stage::Settings`](crate::Stage::Settings) and [`Stage::Credential`](crate::Stage::Credential).
    pub fn plan(&self, earlier: &Config) -> Result<LoadPlan, Error> {
        let environment = self.options.environment();
        if environment.is_development() {
            return Ok(LoadPlan {
                environment,
                vaults: Vec::new(),
                local_file: self.local_file_in_development(),
                references: 0,
            });
        }
        let plan = Plan::of(&self.options, &earlier.cache)?;
        Ok(LoadPlan {
            environment,
            vaults: plan.vaults.iter().map(PlannedVault::of).collect(),
            local_file: None,
            references: plan.references.map_or(0, |references| references.found.len()),
        })
    }
}

impl PlannedVault {
    fn of(part: &Part<'_>) -> Self {
        Self {
            url: part.name.clone(),
            named_by: part.named_by.clone(),
            credential: part.choice.to_string(),
        }
    }
}
