//! A section of the configuration into settings, with every problem at once.

mod issuing;
mod key;
mod studio;

use config::Config;
use config_bind::BindConfig as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::place::Place;
use super::raw::Raw;
use super::{MaskinportenSettings, absent, mixed, spelling};
use crate::altinn::AltinnEnvironment;
use crate::authority::Environment;
use crate::error::{Error, ErrorKind, Stage, one_line};
use crate::given::filled;
use crate::problem::SettingProblem;
use crate::request::TokenRequest;
use crate::slip::{self, Slip};
use crate::transport::Plain;
use issuing::Said;

/// As the client's builder has it.
fn has_no_platform(environment: &Environment) -> bool {
    !matches!(environment, Environment::Prod | Environment::Test)
}

impl MaskinportenSettings {
    /// Reads a section of the configuration: `"MaskinportenSettings"`. Names are taken in any case; each value may be a text.
    ///
    /// A key that nobody reads but that looks like a setting, and production mixed with test, is logged and is in
    /// [`warnings`](Self::warnings).
    ///
    /// The key is read and checked here as well.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] with every problem at once and, for what is missing, the name it has in a Key Vault;
    /// [`ErrorKind::Key`] if the key is all that is wrong.
    pub fn from_config(config: &Config, section: &str) -> Result<Self, Error> {
        settings(config, section, true).inspect(Self::tell)
    }

    /// As [`from_config`](Self::from_config), for a client whose key comes from a [`KeySource`](crate::KeySource) of its own: the
    /// settings need not hold one, and one that they hold is not read.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`], as [`from_config`](Self::from_config).
    pub fn from_config_without_key(config: &Config, section: &str) -> Result<Self, Error> {
        settings(config, section, false).inspect(Self::tell)
    }

    /// As those two, for who tells of the warnings himself.
    pub(crate) fn quietly_from(config: &Config, section: &str, key_needed: bool) -> Result<Self, Error> {
        settings(config, section, key_needed)
    }

    /// Logs what looks wrong.
    pub(crate) fn tell(&self) {
        let section = self.section();
        for warning in &self.warnings {
            tracing::warn!(section, "{warning}");
        }
    }
}

struct Reader<'a> {
    place: &'a Place,
    problems: Vec<SettingProblem>,
    warnings: Vec<String>,
    /// Of the key, which is among the problems.
    key_error: Option<Error>,
}

fn settings(config: &Config, section: &str, key_needed: bool) -> Result<MaskinportenSettings, Error> {
    if let Some(there) = absent::nearest(config, section) {
        let (section, there) = (one_line(section), one_line(&there));
        let line = format!("there is no section `{section}`; there is `{there}`");
        return Err(failed(vec![SettingProblem::new(None, &line)]));
    }
    let mut raw: Raw = config.bind_section(section).map_err(|error| {
        let depth = section.split('.').count();
        let problems = error.problems().iter().map(|problem| {
            let setting = problem.key.splitn(depth + 1, '.').nth(depth);
            SettingProblem::new(setting, &problem.to_string())
        });
        failed(problems.collect()).with_source(error)
    })?;
    studio::keep_together(&mut raw, config, section);
    let place = Place::Section(section.to_owned());
    let mut reader = Reader::of(&place);
    reader.unread(config, section);
    reader.finish(raw, key_needed)
}

/// What was read elsewhere than from a configuration.
pub(super) fn judged(raw: Raw, place: &Place) -> Result<MaskinportenSettings, Error> {
    Reader::of(place).finish(raw, true)
}

pub(super) fn failed(problems: Vec<SettingProblem>) -> Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let cause = match lines.as_slice() {
        [one] => one.clone(),
        many => format!("{} problems: {}", many.len(), many.join("; ")),
    };
    // Longer than what is cut from a text of somebody else's: these are our own words, and all of them are needed.
    Error::new(ErrorKind::Settings, Stage::Settings, "").with(|inner| {
        inner.cause = cause;
        inner.problems = problems;
    })
}

fn present(text: Option<SecretString>) -> Option<SecretString> {
    text.filter(|text| !text.expose_secret().trim().is_empty())
}

impl<'a> Reader<'a> {
    fn of(place: &'a Place) -> Self {
        Self {
            place,
            problems: Vec::new(),
            warnings: Vec::new(),
            key_error: None,
        }
    }

    fn finish(mut self, raw: Raw, key_needed: bool) -> Result<MaskinportenSettings, Error> {
        let settings = self.judge(raw, key_needed);
        if !self.problems.is_empty() {
            return Err(match self.key_error {
                Some(alone) if self.problems.len() == 1 => alone.with(|inner| inner.problems = self.problems),
                _ => failed(self.problems),
            });
        }
        let Some(mut settings) = settings else {
            return Err(failed(vec![SettingProblem::new(None, "the settings cannot be read")]));
        };
        settings.warnings = self.warnings;
        Ok(settings)
    }
}

