//! A local file's secrets into a vault: what is new and what changed, by name and never by value.

mod plan;
mod tally;

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use config::Config;
use config_azure_keyvault::{AzureKeyVault, HostEnvironment, NewSecret, SecretEditor};
use secrecy::{ExposeSecret as _, SecretString};

use crate::app::AppArguments;
use crate::failure::Failure;
use crate::terminal::Terminal;
use plan::{Entry, Fate, Held};
use tally::Tally;

/// What goes where.
#[derive(clap::Args)]
#[command(after_help = "\
+ new   ~ changed   = the same, not written   - pruned
! cannot be a secret's name, or a secret's value

Examples:
  maskinporten push secrets.json --dry-run --vault https://NAME.vault.azure.net
  maskinporten push secrets.json --prefix MyApp-- --vault https://…")]
pub(crate) struct PushArguments {
    /// The file: JSON as `secrets.json` has it, with comments, nested or flat (`Section--Key`, `Section:Key`).
    file: PathBuf,
    /// What stands before each name in the vault; `--` is put behind it where it does not end with a hyphen.
    #[arg(long, value_name = "PREFIX", default_value = "")]
    prefix: String,
    /// Only show what would change.
    #[arg(long)]
    dry_run: bool,
    /// Delete what is in the vault under the prefix and not in the file. What a certificate holds stays.
    #[arg(long)]
    prune: bool,
    /// Prune without asking.
    #[arg(short, long)]
    yes: bool,
}

pub(super) async fn run(arguments: &PushArguments, app: &AppArguments, terminal: &Terminal) -> Result<(), Failure> {
    let prefix = whole(&arguments.prefix);
    let leaves = plan::leaves(&read(&arguments.file).await?, &prefix);
    if leaves.is_empty() {
        return Err(Failure::usage(format!("{} holds no secret", arguments.file.display())));
    }
    let app = app.app()?;
    let mut editor = app.editor()?;
    let held = {
        let _progress = terminal.progress(format!("reading {}", editor.vault()));
        held(&mut editor, &leaves).await?
    };
    let entries = plan::plan(leaves, &held, arguments.prune.then_some(prefix.as_str()));
    let mut lines = String::new();
    for entry in &entries {
        lines.push_str(&entry.line());
        lines.push('\n');
    }
    terminal.put(&lines)?;
    let unfit = entries
        .iter()
        .filter(|entry| matches!(entry.fate, Fate::Unfit(_)))
        .count();
    if unfit > 0 {
        return Err(Failure::failed(format!(
            "{unfit} of {} cannot be put into a vault, so nothing was written; mend what is marked with `!`",
            arguments.file.display()
        )));
    }
    let tally = Tally::of(&entries, terminal);
    if arguments.dry_run {
        tally.would(editor.vault());
        return Ok(());
    }
    let pruned = entries
        .iter()
        .filter(|entry| matches!(entry.fate, Fate::Pruned))
        .count();
    if pruned > 0 && !arguments.yes {
        may_prune(pruned, editor.vault()).await?;
    }
    write(&mut editor, &entries, &held, tally, terminal).await
}

/// `MyApp` is also the beginning of `MyAppOther--Key`, which is not to be pruned. Whoever reads with either prefix takes the `--` away.
fn whole(prefix: &str) -> String {
    match prefix.is_empty() || prefix.ends_with('-') {
        true => prefix.to_owned(),
        false => format!("{prefix}--"),
    }
}

/// The file, read as the app would read it in Development.
async fn read(path: &Path) -> Result<Config, Failure> {
    if !path.exists() {
        return Err(Failure::usage(format!("{} is not there", path.display())));
    }
    let absolute = std::path::absolute(path)
        .map_err(|error| Failure::usage(format!("{} cannot be found: {error}", path.display())))?;
    let file = AzureKeyVault::default()
        .environment(HostEnvironment::development())
        .local_file(absolute);
    let read = Config::builder().add_async_source(file).build().await;
    // Where the file is wrong, its user is: nothing was tried yet.
    read.map_err(|error| match Failure::from(error) {
        Failure::Failed(line) => Failure::Usage(line),
        other => other,
    })
}

/// What the vault has, with the values of what the file has too.
async fn held(editor: &mut SecretEditor, leaves: &[plan::Leaf]) -> Result<HashMap<String, Held>, Failure> {
    let mut held = HashMap::new();
    for properties in editor.list().await? {
        let key = properties.name.to_ascii_lowercase();
        held.insert(
            key,
            Held {
                properties,
                value: None,
            },
        );
    }
    let is_readable = |there: &Held| there.properties.enabled == Some(true) && !there.properties.managed;
    // A disabled one gives no value; what is set over it is another version, and enabled.
    let mut wanted: Vec<String> = leaves.iter().map(|leaf| leaf.name.to_ascii_lowercase()).collect();
    wanted.retain(|key| held.get(key).is_some_and(is_readable));
    wanted.sort_unstable();
    wanted.dedup();
    let got = editor.get_all(&wanted).await?;
    for (key, secret) in wanted.iter().zip(got) {
        if let (Some(there), Some(secret)) = (held.get_mut(key), secret) {
            there.value = Some(secret.value);
        }
    }
    Ok(held)
}

/// Each secret is one request: what is interrupted has written whole secrets, and says which.
async fn write(
    editor: &mut SecretEditor,
    entries: &[Entry],
    held: &HashMap<String, Held>,
    mut tally: Tally<'_>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let _progress = terminal.progress(format!("writing to {}", editor.vault()));
    for entry in entries {
        match (&entry.fate, &entry.value) {
            (Fate::New | Fate::Changed, Some(value)) => {
                tally.begin(&entry.name);
                editor
                    .set(&entry.name, &secret(value, held.get(&entry.name.to_ascii_lowercase())))
                    .await?;
            }
            (Fate::Pruned, _) => {
                tally.begin(&entry.name);
                editor.delete(&entry.name).await?;
            }
            _ => continue,
        }
        tally.done();
    }
    tally.finish(editor.vault());
    Ok(())
}

/// A new version is of the kind that the one before was.
fn secret(value: &SecretString, before: Option<&Held>) -> NewSecret {
    let secret = NewSecret::new(value.expose_secret().to_owned());
    match before.and_then(|before| before.properties.content_type.as_ref()) {
        Some(content_type) => secret.content_type(content_type),
        None => secret,
    }
}

async fn may_prune(count: usize, vault: &str) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "{count} secrets of {vault} would be deleted and nobody can be asked; --yes says that they may be"
        )));
    }
    let _ = write!(std::io::stderr(), "delete {count} secrets of {vault}? [y/N] ");
    // On a thread of its own: Ctrl-C has to be heard meanwhile.
    let asked = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = asked.await.ok().and_then(Result::ok).unwrap_or_default();
    match matches!(answer.trim(), "y" | "Y" | "yes") {
        true => Ok(()),
        false => Err(Failure::failed(
            "nothing was written: the secrets were not to be deleted",
        )),
    }
}
