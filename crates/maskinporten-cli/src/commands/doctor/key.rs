//! The key: its kind, its size, how it is named, how old it is and when it ends.

use std::time::{Duration, SystemTime};

use maskinporten::SigningKey;

use super::advice::{self, Finding};
use super::case::Case;
use super::step::Step;
use crate::tree::{folded, in_section, origin, secret_of};

/// From so many days on a key is called old: Maskinporten keeps one for a year.
const YEAR: u64 = 365;
const SOON: u64 = 30;
const DAY: u64 = 24 * 60 * 60;
const A_DETAIL: Duration = Duration::from_secs(5);

/// Its kind, its size, how it is named, how old it is and when it ends.
pub(super) async fn told(case: &mut Case, key: &SigningKey) -> Step {
    let named = match key.kid() {
        Some(kid) => format!("`kid` {kid}"),
        None => "named by its certificate".to_owned(),
    };
    let told = format!("RSA of {} bits, {}, {named}", key.bits(), key.algorithm().name());
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    case.names.section = Some(case.app.section.clone());
    let advice = advice::of(Finding::OldKey, &case.names);
    let ends = key.expires().and_then(|end| u64::try_from(end).ok());
    let age = age(case, now).await;
    let told = match (age, ends) {
        (Some(..DAY), _) => format!("{told}, in the vault since today"),
        (Some(age), _) => format!("{told}, in the vault for {} days", age / DAY),
        (None, _) => told,
    };
    match (ends, age) {
        (Some(end), _) if end <= now => Step::warned(
            "key",
            format!("{told}; it says that it ended {} days ago", (now - end) / DAY),
            "make a new one and register it, unless it was renewed at Samarbeidsportalen",
        )
        .with_advice(advice),
        (Some(end), _) if end - now < SOON * DAY => Step::warned(
            "key",
            format!("{told}; it ends in {} days", (end - now) / DAY),
            "make a new one and register it beside the old one",
        )
        .with_advice(advice),
        (_, Some(age)) if age > (YEAR - SOON) * DAY => Step::warned(
            "key",
            format!("{told}; Maskinporten keeps a key for a year"),
            "see at Samarbeidsportalen when it ends, and make a new one in time",
        )
        .with_advice(advice),
        (Some(end), _) => Step::passed("key", format!("{told}, ends in {} days", (end - now) / DAY)),
        (None, _) => Step::passed("key", told),
    }
}

/// For how long the secret that holds it has been what it is, in seconds, as far as the vault tells.
async fn age(case: &Case, now: u64) -> Option<u64> {
    let section = in_section(case.config.as_ref()?, &case.app.section)?;
    let held = ["EncodedJwk", "JwkBase64", "Jwk", "EncodedX509"]
        .into_iter()
        .find_map(|name| {
            let (_, value) = section.iter().find(|(known, _)| folded(known) == folded(name))?;
            secret_of(&origin(value)?)
        })?;
    let mut editor = case.vault().editor(case.earlier.as_ref()?).ok()?;
    // It is a detail, and not waited for as the load is.
    let secret = tokio::time::timeout(A_DETAIL, editor.get(&held)).await.ok()?.ok()??;
    let created = secret.properties.created?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    now.checked_sub(created.as_secs())
}
