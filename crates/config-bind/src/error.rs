//! What does not fit, in words, without a value.

use std::fmt;

/// One setting that does not fit the type it is bound to. Holds no value.
///
/// ```
/// use config::Config;
/// use config_bind::BindConfig;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Settings {
///     port: u16,
/// }
///
/// let config = Config::builder().set_override("Port", "hunter2")?.build()?;
/// let error = config.bind::<Settings>().unwrap_err();
/// let problem = &error.problems()[0];
/// assert_eq!(problem.key, "Port");
/// assert_eq!(problem.message, "expected an integer from 0 to 65535, found a text that is none");
/// # Ok::<(), config::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The setting, as `Section.Key`; an array's element as `Section.Key[0]`. What would end its line is an escape (`\n`), as in origin
    /// and remedy; in the message it is a blank.
    pub key: String,
    /// What is wrong with it, in words.
    pub message: String,
    /// Where the value came from, if it is there.
    pub origin: Option<String>,
    /// What would mend it, in the words of the caller's [`remedy`](crate::Binder::remedy).
    pub remedy: Option<String>,
}

/// A setting that a type needs and no source sets.
///
/// A remedy that knows the variables of an operator's environment:
///
/// ```
/// use config_bind::{Binder, Missing};
///
/// fn variable(missing: &Missing) -> Option<String> {
///     Some(format!("set {}", missing.path.join("__").to_uppercase()))
/// }
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Database {
///     password: String,
/// }
///
/// let config = config::Config::default();
/// let error = Binder::new(&config).section("Database").remedy(variable).bind::<Database>().unwrap_err();
/// assert!(error.to_string().ends_with("(set DATABASE__PASSWORD)"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missing {
    /// The setting, as [`Problem::key`](Problem::key) has it.
    pub key: String,
    /// The names on the way to it, outermost first, the section that was asked for included; an array's element by its index.
    pub path: Vec<String>,
    /// What its type would take.
    pub shape: Shape,
}

/// What a missing setting's type asks for.
///
/// A variable holds one value: for a list or a section there is nothing to say.
///
/// ```
/// use config_bind::{Missing, Shape};
///
/// fn variable(missing: &Missing) -> Option<String> {
///     (missing.shape == Shape::Value).then(|| format!("set {}", missing.path.join("__").to_uppercase()))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// One value: a text, a number, true or false.
    Value,
    /// A list.
    List,
    /// A section, or a map with keys of any name.
    Section,
}

impl Problem {
    pub(crate) fn new(key: impl Into<String>, message: &str) -> Self {
        Self {
            key: key.into(),
            message: one_line(message),
            origin: None,
            remedy: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.message)?;
        if let Some(origin) = &self.origin {
            write!(f, " (from {origin})")?;
        }
        if let Some(remedy) = &self.remedy {
            write!(f, " ({remedy})")?;
        }
        Ok(())
    }
}

/// Settings that do not fit the type they are bound to: all of them, on one line, without a value.
///
/// `Debug` writes the same line, so that `fn main() -> Result<(), Error>` ends with something to read.
///
/// ```
/// use config::Config;
/// use config_bind::{BindConfig, Error};
///
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     port: u16,
/// }
///
/// fn settings(config: &Config) -> Result<Settings, Error> {
///     config.bind()
/// }
///
/// match settings(&Config::default()) {
///     Ok(settings) => println!("port {}", settings.port),
///     Err(error) => eprintln!("{error}"), // configuration does not fit: `Port`: is missing
/// }
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    problems: Vec<Problem>,
}

impl Error {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// Every setting that does not fit; never empty.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("configuration does not fit: ")?,
            n => write!(f, "configuration does not fit, {n} problems: ")?,
        }
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A name or a place on one line: what would end it, or move a cursor, becomes an escape.
pub(crate) fn escaped(text: &str) -> String {
    let ends_it = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        match ends_it(c) {
            true => line.extend(c.escape_debug()),
            false => line.push(c),
        }
        line
    })
}

/// Words of others on one line, without control characters, cut to a length a log line can bear.
fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(MOST) {
        line.truncate(end);
        line.push('…');
    }
    line
}
