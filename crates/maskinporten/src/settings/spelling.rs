//! Names that look like a setting's.

use strsim::osa_distance as distance;

/// Every name that is read, as .NET spells it.
const NAMES: [&str; 26] = [
    "ClientId",
    "Scope",
    "Resource",
    "Environment",
    "Authority",
    "Issuer",
    "TokenEndpoint",
    "AllowInsecureHttp",
    "CertificatePkcs12Path",
    "CertificatePkcs12Password",
    "CertificateStoreThumbprint",
    "EncodedJwk",
    "SecondEncodedJwk",
    "EncodedX509",
    "Jwk",
    "JwkBase64",
    "Jwks",
    "Kid",
    "ConsumerOrgNo",
    "EnterpriseUserName",
    "EnterpriseUserPassword",
    "ExchangeToAltinnToken",
    "TokenExchangeEnvironment",
    "UseAltinnTestOrg",
    "EnableDebugLogging",
    "OverwriteAuthorizationHeader",
];

/// The setting that was meant, if the name is near one: two slips, or one in a short name.
pub(super) fn meant(key: &str) -> Option<&'static str> {
    let key = folded(key);
    let near = NAMES.into_iter().map(|name| (distance(&key, &folded(name)), name));
    let (slips, name) = near.min_by_key(|(slips, _)| *slips)?;
    let allowed = match name.len() {
        0..=3 => return None,
        4..=8 => 1,
        9..=16 => 2,
        _ => 3,
    };
    (slips <= allowed).then_some(name)
}

/// The same name but for case, `_` and `-`.
pub(super) fn is(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// How far a section's name is from another's, if that may have been meant: three slips, or the beginning of it.
pub(super) fn slips(wanted: &str, name: &str) -> Option<usize> {
    const ENOUGH: usize = 6;
    let (wanted, name) = (folded(wanted), folded(name));
    let (short, long) = if wanted.len() < name.len() {
        (&wanted, &name)
    } else {
        (&name, &wanted)
    };
    let begins = short.len() >= ENOUGH && long.starts_with(short.as_str());
    let allowed = (wanted.len() / 3).clamp(1, 3);
    let slips = distance(&wanted, &name);
    (slips <= allowed || begins).then_some(slips)
}

fn folded(name: &str) -> String {
    name.replace(['_', '-'], "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn slips_are_seen_through() {
        for (key, name) in [
            ("EncodedJkw", "EncodedJwk"),
            ("encoded_jwks", "EncodedJwk"),
            ("ClintId", "ClientId"),
            ("Scopes", "Scope"),
            ("Enviroment", "Environment"),
            ("ExchageToAltinToken", "ExchangeToAltinnToken"),
            ("EnableDebugLoging", "EnableDebugLogging"),
            ("ConsumerOrgNr", "ConsumerOrgNo"),
        ] {
            assert_eq!(meant(key), Some(name), "{key}");
        }
        for key in ["Timeout", "Kit", "BaseUrl", "InstancesUrl", "Scaffold"] {
            assert_eq!(meant(key), None, "{key}");
        }
    }
}
