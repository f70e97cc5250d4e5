//! A handle's vault for a tool: the same vault, credential and limits as of a load.

use config::Config;

use super::connection::Connection;
use super::handle::AzureKeyVault;
use super::plan::Plan;
use crate::error::{Error, ErrorKind, Stage};
use crate::vault::SecretEditor;

impl AzureKeyVault {
    /// The secrets of this vault one by one, for a tool that fills a vault or looks into it: found, signed in to and limited as a load
    /// would be, whatever the environment is. `earlier` is what may name the vault, as earlier sources do.
    ///
    /// # Errors
    ///
    /// As of a load, in [`Stage::Settings`] and [`Stage::Credential`]: no vault is named, or more than one, or nobody can sign in.
    /// It is also an error outside of a tokio runtime.
    pub fn editor(&self, earlier: &Config) -> Result<SecretEditor, Error> {
        let options = &self.options;
        options.limits.check()?;
        let plan = Plan::of(options, &earlier.cache)?;
        let [part] = plan.vaults.as_slice() else {
            let cause = "an editor is of one vault";
            return Err(Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause)
                .with_remedy("make one of each vault's own handle"));
        };
        let located = |error: Error| error.with_vault(&part.name);
        let connection = Connection::kept_or_new(None, options).map_err(located)?;
        let session = connection
            .into_session(&part.vault, &part.choice, &part.cloud, options)
            .map_err(located)?;
        Ok(SecretEditor::new(session, options.limits.clone()))
    }
}
