//! `docs/operating.md` quotes lines of the log: each is one that the code writes.

use std::time::Duration;

use config::Config;
use config_azure_keyvault::{AzureKeyVault, OptionalIf};
use keyvault_emulator::{Permissions, SecretSeed};

use crate::support::lines::Lines;
use crate::support::{World, builder, leaks, over};

const PAGE: &str = include_str!("../../docs/operating.md");

/// The lines of the page's `log` blocks: a level, and words with `…` for what differs.
fn quoted() -> Vec<(String, String)> {
    let mut quoted = Vec::new();
    let mut inside = false;
    for line in PAGE.lines().map(str::trim) {
        match line {
            "```log" => inside = true,
            "```" => inside = false,
            _ if inside => {
                let (level, words) = line.split_once(' ').expect("a level and words");
                quoted.push((level.to_owned(), words.to_owned()));
            }
            _ => {}
        }
    }
    quoted
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

#[tokio::test]
async fn each_quoted_line_is_one_that_the_code_writes() {
    let lines = Lines::listen();
    warned_of().await;
    needed_by_nobody().await;
    rotated().await;
    here_in_development();
    let written = lines.take();
    let quoted = quoted();
    assert!(quoted.len() >= 15, "{quoted:?}");
    for (level, words) in quoted {
        let is_it = |(at, line): &(tracing::Level, String)| at.as_str() == level && fits(&words, line);
        assert!(
            written.iter().any(is_it),
            "nobody writes `{level} {words}`:\n{written:#?}"
        );
    }
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
