//! The proxies that the environment names, by the rules of the HTTP client.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::near::is_near;
use crate::failure::Via;
use crate::variables::Variables;

/// The proxies that the environment names.
pub(crate) struct Proxies {
    matcher: Matcher,
    http: Option<Named>,
    https: Option<Named>,
    no: String,
    /// The variables are the process's own, so that the system's settings count too.
    is_process: bool,
}

/// A variable with its value, which may hold a password.
#[derive(Clone)]
struct Named {
    variable: &'static str,
    value: String,
}

impl Proxies {
    pub(crate) fn read(variables: &Variables) -> Self {
        let first = |names: [&'static str; 2]| {
            names.into_iter().find_map(|variable| {
                let value = variables.get(variable)?;
                Some(Named { variable, value })
            })
        };
        // In a CGI script `HTTP_PROXY` is a header of the request (CVE-2016-5385).
        let is_cgi = variables.get_os("REQUEST_METHOD").is_some();
        let usable = |named: &Named| !is_cgi && is_proxy(&named.value);
        let all = first(["ALL_PROXY", "all_proxy"]).filter(usable);
        let http = first(["HTTP_PROXY", "http_proxy"])
            .filter(usable)
            .or_else(|| all.clone());
        let https = first(["HTTPS_PROXY", "https_proxy"]).filter(usable).or(all);
        let no = first(["NO_PROXY", "no_proxy"]).map(|no| no.value).unwrap_or_default();
        let value = |named: &Option<Named>| named.as_ref().map(|named| named.value.clone()).unwrap_or_default();
        Self {
            matcher: Matcher::builder()
                .http(value(&http))
                .https(value(&https))
                .no(no.clone())
                .build(),
            http,
            https,
            no,
            is_process: variables.is_process(),
        }
    }

    /// Does the environment name one?
    pub(super) fn name_one(&self) -> bool {
        self.http.is_some() || self.https.is_some()
    }

    /// Is there nothing that a request could go through?
    pub(crate) fn are_none(&self) -> bool {
        let may_be_of_the_system = self.is_process && cfg!(any(windows, target_os = "macos"));
        !self.name_one() && !may_be_of_the_system
    }

    /// Tells the client's builder.
    pub(crate) fn tell(&self, mut builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        if !self.name_one() {
            return if self.is_process { builder } else { builder.no_proxy() };
        }
        let no = || reqwest::NoProxy::from_string(&self.no);
        let of = |named: &Option<Named>, scheme: fn(&str) -> reqwest::Result<reqwest::Proxy>| {
            // What is no proxy's URL was left out before.
            let proxy = named.as_ref().and_then(|named| scheme(&named.value).ok())?;
            Some(proxy.no_proxy(no()))
        };
        let proxies = [
            of(&self.http, |value| reqwest::Proxy::http(value)),
            of(&self.https, |value| reqwest::Proxy::https(value)),
        ];
        builder = builder.no_proxy();
        proxies
            .into_iter()
            .flatten()
            .fold(builder, reqwest::ClientBuilder::proxy)
    }

    /// The proxy that a request goes through.
    pub(super) fn of(&self, url: &Url) -> Option<Via> {
        if is_near(url) {
            return None;
        }
        let uri = url.as_str().parse().ok()?;
        let address = self.matcher.intercept(&uri)?.uri().to_string();
        let named = match url.scheme() {
            "http" => &self.http,
            _ => &self.https,
        };
        Some(Via {
            variable: named.as_ref()?.variable,
            address: address.trim_end_matches('/').to_owned(),
        })
    }
}

/// Does the HTTP client take it for a proxy's?
fn is_proxy(value: &str) -> bool {
    let matcher = Matcher::builder().all(value.to_owned()).build();
    let uri = "https://host.example/".parse();
    uri.is_ok_and(|uri| matcher.intercept(&uri).is_some())
}

/// Without the values, which may hold a password.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |named: &Option<Named>| named.as_ref().map(|named| named.variable);
        f.debug_struct("Proxies")
            .field("http", &name(&self.http))
            .field("https", &name(&self.https))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()));
        let proxies = Proxies::read(&Variables::given(variables));
        let via = proxies.of(&url.parse().expect("a URL"))?;
        Some(format!("{} {}", via.variable, via.address))
    }

    #[test]
    fn the_proxy_of_a_request() {
        let vault = "https://my-app.vault.azure.net/secrets";
        for (variables, url, expected) in [
            (&[][..], vault, None),
            (
                &[("HTTPS_PROXY", "http://user:hunter2@proxy:3128/")],
                vault,
                Some("HTTPS_PROXY http://proxy:3128"),
            ),
            (
                &[("https_proxy", "proxy:3128")],
                vault,
                Some("https_proxy http://proxy:3128"),
            ),
            (&[("HTTP_PROXY", "http://proxy:3128")], vault, None),
            (&[("ALL_PROXY", "http://proxy")], vault, Some("ALL_PROXY http://proxy")),
            (
                &[("ALL_PROXY", "socks5h://u:hunter2@proxy:1080")],
                vault,
                Some("ALL_PROXY socks5h://proxy:1080"),
            ),
            (
                &[("ALL_PROXY", "http://all"), ("HTTPS_PROXY", "http://one")],
                vault,
                Some("HTTPS_PROXY http://one"),
            ),
            // No proxy's URL is none, as the client has it.
            (
                &[("ALL_PROXY", "http://all"), ("HTTPS_PROXY", "ftp://one")],
                vault,
                Some("ALL_PROXY http://all"),
            ),
            (&[("HTTPS_PROXY", "http://p"), ("NO_PROXY", "azure.net")], vault, None),
            (&[("HTTPS_PROXY", "http://p"), ("no_proxy", "*")], vault, None),
            (&[("HTTP_PROXY", "http://p")], "http://169.254.169.254/metadata", None),
            (&[("ALL_PROXY", "http://p")], "https://localhost:1/", None),
            (
                &[("HTTP_PROXY", "http://p")],
                "http://10.0.0.1/",
                Some("HTTP_PROXY http://p"),
            ),
            (
                &[("HTTP_PROXY", "http://p"), ("REQUEST_METHOD", "GET")],
                "http://10.0.0.1/",
                None,
            ),
        ] {
            assert_eq!(via(variables, url).as_deref(), expected, "{variables:?} {url}");
        }
    }
}
