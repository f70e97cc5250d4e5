//! The session of the README, run: what stands there is what happens.
//!
//! To write it anew: `README=write cargo test -p maskinporten-cli --test suite session`.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::Output;

use altinn_emulators::maskinporten_emulator::ClientKey;
use serde_json::{Value, json};

use crate::support::World;

const BEGIN: &str = "<!-- session -->\n```console\n";
const END: &str = "```\n<!-- /session -->";

struct Session {
    world: World,
    transcript: String,
}

impl Session {
    /// With an empty vault, and a client without a key that anybody has.
    fn new() -> Self {
        let world = World::new();
        world.emulators.vault.default_vault().clear();
        world.write(
            "secrets.json",
            &json!({ "Database": { "Password": "a-password-of-mine" } }),
        );
        Self {
            world,
            transcript: String::new(),
        }
    }

    fn client_id(&self) -> String {
        self.world.emulators.maskinporten.client().client_id().to_owned()
    }

    /// Runs a command as it stands there, with one terminal for all that it says, and notes that. Gives what it said.
    fn run(&mut self, line: &str) -> String {
        let real = line
            .replace("https://my-app.vault.azure.net", &self.world.emulators.vault.url())
            .replace("CLIENT", &self.client_id());
        let mut arguments: Vec<&str> = real.split(' ').skip(1).collect();
        arguments.push("--no-verify-challenge");
        let (mut terminal, end) = std::io::pipe().expect("a pipe");
        let mut command = self.world.command(&arguments);
        command.stdout(end.try_clone().expect("its other end")).stderr(end);
        let mut child = command.spawn().expect("it runs");
        // It holds the ends of the pipe, which is read until all of them are closed.
        drop(command);
        let mut said = String::new();
        terminal.read_to_string(&mut said).expect("text");
        let status = child.wait().expect("it ends");
        assert!(status.success(), "{said}");

        let answer = said.find('{').or_else(|| said.find("eyJ")).unwrap_or(said.len());
        let (stderr, stdout) = said.split_at(answer);
        let output = Output {
            status,
            stdout: stdout.as_bytes().to_vec(),
            stderr: stderr.as_bytes().to_vec(),
        };
        self.world.finished(&output, &arguments);
        let shown = self.shown(&said);
        let line = line.replace("CLIENT", "1b719f92-…");
        let _ = write!(self.transcript, "$ {line}\n{shown}");
        said
    }

    /// Without what is another each time, or longer than anybody reads.
    fn shown(&self, text: &str) -> String {
        let world = &self.world;
        let text = text
            .replace(&world.emulators.vault.url(), "https://my-app.vault.azure.net")
            .replace(&world.emulators.maskinporten.issuer(), "https://test.maskinporten.no/")
            .replace(&self.client_id(), "1b719f92-…");
        text.lines().map(|line| cut(line) + "\n").collect()
    }
}

/// One line: keys and tokens by their beginning, days as `…`.
fn cut(line: &str) -> String {
    if line.starts_with("eyJ") {
        return "eyJ…".to_owned();
    }
    if let Some((start, _)) = line.split_once("\"n\": \"") {
        return format!("{start}\"n\": \"…\",");
    }
    if let Some((start, rest)) = line.split_once("\"kid\": \"") {
        let kid = rest.trim_end_matches("\",");
        return format!("{start}\"kid\": \"{}\",", word(kid));
    }
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Days and keys' names are others each time.
fn word(word: &str) -> String {
    let is_day = |text: &str| text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let end = word.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-.".contains(c));
    match word.is_ascii() && is_day(word) {
        true if word.contains('.') => format!("2026-11-29.9f86…{end}"),
        true => format!("2027-11-29{end}"),
        false => word.to_owned(),
    }
}

#[test]
fn the_session_of_the_readme_goes_from_an_empty_vault_to_a_token() {
    let mut session = Session::new();
    session.run("maskinporten push secrets.json --vault https://my-app.vault.azure.net");
    let made = session.run("maskinporten keygen --vault https://my-app.vault.azure.net --client-id CLIENT");
    // Pasted into the portal.
    let set: Value = serde_json::from_str(&made[made.find('{').expect("JSON")..]).expect("a key set");
    let key = ClientKey::from_jwk(&set["keys"][0].to_string()).expect("a public key");
    let maskinporten = &session.world.emulators.maskinporten;
    maskinporten.set_keys(&session.client_id(), [key]).expect("the client");
    let token = session.run("maskinporten token");
    let token = token.lines().last().expect("a line");
    assert_eq!(token.split('.').count(), 3, "a token");

    let expires = session.transcript.find("expires in").expect("how long it lives");
    let tail = session.transcript[expires..].find('\n').expect("a line") + expires;
    session.transcript.replace_range(expires..tail, "expires in     119 s");
    is_what_stands_there(&session.transcript);
}

fn is_what_stands_there(transcript: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README");
    let begin = readme.find(BEGIN).expect("where it begins") + BEGIN.len();
    let end = readme[begin..].find(END).expect("where it ends") + begin;
    if std::env::var_os("README").is_some_and(|how| how == "write") {
        let written = format!("{}{transcript}{}", &readme[..begin], &readme[end..]);
        std::fs::write(&path, written).expect("the README is written");
        return;
    }
    assert_eq!(
        &readme[begin..end],
        transcript,
        "the README is stale; `README=write cargo test -p maskinporten-cli --test suite session` writes it anew"
    );
}
