//! Which variable names a proxy for an address. reqwest obeys these variables by itself; here it is said which one it obeyed.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::Matcher;

use crate::error::{Error, ErrorKind, Stage};

/// The process environment, or the one a test injects. Its `Debug` shows no value: an address may hold a password.
#[derive(Clone, Default)]
pub(crate) struct Variables(Option<Arc<HashMap<String, String>>>);

/// A proxy, and who named it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    variable: &'static str,
    /// Without user and password.
    address: String,
}

impl Variables {
    #[cfg(test)]
    pub(crate) fn given<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(Some(Arc::new(variables.into_iter().map(own).collect())))
    }

    #[allow(clippy::disallowed_methods)]
    fn get(&self, name: &str) -> Option<String> {
        match &self.0 {
            Some(given) => given.get(name).cloned(),
            None => std::env::var(name).ok(),
        }
    }

    /// The first that is set, even if it is blank, as reqwest has it.
    fn first(&self, names: [&'static str; 2]) -> (&'static str, String) {
        let set = names.into_iter().find_map(|name| Some((name, self.get(name)?)));
        set.unwrap_or((names[0], String::new()))
    }

    /// The proxy that the variables name for this address.
    pub(crate) fn proxy(&self, url: &str) -> Option<Named> {
        let url: http::Uri = url.parse().ok()?;
        if super::is_local(&url.to_string().parse().ok()?) || self.get("REQUEST_METHOD").is_some() {
            return None;
        }
        let own = match url.scheme_str()? {
            "https" => ["HTTPS_PROXY", "https_proxy"],
            _ => ["HTTP_PROXY", "http_proxy"],
        };
        let (_, no) = self.first(["NO_PROXY", "no_proxy"]);
        [own, ["ALL_PROXY", "all_proxy"]].into_iter().find_map(|names| {
            let (variable, text) = self.first(names);
            let found = Matcher::builder().all(text).no(no.as_str()).build().intercept(&url)?;
            let address = found.uri().to_string().trim_end_matches('/').to_owned();
            Some(Named { variable, address })
        })
    }
}

impl Named {
    pub(crate) fn is_socks(&self) -> bool {
        self.address.starts_with("socks")
    }

    pub(crate) fn by_way_of(&self) -> String {
        let Self { variable, address } = self;
        format!("{variable} names the proxy {address}")
    }

    /// What to look at where a request got no reply.
    pub(crate) fn remedy(&self) -> String {
        match self.is_socks() {
            true => format!("SOCKS is not spoken: {INSTEAD}"),
            false => "check that proxy, or let NO_PROXY name the host if it is to be reached without".to_owned(),
        }
    }

    /// Nothing is sent: a SOCKS server would be spoken to in HTTP.
    pub(super) fn refused(&self, stage: Stage, url: &str) -> Error {
        let cause = format!("{}, and SOCKS is not spoken", self.by_way_of());
        Error::new(ErrorKind::Settings, stage, cause)
            .with_remedy(INSTEAD)
            .with(|inner| inner.endpoint = Some(url.to_owned()))
    }
}

const INSTEAD: &str = "name an HTTP proxy (http://host:port), or let NO_PROXY name the host";

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables")
    }
}
