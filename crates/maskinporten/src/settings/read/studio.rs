//! What Altinn Studio's file says, where another source says another client.

use config::{Config, Value};

use super::present;
use crate::settings::app_secrets::is_studios;
use crate::settings::raw::Raw;
use crate::settings::{absent, spelling};

/// The file's key belongs to the file's client: without that it is left aside, if there is another key. Its authority likewise.
pub(super) fn keep_together(raw: &mut Raw, config: &Config, section: &str) {
    let all = absent::settings(config, section);
    let is =
        |name: &str, says: fn(&Value) -> bool| all.iter().any(|(own, value)| spelling::is(own, name) && says(value));
    let studios = |name: &str| is(name, is_studios) && !is(name, |value| !is_studios(value));
    if studios("ClientId") || !["Jwk", "Jwks", "JwkBase64"].into_iter().any(studios) {
        return;
    }
    let others = [&raw.encoded_jwk, &raw.encoded_x509];
    let another =
        others.into_iter().any(|text| present(text.clone()).is_some()) || raw.certificate_pkcs12_path.is_some();
    if !another {
        return;
    }
    for (name, key) in [("Jwk", &mut raw.jwk), ("Jwks", &mut raw.jwks)] {
        key.take_if(|_| studios(name));
    }
    raw.jwk_base64.take_if(|_| studios("JwkBase64"));
    if raw.environment.is_some() {
        raw.authority.take_if(|_| studios("Authority"));
    }
    tracing::info!("`{section}.ClientId` is not that of Altinn Studio's file, whose key is left aside");
}
