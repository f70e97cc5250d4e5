//! What reads texts that somebody else wrote, a door for each: its tests give them anything.
//!
//! A door panics where a promise is broken. What it allocates, and how long it takes, is judged by whoever knocks.

use std::path::Path;

use config::Value;
use doors::Door;

use crate::error::{Error, ErrorKind, Stage};
use crate::failure::{Answer, Body, Speaker};
use crate::local::{self, Leaf};
use crate::mapping::{Entry, Placed, overlay, split_name};
use crate::quoted::Secrets;
use crate::variables::Variables;
use crate::{reference, settings as vault_settings, vault};

mod tests;

/// What may be allocated for each byte that comes in, all together, freed or not, ...
const FOR_EACH_BYTE: usize = 400;
/// ... beside what any text may cost.
const FOR_ANY: usize = 4 * 1024 * 1024;
/// ... and what the paths of a local file's values may cost, each of which is kept for each of them: 16 MiB, and copies.
const FOR_PATHS: usize = 128 * 1024 * 1024;

/// What a door may allocate for a text.
fn most(door: &str, length: usize) -> usize {
    let paths = match door {
        "names" | "local" | "settings" => FOR_PATHS,
        _ => 0,
    };
    FOR_ANY + FOR_EACH_BYTE * length + paths
}

/// By name, which is that of its corpus in `tests/corpus`, too.
const DOORS: [(&str, Door); 8] = [
    ("names", names),
    ("local", local_file),
    ("reference", references),
    ("settings", settings),
    ("page", page),
    ("secret", secret),
    ("refusal", refusal),
    ("challenge", challenge),
];

/// What was sent, as what comes back may quote it.
const SENT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiIxIn0.c2lnbmF0dXJl";

const SUFFIX: &str = "vault.azure.net";

/// Names of secrets, a line each; over what a local file in front of the first blank line has.
fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (earlier, names) = text.split_once("\n\n").unwrap_or(("", &text));
    let mut cache = tree(local::fuzz::leaves(earlier.as_bytes()).unwrap_or_default());
    let entries: Vec<Entry> = (0..)
        .zip(names.lines())
        .map(|(updated, name)| of_vault(name, updated))
        .collect();
    lay(&mut cache, entries);
}

/// The file that stands in for the vault.
fn local_file(bytes: &[u8]) {
    match local::fuzz::leaves(bytes) {
        Ok(leaves) => drop(tree(leaves)),
        Err(why) => judge(&Error::new(ErrorKind::LocalFile, Stage::LocalFile, why)),
    }
}

/// A value that may be a reference, and in front of the first blank line what stands beside it.
fn references(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for text in text.split("\n\n") {
        let mut tree = Value::new(None, text);
        match reference::found_in(&tree, SUFFIX) {
            Err(error) => judge(&error),
            Ok(found) => {
                assert!(found.is_empty() || reference::is_reference(text), "it was no reference");
                for found in found {
                    let vault = found.reference.vault;
                    assert_eq!(
                        (vault.scheme(), vault.path(), vault.username()),
                        ("https", "/", ""),
                        "{vault}"
                    );
                }
            }
        }
        reference::put(&mut tree, SUFFIX, &Default::default());
    }
}

/// What earlier sources say of the vault, as a local file has it.
fn settings(bytes: &[u8]) {
    let earlier = tree(local::fuzz::leaves(bytes).unwrap_or_default());
    let variables = Variables::given([]);
    match vault_settings::read(None, &earlier, Path::new(""), &variables, SUFFIX) {
        Ok(settings) => assert_eq!(settings.vault.scheme(), "https"),
        Err(error) => judge(&error),
    }
    if let Err(error) = vault_settings::identity(&earlier, Path::new("")) {
        judge(&error);
    }
}

/// A page of the list.
fn page(bytes: &[u8]) {
    if let Err(error) = vault::fuzz::page(bytes) {
        judge(&error);
    }
}

/// A secret as it is got.
fn secret(bytes: &[u8]) {
    if let Err(error) = vault::fuzz::secret(bytes) {
        judge(&error);
    }
}

/// A refusal of anybody's: the content type, and behind a blank line the body.
fn refusal(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (content_type, body) = match text.split_once("\n\n") {
        Some((content_type, body)) => (Some(content_type), body),
        None => (None, &*text),
    };
    let body = Secrets::of([SENT]).cut(body);
    assert!(!body.contains(SENT), "what was sent is shown");
    for speaker in [Speaker::Vault, Speaker::SignIn, Speaker::Identity] {
        let answer = Answer::read(speaker, 403, Body::of(content_type, body.as_bytes()));
        judge_line(&answer.to_string());
        judge(&vault::fuzz::refused(answer));
    }
    // What was sent may be anything as well, but is no longer than a token.
    let sent: String = text.chars().take(2_000).collect();
    Secrets::of([&*sent]).cut(&sent);
}

/// The header that says how to sign in.
fn challenge(bytes: &[u8]) {
    if let Some(error) = vault::fuzz::challenged(&String::from_utf8_lossy(bytes)) {
        judge(&error);
    }
}

fn of_vault(name: &str, updated: i64) -> Entry {
    Entry {
        name: name.to_owned(),
        path: split_name(name).unwrap_or_default(),
        value: name.into(),
        origin: "vault".to_owned(),
        updated: Some(updated % 7),
    }
}

fn of_file(leaf: Leaf) -> Entry {
    Entry {
        name: leaf.path.join("--"),
        path: leaf.path,
        value: leaf.value,
        origin: "file".to_owned(),
        updated: None,
    }
}

fn tree(leaves: Vec<Leaf>) -> Value {
    let mut tree = Value::default();
    lay(&mut tree, leaves.into_iter().map(of_file).collect());
    tree
}

/// Every entry is loaded or left out with a reason, or all are refused.
fn lay(cache: &mut Value, entries: Vec<Entry>) {
    let count = entries
        .iter()
        .filter(|entry| !matches!(entry.value, config::ValueKind::Nil))
        .count();
    match overlay(cache, entries) {
        Ok(Placed { loaded, dropped, .. }) => assert!(loaded.len() + dropped.len() >= count, "a name is lost"),
        Err(too_deep) => drop(too_deep.to_string()),
    }
}

fn judge(error: &Error) {
    judge_line(&error.to_string());
}

/// One line that a log can bear, whoever wrote what it speaks of.
fn judge_line(line: &str) {
    assert!(
        !line.contains(char::is_control),
        "several lines, or what moves a cursor: {line:?}"
    );
    assert!(!line.contains(SENT), "what was sent is shown");
}
