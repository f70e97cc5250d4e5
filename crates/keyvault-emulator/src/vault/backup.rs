//! A backup is a blob that only a vault can read: sealed, not merely encoded.

use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Secret;

/// One key a process: any vault of it restores what another backed up, as vaults of one subscription do.
fn key() -> &'static RandomizedNonceKey {
    static KEY: OnceLock<RandomizedNonceKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let mut bytes = [0; 32];
        // It fails only where the operating system has no randomness at all, and TLS would have failed first.
        rand::fill(&mut bytes).expect("the operating system gives randomness");
        RandomizedNonceKey::new(&AES_256_GCM, &bytes).expect("32 bytes are the length of an AES-256 key")
    })
}

pub(crate) fn seal_backup(secret: &Secret) -> Option<String> {
    let mut blob = serde_json::to_vec(secret).ok()?;
    let nonce = key().seal_in_place_append_tag(Aad::empty(), &mut blob).ok()?;
    blob.extend_from_slice(nonce.as_ref());
    Some(URL_SAFE_NO_PAD.encode(blob))
}

pub(crate) fn open_backup(value: &str) -> Option<Secret> {
    let mut blob = URL_SAFE_NO_PAD.decode(value.trim_end_matches('=')).ok()?;
    let nonce = blob.split_off(blob.len().checked_sub(NONCE_LEN)?);
    let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
    let plain = key().open_in_place(nonce, Aad::empty(), &mut blob).ok()?;
    serde_json::from_slice(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::Version;

    #[test]
    fn only_an_untouched_backup_opens() {
        let secret = Secret::new("Name", Version::new("value".to_owned()));
        let sealed = seal_backup(&secret).expect("seals");
        assert_eq!(open_backup(&sealed).expect("opens").versions[0].value, "value");
        assert!(open_backup(&sealed[1..]).is_none());
        assert!(open_backup("").is_none());
    }
}
