//! One case, whoever asks.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::ask::{Ask, Client, Seen, remembered};
use super::fill::fill;
use super::list::{Case, Expected};
use super::pattern::{differences, is_text_like};

pub(super) const VALUE: &str = "a value of the list";
const LONGEST_NAME: usize = 127;

/// How often, and how far apart, to look again where the service takes a moment.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) looks: usize,
    pub(super) pause: Duration,
}

impl Patience {
    /// What an emulator says at once.
    pub(super) const NONE: Self = Self {
        looks: 1,
        pause: Duration::ZERO,
    };
}

/// What a row may name. `link` is the origin of links to the next page, where it is not the vault's.
pub(super) fn known(name: &str, vault: &str, resource: &str, link: Option<&str>) -> Map<String, Value> {
    let padded = |length: usize| format!("{name}{}", "-".repeat(length - name.len()));
    let known = json!({
        "name": name,
        "NAME": name.to_ascii_uppercase(),
        "longest": padded(LONGEST_NAME),
        "too long": padded(LONGEST_NAME + 1),
        "value": VALUE,
        "vault": vault,
        "link": link.unwrap_or(vault),
        "resource": resource,
    });
    known.as_object().unwrap().clone()
}

/// Asks, and tells in what the answer differs.
pub(super) async fn run(
    case: &Case,
    client: &impl Client,
    mut known: Map<String, Value>,
    patience: Patience,
) -> Result<(), String> {
    for given in &case.given {
        for ask in times(given, &known) {
            let ask = Ask::of(ask);
            let told = look(client, &ask, patience, |seen| {
                let done = (200..300).contains(&seen.status);
                if done {
                    Vec::new()
                } else {
                    vec![format!("{} {}", seen.status, seen.body)]
                }
            });
            let seen = told.await.map_err(|told| failed(case, &ask, &told))?;
            if let Some(name) = &ask.known_as {
                known.insert(name.clone(), remembered(&seen));
            }
        }
    }
    let ask = Ask::of(addressed(&case.ask, &known));
    let patience = if case.settles { patience } else { Patience::NONE };
    let told = look(client, &ask, patience, |seen| differs(&case.answer, seen, &known));
    told.await.map(|_| ()).map_err(|told| failed(case, &ask, &told))
}

fn failed(case: &Case, ask: &Ask, told: &[String]) -> String {
    format!("  {}, {:?}:\n    {}", case.id, ask.operation, told.join("\n    "))
}

/// Asks until nothing differs any more.
async fn look(
    client: &impl Client,
    ask: &Ask,
    patience: Patience,
    differs: impl Fn(&Seen) -> Vec<String>,
) -> Result<Seen, Vec<String>> {
    let mut told = Vec::new();
    for look in 0..patience.looks {
        if look > 0 {
            tokio::time::sleep(patience.pause).await;
        }
        let seen = client.ask(ask).await;
        told = differs(&seen);
        if told.is_empty() {
            return Ok(seen);
        }
    }
    Err(told)
}

fn differs(expected: &Expected, seen: &Seen, known: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    if seen.status != expected.status {
        found.push(format!("status {} is not {}", seen.status, expected.status));
    }
    for (name, pattern) in expected.headers.iter().filter(|_| seen.headers.is_some()) {
        let header = seen.headers.as_ref().and_then(|headers| headers.get(name));
        let header = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let pattern = fill(pattern, known);
        if !is_text_like(pattern.as_str().unwrap(), header) {
            found.push(format!("header {name}: {header:?} is not {pattern}"));
        }
    }
    found.extend(differences(&expected.body, &seen.body, known));
    found
}

/// A request as often as it says, each with its number.
pub(super) fn times(ask: &Value, known: &Map<String, Value>) -> Vec<Value> {
    let mut ask = ask.clone();
    let times = ask.as_object_mut().unwrap().remove("times");
    let times = times.as_ref().and_then(Value::as_u64).unwrap_or(1);
    let numbered = (0..times).map(|n| {
        let mut known = known.clone();
        known.insert("n".to_owned(), json!(n.to_string()));
        addressed(&ask, &known)
    });
    numbered.collect()
}

/// A request is about the case's own secret unless it says otherwise.
fn addressed(ask: &Value, known: &Map<String, Value>) -> Value {
    let mut ask = fill(ask, known);
    let members = ask.as_object_mut().unwrap();
    members.entry("name").or_insert_with(|| known["name"].clone());
    ask
}
