//! One problem of settings: a room of its own, since errors hold it and what reads settings finds it.

use std::fmt;

/// One thing that is wrong with settings, of an error that tells all of them in one line: [`Error::problems`](crate::Error::problems).
///
/// ```
/// use config::Config;
/// use maskinporten::{MaskinportenSettings, SettingProblem};
///
/// let config = Config::builder().set_override("MaskinportenSettings.Environment", "nowhere")?.build()?;
/// let error = MaskinportenSettings::from_config(&config, "MaskinportenSettings").unwrap_err();
/// let missing = error.problems().iter().filter(|problem| problem.is_missing());
/// let missing: Vec<&str> = missing.filter_map(SettingProblem::setting).collect();
/// assert_eq!(missing, ["ClientId", "EncodedJwk"]);
/// # Ok::<(), config::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    setting: Option<String>,
    is_missing: bool,
    cause: String,
    remedy: Option<String>,
}

impl SettingProblem {
    /// A line says what is wrong, and after the first semicolon what helps.
    pub(crate) fn new(setting: Option<&str>, line: &str) -> Self {
        let (cause, remedy) = match line.split_once("; ") {
            Some((cause, remedy)) => (cause, Some(remedy.to_owned())),
            None => (line, None),
        };
        Self {
            setting: setting.filter(|name| !name.is_empty()).map(str::to_owned),
            is_missing: false,
            cause: cause.to_owned(),
            remedy,
        }
    }

    pub(crate) fn missing(self) -> Self {
        Self {
            is_missing: true,
            ..self
        }
    }

    /// Whose it is: the setting's name as it is documented, or as it is written where it is no setting of ours, without its section.
    /// `None`: it is the section's.
    #[must_use]
    pub fn setting(&self) -> Option<&str> {
        self.setting.as_deref()
    }

    /// The setting is needed and nobody sets it.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.is_missing
    }

    /// What is wrong, with the setting's name in full and without a value.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }
}

/// Both, in one line.
impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}
