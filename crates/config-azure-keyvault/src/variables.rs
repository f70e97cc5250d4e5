//! The one place that reads the process environment.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// The process environment, or the one a test injects. Its `Debug` shows no value.
#[derive(Clone, Default)]
pub(crate) struct Variables(Option<Arc<HashMap<String, OsString>>>);

impl Variables {
    pub(crate) fn given(variables: impl IntoIterator<Item = (String, OsString)>) -> Self {
        Self(Some(Arc::new(variables.into_iter().collect())))
    }

    /// Are they the process's own?
    pub(crate) fn is_process(&self) -> bool {
        self.0.is_none()
    }

    /// The variable's text if it is set; what is no Unicode is as good as unreadable, and taken lossily so that it is
    /// never mistaken for absent.
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.get_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    #[allow(clippy::disallowed_methods)]
    pub(crate) fn get_os(&self, name: &str) -> Option<OsString> {
        match &self.0 {
            Some(given) => given.get(name).cloned(),
            None => std::env::var_os(name),
        }
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Variables(given)"
        } else {
            "Variables(process)"
        })
    }
}
