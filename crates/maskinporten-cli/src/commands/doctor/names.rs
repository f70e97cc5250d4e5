//! What commands and pages are filled in with.

use maskinporten::reqwest::Url;

/// What commands are filled in with, as far as it is known; what is not stands there in capitals.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    vault_url: Option<String>,
    vault: Option<String>,
    host: Option<String>,
    /// With the port.
    server: Option<String>,
    /// Who gives tokens for the vault: origin, host, and host with port.
    authority_url: Option<String>,
    authority: Option<String>,
    authority_server: Option<String>,
    /// Who signs in to Azure.
    pub(super) app: Option<String>,
    caller: Option<String>,
    address: Option<String>,
    pub(super) secret: Option<String>,
    /// Maskinporten's client.
    pub(super) client: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) section: Option<String>,
    /// The variable that says which environment this is, and what it should say.
    pub(super) variable: Option<String>,
    pub(super) environment: Option<String>,
    /// Production, test, or nobody knows.
    pub(super) is_production: Option<bool>,
}

impl Names {
    pub(super) fn of_vault(&mut self, url: &str) {
        let Ok(url) = Url::parse(url) else {
            return;
        };
        let host = url.host_str().unwrap_or_default();
        self.vault_url = Some(url.origin().ascii_serialization());
        self.vault = host.split('.').next().map(str::to_owned);
        self.host = Some(host.to_owned());
        self.server = Some(server(&url));
    }

    /// The environment may name another than Azure's.
    pub(super) fn of_authority(&mut self, url: &str) {
        let Ok(url) = Url::parse(url) else {
            return;
        };
        self.authority_url = Some(url.origin().ascii_serialization());
        self.authority = url.host_str().map(str::to_owned);
        self.authority_server = Some(server(&url));
    }

    /// An origin in the vault that all of this is about: its URL was told before.
    pub(super) fn without_vault(&self, origin: String) -> String {
        let rest = self
            .vault_url
            .as_ref()
            .and_then(|url| origin.strip_prefix(url.as_str()));
        rest.map_or_else(|| origin.clone(), |rest| rest.trim_start().to_owned())
    }

    /// What the vault's refusal tells of who was refused, and from where.
    pub(super) fn of_cause(&mut self, cause: &str) {
        let after = |mark: &str, of: fn(char) -> bool| {
            let rest = cause.split_once(mark)?.1;
            let end = rest.find(|c| !of(c)).unwrap_or(rest.len());
            Some(rest[..end].to_owned()).filter(|found| !found.is_empty())
        };
        self.caller = after("oid=", |c| c.is_ascii_hexdigit() || c == '-');
        self.address = after("Client address: ", |c| c.is_ascii_hexdigit() || matches!(c, '.' | ':'));
    }

    /// With what is known, and is nothing that a shell would read otherwise.
    pub(super) fn filled(&self, text: &str) -> String {
        let portal = match self.is_production {
            Some(true) => "https://sjolvbetjening.samarbeid.digdir.no",
            Some(false) => "https://sjolvbetjening.test.samarbeid.digdir.no",
            None => "https://samarbeid.digdir.no",
        };
        let caller = self.caller.as_ref().or(self.app.as_ref());
        [
            (
                "{vault_url}",
                self.vault_url.as_deref().unwrap_or("https://NAME.vault.azure.net"),
            ),
            ("{vault}", self.vault.as_deref().unwrap_or("NAME")),
            ("{host}", self.host.as_deref().unwrap_or("NAME.vault.azure.net")),
            ("{server}", self.server.as_deref().unwrap_or("NAME.vault.azure.net:443")),
            (
                "{authority_url}",
                self.authority_url
                    .as_deref()
                    .unwrap_or("https://login.microsoftonline.com"),
            ),
            (
                "{authority_server}",
                self.authority_server
                    .as_deref()
                    .unwrap_or("login.microsoftonline.com:443"),
            ),
            (
                "{authority}",
                self.authority.as_deref().unwrap_or("login.microsoftonline.com"),
            ),
            ("{app}", self.app.as_deref().unwrap_or("APP-ID")),
            ("{caller}", caller.map_or("OBJECT-ID", String::as_str)),
            ("{address}", self.address.as_deref().unwrap_or("ADDRESS")),
            ("{secret}", self.secret.as_deref().unwrap_or("SECRET")),
            ("{client}", self.client.as_deref().unwrap_or("CLIENT-ID")),
            (
                "{endpoint}",
                self.endpoint.as_deref().unwrap_or("https://maskinporten.no/token"),
            ),
            ("{section}", self.section.as_deref().unwrap_or("MaskinportenSettings")),
            ("{variable}", self.variable.as_deref().unwrap_or("APP_ENVIRONMENT")),
            ("{environment}", self.environment.as_deref().unwrap_or("Production")),
            ("{portal}", portal),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| match is_plain(value) {
            true => text.replace(name, value),
            false => text.replace(name, &name.trim_matches(['{', '}']).to_uppercase()),
        })
    }
}

fn server(url: &Url) -> String {
    format!(
        "{}:{}",
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or(443)
    )
}

fn is_plain(value: &str) -> bool {
    value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'[' | b']'))
}

/// An id as Azure and Maskinporten give them out: whatever else stands in its place may be a secret, by a slip.
pub(super) fn is_id(text: &str) -> bool {
    let text = text.trim();
    text.len() == 36
        && text.bytes().enumerate().all(|(n, byte)| match n {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Is it the same but for a slip?
pub(super) fn is_like(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim().to_lowercase(), other.trim().to_lowercase());
    one == other || (one.len() > 4 && strsim::damerau_levenshtein(&one, &other) <= 2)
}
