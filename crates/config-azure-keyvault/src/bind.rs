//! Typed settings, with the secret's name beside each setting that is missing.

use std::cell::RefCell;
use std::collections::HashMap;

use config::Config;
use config_bind::{Binder, Missing};
use serde::de::DeserializeOwned;

use crate::error::{Error, Problem};

/// Typed settings out of a [`Config`], as of [`config_bind`], whose errors name the Key Vault secret that would set what is missing.
///
/// All rules are [`config_bind::BindConfig`]'s.
pub trait BindConfig {
    /// Binds the whole configuration.
    ///
    /// # Errors
    /// [`ErrorKind::Bind`](crate::ErrorKind::Bind) with every setting that does not fit in
    /// [`problems`](crate::Error::problems).
    fn bind<T: DeserializeOwned>(&self) -> Result<T, Error>;

    /// Binds one section: `"MaskinportenSettings"`; a path as `"A.B"`, `"A:B"` or `"A--B"`; an element as `"A.0"` or `"A[0]"`.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    fn bind_section<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error>;

    /// Binds the whole configuration, and refuses keys that nothing reads: a setting that is misspelt.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), and a problem for each key that nothing reads.
    fn bind_strict<T: DeserializeOwned>(&self) -> Result<T, Error>;

    /// Binds one section, as [`bind_section`](Self::bind_section), and refuses keys in it that nothing reads.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), and a problem for each key that nothing reads.
    fn bind_section_strict<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error>;
}

impl BindConfig for Config {
    fn bind<T: DeserializeOwned>(&self) -> Result<T, Error> {
        bound(Binder::new(self))
    }

    fn bind_section<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error> {
        bound(Binder::new(self).section(section))
    }

    fn bind_strict<T: DeserializeOwned>(&self) -> Result<T, Error> {
        bound(Binder::new(self).strict())
    }

    fn bind_section_strict<T: DeserializeOwned>(&self, section: &str) -> Result<T, Error> {
        bound(Binder::new(self).section(section).strict())
    }
}

fn bound<T: DeserializeOwned>(binder: Binder<'_>) -> Result<T, Error> {
    let secrets = RefCell::new(HashMap::new());
    let bound = binder
        .remedy(|missing| {
            let secret = secret(missing)?;
            secrets.borrow_mut().insert(missing.key.clone(), secret.clone());
            Some(secret)
        })
        .bind();
    bound.map_err(|error| {
        let secrets = secrets.borrow();
        let problems = error.problems().iter().map(|problem| Problem {
            key: problem.key.clone(),
            message: problem.message.clone(),
            origin: problem.origin.clone(),
            secret: problem.remedy.as_ref().and_then(|_| secrets.get(&problem.key).cloned()),
        });
        Error::bind(problems.collect())
    })
}

/// The secret that would set it, if one can be named so.
fn secret(missing: &Missing) -> Option<String> {
    let names: Vec<_> = missing
        .path
        .iter()
        .map(|name| if name.contains('_') { pascal(name) } else { name.clone() })
        .collect();
    let fits = |name: &String| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !name.contains("--")
    };
    let secret = names.join("--");
    (!names.is_empty() && names.iter().all(fits) && secret.len() <= 127).then_some(secret)
}

fn pascal(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars).collect::<String>()
        })
        .collect()
}
