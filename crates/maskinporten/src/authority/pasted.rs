//! The address of one of an authority's endpoints, where the authority's own was asked for.

use url::Url;

/// Behind the authority's path, or, by RFC 8414, before it.
const WELL_KNOWN: [&str; 2] = ["oauth-authorization-server", "openid-configuration"];

/// Keycloak's token endpoint, and everybody else's.
const TOKEN: [&[&str]; 2] = [&["protocol", "openid-connect", "token"], &["token"]];

/// The authority, where its metadata's address was given. Without a slash at its end, as no two authorities differ in that.
pub(super) fn of_metadata(url: &Url) -> Url {
    let segments = segments(url);
    let known = |name: &str| WELL_KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
    let at = segments
        .windows(2)
        .position(|pair| pair[0].eq_ignore_ascii_case(".well-known") && known(pair[1]));
    match at {
        Some(at) if at == 0 || at + 2 == segments.len() => {
            with_path(url, &[&segments[..at], &segments[at + 2..]].concat())
        }
        _ => with_path(url, &segments),
    }
}

/// The authority as it is written, and the one that is meant if that is a token endpoint's address: an issuer's name may end like one.
pub(super) fn meant(url: &Url) -> (Url, Option<Url>) {
    let url = of_metadata(url);
    let segments = segments(&url);
    let shorter = TOKEN.iter().find_map(|tail| {
        let at = segments.len().checked_sub(tail.len())?;
        let same = segments[at..]
            .iter()
            .zip(*tail)
            .all(|(own, known)| own.eq_ignore_ascii_case(known));
        same.then(|| with_path(&url, &segments[..at]))
    });
    (url.clone(), shorter)
}

/// Without the empty ones at the end.
fn segments(url: &Url) -> Vec<&str> {
    url.path()
        .trim_matches('/')
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}

fn with_path(url: &Url, segments: &[&str]) -> Url {
    let mut url = url.clone();
    url.set_path(&segments.join("/"));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let (written, shorter) = meant(&Url::parse(text).expect("a URL"));
        [written].into_iter().chain(shorter).map(String::from).collect()
    }

    #[test]
    fn an_endpoint_names_its_authority() {
        for url in [
            "https://a.example",
            "https://a.example//",
            "https://a.example/.well-known/oauth-authorization-server",
            "https://a.example/.well-known/oauth-authorization-server/",
            "https://a.example//.well-known/openid-configuration",
        ] {
            assert_eq!(all(url), ["https://a.example/"], "{url}");
        }
        for url in [
            "https://a.example/one/",
            "https://a.example/.well-known/oauth-authorization-server/one",
            "https://a.example/one/.well-known/openid-configuration",
        ] {
            assert_eq!(all(url), ["https://a.example/one"], "{url}");
        }
        assert_eq!(
            all("https://a.example/token/"),
            ["https://a.example/token", "https://a.example/"]
        );
        assert_eq!(
            all("https://a.example//token"),
            ["https://a.example/token", "https://a.example/"]
        );
        assert_eq!(
            all("https://a.example/realms/one/protocol/openid-connect/token"),
            [
                "https://a.example/realms/one/protocol/openid-connect/token",
                "https://a.example/realms/one",
            ]
        );
        for url in ["https://a.example/tokens", "https://a.example/.well-known/other"] {
            assert_eq!(all(url), [url]);
        }
    }
}
