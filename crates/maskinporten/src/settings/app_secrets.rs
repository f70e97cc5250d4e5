//! The file that Altinn Studio mounts into an app of Altinn.App: a source for `config`.

use std::io::ErrorKind::NotFound;
use std::path::PathBuf;

use config::{ConfigError, Map, Source, Value, ValueKind};
use zeroize::Zeroizing;

use super::spelling;

/// Where Altinn Studio's operator puts it.
const MOUNTED: &str = "/mnt/app-secrets/maskinporten-settings.json";

/// Ends the origin of what the file says.
const STUDIO: &str = ", by Altinn Studio";

/// The settings that Altinn Studio gives an app: `/mnt/app-secrets/maskinporten-settings.json`, as Altinn.App v9 reads it.
///
/// Added after the app's own files, it takes the place of what they say of client, issuer and key, in whatever spelling: `Authority` that
/// of `Environment`, `Jwk` that of `EncodedJwk`. The rest of the section, such as `Scope`, stays. Where it is not mounted, as on a
/// developer's machine, it says nothing. Where a source after it says another `ClientId` with a key of its own, the file's key is left
/// aside.
///
/// ```
/// use config::{Config, File, FileFormat};
/// use maskinporten::AppSecrets;
///
/// # let appsettings = "{}";
/// let config = Config::builder()
///     .add_source(File::from_str(appsettings, FileFormat::Json)) // the app's own `appsettings.json`
///     .add_source(AppSecrets::mounted())
///     .build()?;
/// # Ok::<(), config::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct AppSecrets {
    path: PathBuf,
}

impl AppSecrets {
    /// The file where Altinn Studio mounts it.
    #[must_use]
    pub fn mounted() -> Self {
        Self::at(MOUNTED)
    }

    /// The file at another path: what Altinn.App has in `MaskinportenSettingsFilepath`, or the one for the app's internal client,
    /// `maskinporten-settings-internal.json`.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// No error quotes what is in the file.
    fn failed(&self, why: &str) -> ConfigError {
        let path = self.path.display();
        ConfigError::Message(format!("Maskinporten: the file `{path}` cannot be read: {why}"))
    }

    fn origin(&self) -> String {
        format!("{}{STUDIO}", self.path.display())
    }

    fn read(&self) -> Result<Map<String, Value>, ConfigError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == NotFound => return Ok(Map::new()),
            Err(error) => return Err(self.failed(&error.to_string())),
        };
        let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let json: serde_json::Value = serde_json::from_slice(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.failed(&format!(
                "it is not JSON: it breaks off or goes wrong at line {line}, column {column}"
            ))
        })?;
        match value(json, &self.origin()).kind {
            ValueKind::Table(table) => Ok(table),
            _ => Err(self.failed("it holds no JSON object")),
        }
    }
}

/// With its origin.
fn value(json: serde_json::Value, origin: &String) -> Value {
    use serde_json::Value as Json;
    let kind = match json {
        Json::Null => ValueKind::Nil,
        Json::Bool(bool) => bool.into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().into(),
        },
        Json::String(text) => text.into(),
        Json::Array(all) => ValueKind::Array(all.into_iter().map(|json| value(json, origin)).collect()),
        Json::Object(all) => {
            let all = all.into_iter().map(|(name, json)| (name, value(json, origin)));
            ValueKind::Table(all.collect())
        }
    };
    Value::new(Some(origin), kind)
}

/// What says the same in other words, and so is gone where the file says it.
const SAME: [&[&str]; 3] = [
    &["ClientId"],
    &["Environment", "Authority", "Issuer", "TokenEndpoint"],
    &[
        "EncodedJwk",
        "SecondEncodedJwk",
        "JwkBase64",
        "Jwk",
        "Jwks",
        "EncodedX509",
        "CertificatePkcs12Path",
        "CertificatePkcs12Password",
        "CertificateStoreThumbprint",
        "Kid",
    ],
];

/// Takes away what this section of the file says.
fn clear(there: &mut Map<String, Value>, section: &Map<String, Value>) {
    let says = |name: &str| {
        section
            .iter()
            .any(|(own, value)| !is_blank(value) && spelling::is(own, name))
    };
    for same in SAME.iter().filter(|same| same.iter().any(|name| says(name))) {
        there.retain(|name, _| !same.iter().any(|known| spelling::is(name, known)));
    }
    there.retain(|name, _| !says(name));
}

fn said(section: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    section.into_iter().filter(|(_, value)| !is_blank(value))
}

/// Whether it came from such a file.
pub(super) fn is_studios(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Table(all) => all.values().any(is_studios),
        ValueKind::Array(all) => all.iter().any(is_studios),
        _ => value.origin().is_some_and(|origin| origin.ends_with(STUDIO)),
    }
}

fn is_blank(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Nil => true,
        ValueKind::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

impl Source for AppSecrets {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        self.read()
    }

    /// Here is what the sources before it say.
    fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        let file = self.read()?;
        let ValueKind::Table(all) = &mut cache.kind else {
            return Err(self.failed("the sources before it say no table"));
        };
        for (name, value) in file {
            // A section may be there in several spellings.
            let alike: Vec<String> = all.keys().filter(|there| spelling::is(there, &name)).cloned().collect();
            let ValueKind::Table(section) = value.kind else {
                // What is blank says nothing, and takes nothing away.
                if !is_blank(&value) {
                    all.insert(name, value);
                }
                continue;
            };
            for there in &alike {
                if let Some(ValueKind::Table(there)) = all.get_mut(there).map(|there| &mut there.kind) {
                    clear(there, &section);
                }
            }
            let exact = alike.iter().find(|there| **there == name);
            let place = exact.or(alike.first()).unwrap_or(&name).clone();
            let there = all
                .entry(place)
                .or_insert_with(|| Value::new(Some(&self.origin()), ValueKind::Table(Map::new())));
            match &mut there.kind {
                ValueKind::Table(there) => there.extend(said(section)),
                other => *other = ValueKind::Table(said(section).collect()),
            }
        }
        Ok(())
    }
}
