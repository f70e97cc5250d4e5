//! What the settings say of who we are.

use secrecy::SecretString;

/// What the settings say of who we are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    /// The section they are from; empty where there is none.
    pub(crate) section: &'static str,
    pub(crate) tenant_id: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretString>,
}

impl Identity {
    pub(crate) fn is_empty(&self) -> bool {
        self.tenant_id.is_none() && self.client_id.is_none() && self.client_secret.is_none()
    }
}
