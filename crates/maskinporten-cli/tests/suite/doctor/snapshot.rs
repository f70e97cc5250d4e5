//! What the program wrote, against a file of it: `snapshots/NAME.txt`. To write the files anew, and then to read the difference:
//!
//! ```sh
//! MASKINPORTEN_SNAPSHOTS=write cargo test -p maskinporten-cli --test suite doctor && git diff crates/maskinporten-cli
//! ```

use std::path::Path;

use crate::support::World;

const COLUMNS: usize = 80;

#[track_caller]
pub(super) fn assert(world: &World, name: &str, written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/suite/doctor/snapshots")
        .join(format!("{name}.txt"));
    if !name.ends_with(".json") {
        assert_fits(written);
    }
    let normal = normal(world, written);
    if std::env::var_os("MASKINPORTEN_SNAPSHOTS").is_some_and(|how| how == "write") {
        std::fs::write(&path, &normal).expect("the snapshot is written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == normal, "{} differs; now it is:\n{normal}", path.display());
}

/// No line is longer than eighty columns, but for a word that is.
#[track_caller]
fn assert_fits(text: &str) {
    for line in text.lines() {
        let is_one_word = line.trim_start().trim_start_matches(['→', '$', ' ']).split(' ').count() < 3;
        assert!(line.chars().count() <= COLUMNS || is_one_word, "{line}");
    }
}

/// Without what a run decides by chance: ports, ids, times and addresses, each by as many signs, so that lines stay as they are.
fn normal(world: &World, text: &str) -> String {
    // Whether this machine has both is its own affair.
    let mut text = text.replace("127.0.0.1 and ::1", "127.0.0.1");
    for client in world.emulators.maskinporten.clients() {
        text = text.replace(client.key().kid(), &"K".repeat(client.key().kid().len()));
    }
    let mut normal = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | ':') {
            word.push(c);
            continue;
        }
        normal.push_str(&known(&word));
        word.clear();
        normal.push(c);
    }
    normal.pop();
    normal
}

/// An id, a port or a count of seconds is told by its form.
fn known(word: &str) -> String {
    let hex = word.chars().filter(char::is_ascii_hexdigit).count();
    let port = word
        .rsplit_once(':')
        .filter(|(_, port)| port.len() >= 4 && port.bytes().all(|b| b.is_ascii_digit()));
    match port {
        _ if word.len() == 36 && hex == 32 => "I".repeat(36),
        _ if word.len() == 32 && hex == 32 => "V".repeat(32),
        Some((host, port)) => format!("{host}:{}", "P".repeat(port.len())),
        None if word.len() == 3 && word.parse().is_ok_and(|left: u32| (112..120).contains(&left)) => "120".to_owned(),
        None => word.to_owned(),
    }
}
