//! `docs/operating.md` quotes lines of the log: each is one that the code writes. And it tells what each state of health means.

mod client;
mod sources;

use std::time::Duration;

use config::Config;
use config_azure_keyvault::{AzureKeyVault, OptionalIf};
use keyvault_emulator::{Fault, Permissions, RequestKind, SecretSeed};

use crate::support::lines::Lines;
use crate::support::{World, builder, leaks, over};

const PAGE: &str = include_str!("../../docs/operating.md");

/// The section with the other crate's lines.
const OF_THE_CLIENT: &str = "Log lines of a Maskinporten client";

struct Quoted {
    /// The heading that it stands under.
    section: &'static str,
    level: &'static str,
    /// With `…` for what differs.
    words: &'static str,
}

/// The lines of the page's `log` blocks.
fn quoted() -> Vec<Quoted> {
    let mut quoted = Vec::new();
    let mut section = "";
    let mut inside = false;
    for line in PAGE.lines().map(str::trim) {
        match line {
            "```log" => inside = true,
            "```" => inside = false,
            _ if inside => {
                let (level, words) = line.split_once(' ').expect("a level and words");
                quoted.push(Quoted { section, level, words });
            }
            _ => section = line.strip_prefix("## ").unwrap_or(section),
        }
    }
    quoted
}

/// Fails where nobody wrote such a line.
fn assert_written(quoted: &[Quoted], written: &[(tracing::Level, String)]) {
    for Quoted { level, words, .. } in quoted {
        let is_it = |(at, line): &(tracing::Level, String)| at.as_str() == *level && fits(words, line);
        assert!(
            written.iter().any(is_it),
            "nobody writes `{level} {words}`:\n{written:#?}"
        );
    }
}

/// Is the line these words, with anything where they have `…`?
fn fits(words: &str, line: &str) -> bool {
    let mut pieces = words.split('…');
    let Some(mut rest) = line.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    for (n, piece) in pieces.iter().enumerate() {
        let found = match n + 1 == pieces.len() {
            true => rest.len().checked_sub(piece.len()).filter(|_| rest.ends_with(piece)),
            false => rest.find(piece),
        };
        let Some(at) = found else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty()
}

#[test]
fn a_pattern_fits_from_end_to_end() {
    assert!(fits("a … b", "a x b") && fits("a", "a") && fits("a …", "a b c"));
    assert!(!fits("a … b", "a x b c") && !fits("a", "ab") && !fits("… b", "a c"));
}

/// The rows of the section's tables of states: what each is called, and whether it is ready.
fn states() -> Vec<(&'static str, bool)> {
    let (_, section) = PAGE.split_once("\n## Health\n").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].trim_matches('`'), cells[2] == "yes")
    })
    .collect()
}

#[test]
fn each_state_of_health_is_told_with_whether_it_is_ready() {
    use config_azure_keyvault::HealthState as Vault;
    use maskinporten::HealthState as Client;

    let vault = [Vault::Unknown, Vault::Healthy, Vault::Degraded, Vault::Failing];
    let client = [Client::Unknown, Client::Healthy, Client::Degraded, Client::Failing];
    let vault = vault.map(|state| (state.to_string(), state.is_ready()));
    let client = client.map(|state| (state.to_string(), state.is_ready()));
    let told: Vec<_> = states()
        .into_iter()
        .map(|(name, ready)| (name.to_owned(), ready))
        .collect();
    assert_eq!(told, [vault, client].concat());
}

#[tokio::test]
async fn each_quoted_line_is_one_that_the_code_writes() {
    let lines = Lines::listen();
    warned_of().await;
    needed_by_nobody().await;
    asked_too_often().await;
    rotated().await;
    here_in_development();
    let mut quoted = quoted();
    quoted.retain(|quoted| quoted.section != OF_THE_CLIENT);
    assert!(quoted.len() >= 15, "{}", quoted.len());
    assert_written(&quoted, &lines.take());
    leaks::assert_clean_logs();
}

/// Secrets that want attention, in the sync form.
async fn warned_of() {
    let world = World::start().await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    let now = i64::try_from(now.as_secs()).expect("before the end of time");
    let day = 24 * 60 * 60;
    let seed = |name: &str| SecretSeed::new(name, leaks::marker());
    world.vault.seed(seed("Ended").expires(now - day));
    world.vault.seed(seed("EndsSoon").expires(now + 7 * day));
    world.vault.seed(seed("Later").not_before(now + day));
    world.seed(&["Hosts--0", "Hosts--x", "Db", "Db--Password", "Section--Key"]);
    let source = world.source();
    over(r#"{ "Section": "value" }"#)
        .add_source(source)
        .build()
        .expect("it loads");
}

async fn needed_by_nobody() {
    let world = World::start().await;
    world.vault.set_permissions(Permissions::none());
    let source = world.source().optional([OptionalIf::NoPermission]);
    builder(&source).build().await.expect("it need not be there");
}

/// The vault refuses more than once, and one line says so.
async fn asked_too_often() {
    let world = World::start().await;
    world.seed(&["Database--Password"]);
    world
        .emulator
        .inject(Fault::throttled(None).for_kind(RequestKind::List).times(2));
    builder(&world.source()).build().await.expect("it loads");
}

/// A new version, an hour without permission, and a value that does not fit.
async fn rotated() {
    #[derive(serde::Deserialize)]
    struct Port {
        #[allow(dead_code)]
        port: u16,
    }
    let world = World::start().await;
    world.seed(&["Database--Password"]);
    world.vault.set("Database--Port", "1");
    let source = world.source();
    let watch = source
        .watch(Config::builder())
        .interval(Duration::from_secs(3600))
        .start()
        .await;
    let watch = watch.expect("it loads");
    let bound = watch.bind_section::<Port>("Database").expect("it fits");
    world.vault.set("Database--Password", leaks::marker());
    watch.refresh().await.expect("it loads");
    world.vault.set_permissions(Permissions::none());
    watch.refresh().await.expect_err("it may not");
    world.vault.set_permissions(Permissions::default());
    world.vault.set("Database--Port", "no number");
    watch.refresh().await.expect("it loads");
    assert!(bound.status().unbound.is_some());
}

fn here_in_development() {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = AzureKeyVault::new("https://my-app.vault.azure.net")
        .process_environment([("DOTNET_ENVIRONMENT", "Development")])
        .mounted_settings("/nowhere")
        .working_directory(folder.path());
    let runtime = std::thread::spawn({
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        move || tracing::dispatcher::with_default(&dispatch, || Config::builder().add_source(vault).build().map(|_| ()))
    });
    runtime.join().expect("no panic").expect("nothing is needed");
}
