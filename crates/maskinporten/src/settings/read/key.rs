//! The key of a section: which of its settings holds it, and what is said about it beside its text.

use secrecy::{ExposeSecret as _, SecretString};

use super::Reader;
use crate::error::Error;
use crate::key::{FileKey, KeyOptions, SettingsKey, SigningKey};
use crate::problem::SettingProblem;
use crate::settings::KeySetting;
use crate::slip;

impl Reader<'_> {
    /// What is wrong with them is told here, and not once more with the key.
    pub(super) fn key_options(&mut self, kid: Option<String>, password: Option<SecretString>) -> KeyOptions {
        self.slip("Kid", kid.as_deref().and_then(slip::of));
        let reference = password.as_ref().and_then(|text| slip::reference(text.expose_secret()));
        self.slip("CertificatePkcs12Password", reference);
        KeyOptions {
            kid,
            password,
            kid_is_judged: true,
            ..KeyOptions::new()
        }
    }

    /// Read here, so that its problem is told together with the others.
    pub(super) fn signing_key(&mut self, key: &KeySetting) -> Option<SigningKey> {
        match key.read() {
            Ok(key) => {
                // .NET sends the certificate, and does not read this there: left behind, it changes what Maskinporten checks.
                if key.is_certified() && key.kid().is_some() {
                    tracing::info!(
                        "`{}` is set: the key is named by this `kid`, and its certificate (`x5c`) is not sent",
                        self.path("Kid")
                    );
                }
                Some(key)
            }
            Err(error) => {
                self.key_problem(key.name(), error);
                None
            }
        }
    }

    /// `path` is where the key is set, whose last part is the setting.
    fn key_problem(&mut self, path: Option<&str>, error: Error) {
        let cause = &error.0.cause;
        let line = match error.remedy() {
            Some(remedy) => format!("{cause}; {remedy}"),
            None => cause.clone(),
        };
        let setting = path.and_then(|path| path.rsplit('.').next());
        self.problems.push(SettingProblem::new(setting, &line));
        self.key_error = Some(error);
    }

    /// Read here too where keys are, as it may never be needed and nobody would know that it cannot be used.
    pub(super) fn second_key(
        &mut self,
        text: Option<SecretString>,
        needed: bool,
        first: Option<&SigningKey>,
    ) -> Option<KeySetting> {
        const NAME: &str = "SecondEncodedJwk";
        let key = SettingsKey {
            setting: self.path(NAME),
            text: text?,
            options: KeyOptions::new(),
        };
        if needed {
            match key.read() {
                Ok(second) => {
                    if first.is_some_and(|first| first.identity() == second.identity()) {
                        self.warn(format!("`{}` is the same key as the first", self.path(NAME)));
                    }
                }
                Err(error) => {
                    // `Kid` is the first one's.
                    let error = match error.remedy() {
                        Some(remedy) if remedy.contains("`Kid`") => {
                            error.with_remedy("give it as a JWK with its own `kid`")
                        }
                        _ => error,
                    };
                    self.key_problem(Some(NAME), error);
                }
            }
        }
        Some(KeySetting::Text(key))
    }

    /// What Altinn.App's rule says of its three, and no guessing between libraries.
    pub(super) fn key(
        &mut self,
        texts: [(&'static str, Option<SecretString>); 5],
        file: Option<String>,
        options: KeyOptions,
    ) -> Option<KeySetting> {
        let mut set: Vec<(&'static str, Option<SecretString>)> =
            texts.into_iter().filter(|(_, text)| text.is_some()).collect();
        if file.is_some() {
            set.push(("CertificatePkcs12Path", None));
        }
        let of_altinn_app = |name: &str| matches!(name, "JwkBase64" | "Jwk" | "Jwks");
        if set.iter().all(|(name, _)| of_altinn_app(name)) {
            set.truncate(1);
        }
        if set.len() > 1 {
            let names: Vec<String> = set.iter().map(|(name, _)| format!("`{name}`")).collect();
            self.problem(
                set[0].0,
                format!("more than one key is set: {}; keep one of them", names.join(", ")),
            );
        }
        let (name, text) = set.into_iter().next()?;
        let setting = self.path(name);
        match (text, file) {
            (Some(text), _) => Some(KeySetting::Text(SettingsKey { setting, text, options })),
            (None, Some(path)) => Some(KeySetting::File(FileKey::new(path, options).named(setting))),
            (None, None) => None,
        }
    }
}
