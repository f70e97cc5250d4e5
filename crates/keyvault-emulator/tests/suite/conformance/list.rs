//! The list itself: topics, rows, and the cases that a row stands for.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::fill::fill;

const TOPICS: [&str; 7] = [
    include_str!("../../../conformance/access.json"),
    include_str!("../../../conformance/values.json"),
    include_str!("../../../conformance/changes.json"),
    include_str!("../../../conformance/lists.json"),
    include_str!("../../../conformance/deleted.json"),
    include_str!("../../../conformance/backup.json"),
    include_str!("../../../conformance/limits.json"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) expects: String,
    pub(super) source: Vec<String>,
    /// What the row is asked for each of; once without.
    #[serde(default)]
    each: Vec<Map<String, Value>>,
    setup: Option<Setup>,
    /// The service may take a moment until it is so.
    #[serde(default)]
    settles: bool,
    /// Requests beforehand, which succeed.
    #[serde(default)]
    given: Vec<Value>,
    ask: Value,
    answer: Expected,
}

/// What only an emulator can be made to be.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Setup {
    pub(super) refusal: Option<String>,
    pub(super) firewall: Option<String>,
    pub(super) seed: Option<Seed>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Seed {
    pub(super) content_type: String,
    pub(super) managed: bool,
}

/// Patterns of an answer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: Map<String, Value>,
    pub(super) body: Value,
}

/// One thing to ask, of a row with or without `each`.
pub(super) struct Case {
    pub(super) id: String,
    pub(super) setup: Option<Setup>,
    pub(super) settles: bool,
    pub(super) given: Vec<Value>,
    pub(super) ask: Value,
    pub(super) answer: Expected,
}

pub(super) fn topics() -> Vec<Topic> {
    TOPICS.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

pub(super) fn cases() -> Vec<Case> {
    let rows = topics().into_iter().flat_map(|topic| topic.rows);
    rows.flat_map(|row| row.cases()).collect()
}

impl Row {
    pub(super) fn cases(&self) -> Vec<Case> {
        if self.each.is_empty() {
            return vec![self.case(self.id.clone(), &Map::new())];
        }
        let each = self.each.iter().enumerate();
        each.map(|(index, known)| self.case(format!("{}.{index}", self.id), known))
            .collect()
    }

    fn case(&self, id: String, known: &Map<String, Value>) -> Case {
        let answer = &self.answer;
        let headers = answer.headers.iter();
        Case {
            id,
            setup: self.setup.clone(),
            settles: self.settles,
            given: self.given.iter().map(|given| fill(given, known)).collect(),
            ask: fill(&self.ask, known),
            answer: Expected {
                status: answer.status,
                headers: headers
                    .map(|(name, value)| (name.clone(), fill(value, known)))
                    .collect(),
                body: fill(&answer.body, known),
            },
        }
    }
}