impl Reader<'_> {
    fn path(&self, name: &str) -> String {
        self.place.path(name)
    }

    fn problem(&mut self, name: &str, what: impl AsRef<str>) {
        let problem = self.told(name, what);
        self.problems.push(problem);
    }

    fn told(&self, name: &str, what: impl AsRef<str>) -> SettingProblem {
        let path = self.path(name);
        let switch = format!("`{}`", self.path("AllowInsecureHttp"));
        let what = what.as_ref().replace("`AllowInsecureHttp`", &switch);
        SettingProblem::new(Some(name), &format!("`{path}`: {}", one_line(&what)))
    }

    fn missing(&mut self, name: &str, alternatives: &str) {
        let what = self.absent(name, alternatives);
        let problem = self.told(name, what).missing();
        self.problems.push(problem);
    }

    fn absent(&self, name: &str, alternatives: &str) -> String {
        if *self.place == Place::Nais {
            let sets = "; NAIS sets it where the app's manifest enables `maskinporten`";
            // What else a section could hold is none of its variables.
            let alternatives = if name == "Environment" { alternatives } else { "" };
            return format!("is missing{alternatives}{sets}");
        }
        // A vault's names hold no `_`, which makes no difference to who reads them.
        let secret = self.path(name).replace(['.', ':'], "--").replace('_', "");
        let legal = secret.len() <= 127 && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let named = match legal {
            true => format!(" (a Key Vault names it `{secret}`, after its prefix if it has one)"),
            false => String::new(),
        };
        format!("is missing{named}{alternatives}")
    }

    /// `true` if there is one.
    fn slip(&mut self, name: &str, slip: Option<Slip>) -> bool {
        let Some(slip) = slip else {
            return false;
        };
        let belongs = match slip {
            Slip::Secret(_) if *self.place == Place::Nais => "; a private key belongs into `MASKINPORTEN_CLIENT_JWK`",
            Slip::Secret(_) => {
                "; a private key belongs into `EncodedJwk`, a certificate with its key into `EncodedX509`"
            }
            _ => "",
        };
        self.problem(name, format!("{slip}{belongs}"));
        true
    }

    fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }

    /// Keys that nobody reads are the app's own business, unless they look like a slip.
    fn unread(&mut self, config: &Config, section: &str) {
        let Err(error) = config.bind_section_strict::<Raw>(section) else {
            return;
        };
        for problem in error.problems() {
            let name = problem.key.rsplit('.').next().unwrap_or_default();
            if let Some(meant) = spelling::meant(name) {
                let key = one_line(&problem.key);
                self.warn(format!("`{key}` is a key that nobody reads; did you mean `{meant}`?"));
            }
        }
    }

    fn judge(&mut self, raw: Raw, key_needed: bool) -> Option<MaskinportenSettings> {
        if present(raw.enterprise_user_name).is_some() || present(raw.enterprise_user_password).is_some() {
            self.problem(
                "EnterpriseUserName",
                "enterprise users are gone: the exchange answers 410 since Altinn 2 was closed; use a system user",
            );
        }
        let client_id = filled(raw.client_id);
        match &client_id {
            Some(client_id) => drop(self.slip("ClientId", slip::of(client_id))),
            None => self.missing("ClientId", ""),
        }
        let plain = match self.flag("AllowInsecureHttp", raw.allow_insecure_http) {
            true => Plain::Anywhere,
            false => Plain::ThisMachine,
        };
        let said = Said {
            environment: filled(raw.environment),
            authority: filled(raw.authority),
            issuer: filled(raw.issuer),
            token_endpoint: filled(raw.token_endpoint),
        };
        let issuing = self.issuing(said, plain);
        let exchange = self.both(
            ("ExhangeToAltinnToken", raw.exhange_to_altinn_token),
            ("ExchangeToAltinnToken", raw.exchange_to_altinn_token),
        );
        let debug_logging = self.both(
            ("EnableDebugLogging", raw.enable_debug_logging),
            ("EnableDebugLog", raw.enable_debug_log),
        );
        let use_altinn_test_org = self.flag("UseAltinnTestOrg", raw.use_altinn_test_org);
        let overwrite = self.flag("OverwriteAuthorizationHeader", raw.overwrite_authorization_header);
        let exchange_environment = filled(raw.token_exchange_environment);
        let exchange_named = exchange_environment.is_some();
        let exchange_environment = self.exchange_environment(exchange_environment, plain);
        let texts = [
            ("EncodedJwk", present(raw.encoded_jwk)),
            ("JwkBase64", present(raw.jwk_base64)),
            ("Jwk", present(raw.jwk.map(|json| json.0))),
            ("Jwks", present(raw.jwks.map(|json| json.0))),
            ("EncodedX509", present(raw.encoded_x509)),
        ];
        let options = self.key_options(filled(raw.kid), raw.certificate_pkcs12_password);
        let file = filled(raw.certificate_pkcs12_path);
        let before = self.problems.len();
        let key = self.key(texts, file, options);
        let signing_key = match &key {
            Some(key) if key_needed && self.problems.len() == before => self.signing_key(key),
            _ => None,
        };
        let second = self.second_key(present(raw.second_encoded_jwk), key_needed, signing_key.as_ref());
        if filled(raw.certificate_store_thumbprint).is_some() {
            if key.is_none() {
                self.problem(
                    "CertificateStoreThumbprint",
                    "a certificate store is only there on Windows and is not read; export the certificate and set \
                     `CertificatePkcs12Path` or `EncodedX509`",
                );
            } else {
                self.warn(format!("`{}` is not read", self.path("CertificateStoreThumbprint")));
            }
        } else if key.is_none() && key_needed {
            self.missing(
                "EncodedJwk",
                "; `JwkBase64`, `Jwk`, `Jwks`, `EncodedX509` or `CertificatePkcs12Path` would do as well; a certificate kept in \
                 Key Vault is a `managed` secret, which is skipped unless it is asked for",
            );
        }

        let (scopes, resource) = (filled(raw.scope), filled(raw.resource));
        let consumer_org = filled(raw.consumer_org_no);
        self.claims(&scopes, &resource, &consumer_org);
        // Alone this is no problem yet: the platform may be told in code, and who builds the client is told if it is not.
        let no_platform = exchange
            && !exchange_named
            && issuing
                .as_ref()
                .is_some_and(|issuing| has_no_platform(&issuing.environment));
        if no_platform && !self.problems.is_empty() {
            let what = "is missing: tokens are to be exchanged, and no Altinn environment goes with this authority";
            let problem = self.told("TokenExchangeEnvironment", what).missing();
            self.problems.push(problem);
        }

        let issuing = issuing?;
        let mut settings = MaskinportenSettings::new(client_id?, issuing.environment.clone());
        settings.issuing = issuing;
        settings.scopes = scopes;
        settings.resource = resource;
        settings.consumer_org = consumer_org;
        settings.key = key;
        settings.signing_key = signing_key;
        settings.second = second;
        settings.exchange = exchange;
        settings.exchange_environment = exchange_environment;
        settings.use_altinn_test_org = use_altinn_test_org;
        settings.overwrite_authorization_header = overwrite;
        settings.debug_logging = debug_logging;
        settings.place = self.place.clone();
        self.warnings.extend(mixed::warnings(&settings));
        Some(settings)
    }

    fn flag(&mut self, name: &str, text: Option<String>) -> bool {
        self.truth(name, text).unwrap_or_default()
    }

    fn truth(&mut self, name: &str, text: Option<String>) -> Option<bool> {
        match filled(text)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => {
                self.problem(name, "is neither `true` nor `false`");
                None
            }
        }
    }

    /// One setting under two names.
    fn both(&mut self, one: (&str, Option<String>), other: (&str, Option<String>)) -> bool {
        let (a, b) = (self.truth(one.0, one.1), self.truth(other.0, other.1));
        if a.is_some() && b.is_some() && a != b {
            self.problem(one.0, format!("contradicts `{}`; keep one of them", other.0));
        }
        a.or(b).unwrap_or_default()
    }

    fn exchange_environment(&mut self, text: Option<String>, plain: Plain) -> Option<String> {
        const NAME: &str = "TokenExchangeEnvironment";
        let text = text?;
        if self.slip(NAME, slip::of(&text)) {
            return None;
        }
        let read = AltinnEnvironment::read(&text, plain).map_err(|problem| self.problem(NAME, problem));
        read.ok().map(|environment| environment.to_string())
    }

    /// Claims that every request would be refused for. Scopes may come with each request.
    fn claims(&mut self, scopes: &Option<String>, resource: &Option<String>, consumer_org: &Option<String>) {
        let request = TokenRequest::new(scopes)
            .resource(resource.clone().unwrap_or_default())
            .consumer_org(consumer_org.clone().unwrap_or_default());
        for wrong in request.wrong() {
            let name = match wrong.claim {
                "scope" => "Scope",
                "resource" => "Resource",
                _ => "ConsumerOrgNo",
            };
            match &wrong.value {
                _ if self.slip(name, wrong.slip) => {}
                Some(value) => self.problem(name, format!("`{value}` {}", wrong.what)),
                None => self.problem(name, &wrong.what),
            }
        }
    }
}
