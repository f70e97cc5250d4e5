//! What became of one step: data, for people and for machines alike.

use serde_json::{Value, json};

use super::advice::Advice;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// It works, and somebody should look at it.
    Warned,
    Failed,
    /// Nobody wants it here.
    NotAsked,
    /// What it needs failed.
    NotReached,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::NotAsked => "not_asked",
            Self::NotReached => "not_reached",
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    /// What was found; where it failed, the cause.
    pub(super) message: String,
    pub(super) remedy: Option<String>,
    pub(super) advice: Advice,
}

impl Step {
    fn new(name: &'static str, outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            name,
            outcome,
            message: one_line(&message.into()),
            remedy: None,
            advice: Advice::default(),
        }
    }

    pub(super) fn passed(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Outcome::Passed, found)
    }

    pub(super) fn warned(name: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(name, Outcome::Warned, cause).with_remedy(remedy)
    }

    pub(super) fn failed(name: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(name, Outcome::Failed, cause).with_remedy(remedy)
    }

    pub(super) fn not_asked(name: &'static str, why: impl Into<String>) -> Self {
        Self::new(name, Outcome::NotAsked, why)
    }

    pub(super) fn not_reached(name: &'static str) -> Self {
        Self::new(name, Outcome::NotReached, "not reached")
    }

    fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(one_line(&remedy.into())).filter(|remedy| !remedy.is_empty());
        self
    }

    pub(super) fn with_advice(mut self, advice: Advice) -> Self {
        self.advice = advice;
        self
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "step": self.name,
            "outcome": self.outcome.name(),
            "message": self.message,
            "remedy": self.remedy,
            "command": self.advice.command,
            "page": self.advice.page,
        })
    }
}

/// Names come from files and from elsewhere: nothing of them moves a terminal's cursor.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A number of things, in English.
pub(super) fn counted(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}
