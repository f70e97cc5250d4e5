//! A section as it stands in the configuration, every name that is read.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use zeroize::Zeroize as _;

/// All is read as text and judged here, so that one problem does not hide another.
#[derive(Default, Deserialize)]
pub(super) struct Raw {
    pub(super) client_id: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) authority: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) allow_insecure_http: Option<String>,
    pub(super) certificate_pkcs12_path: Option<String>,
    pub(super) certificate_pkcs12_password: Option<SecretString>,
    pub(super) certificate_store_thumbprint: Option<String>,
    pub(super) encoded_jwk: Option<SecretString>,
    pub(super) second_encoded_jwk: Option<SecretString>,
    pub(super) encoded_x509: Option<SecretString>,
    pub(super) jwk: Option<SecretJson>,
    pub(super) jwk_base64: Option<SecretString>,
    pub(super) jwks: Option<SecretJson>,
    pub(super) kid: Option<String>,
    pub(super) consumer_org_no: Option<String>,
    pub(super) enterprise_user_name: Option<SecretString>,
    pub(super) enterprise_user_password: Option<SecretString>,
    /// The spelling that was published, and is in everybody's files.
    pub(super) exhange_to_altinn_token: Option<String>,
    pub(super) exchange_to_altinn_token: Option<String>,
    pub(super) token_exchange_environment: Option<String>,
    pub(super) use_altinn_test_org: Option<String>,
    pub(super) enable_debug_logging: Option<String>,
    /// The guide's spelling.
    pub(super) enable_debug_log: Option<String>,
    pub(super) overwrite_authorization_header: Option<String>,
}

/// A section, or a text that holds one, as JSON. A template whose members are all empty is none.
pub(super) struct SecretJson(pub(super) SecretString);

impl<'de> Deserialize<'de> for SecretJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        let text = match &value {
            Value::String(text) => text.clone(),
            blank if is_blank(blank) => String::new(),
            other => other.to_string(),
        };
        wipe(&mut value);
        Ok(Self(text.into()))
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.iter().all(is_blank),
        Value::Object(all) => all.values().all(is_blank),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(all) => all.iter_mut().for_each(wipe),
        Value::Object(all) => all.values_mut().for_each(wipe),
        _ => {}
    }
}
