//! A new key pair: the private key into the vault or a file, the public key to stdout.

mod file;

use std::path::PathBuf;

use config_azure_keyvault::{NewSecret, SecretEditor};
use secrecy::ExposeSecret as _;

use crate::app::{App, AppArguments};
use crate::failure::Failure;
use crate::key::{self, Bits, LIFETIME, NewKey, PublicKey};
use crate::terminal::{GOOD, Terminal, styled};
use crate::vault::{at, day, now};

/// Which key, and where it goes.
#[derive(clap::Args)]
#[command(after_help = "\
The private key goes into the vault (--vault) or a file (--out), which only its owner reads. It is never shown.
The public key set goes to stdout: paste it into the client's keys at https://samarbeid.digdir.no.

Examples:
  maskinporten keygen --vault https://my-app.vault.azure.net --client-id ID
  maskinporten keygen --out secrets.json      in Development, on a machine of
                                              your own")]
pub(crate) struct KeygenArguments {
    /// The length of the modulus.
    #[arg(long, value_name = "BITS", default_value = "2048")]
    bits: Bits,
    /// What the key is called, instead of by the day and its thumbprint.
    #[arg(long, value_name = "KID", value_parser = key::kid)]
    kid: Option<String>,
    /// Set the client's id beside the key.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Write into this file instead of a vault, as `secrets.json` has it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace what is there already.
    #[arg(long)]
    force: bool,
    /// Make no key: show the public half of the one that is there.
    #[arg(long, conflicts_with_all = ["bits", "kid", "client_id", "force"])]
    public: bool,
}

pub(super) async fn run(arguments: &KeygenArguments, app: &AppArguments, terminal: &Terminal) -> Result<(), Failure> {
    let to_vault = app.vault.is_some();
    let app = app.app()?;
    let goal = match &arguments.out {
        Some(_) if to_vault => return Err(Failure::usage("say either --vault or --out: a key has one place")),
        Some(path) => Goal::File(path.clone()),
        None if to_vault => Goal::Vault(Box::new(app.editor()?)),
        None => {
            return Err(Failure::usage(
                "say where the private key goes: --vault URL, or --out FILE",
            ));
        }
    };
    let client_id = arguments.client_id.as_deref().map(str::trim);
    if client_id == Some("") {
        return Err(Failure::usage(
            "--client-id is blank; it is shown in Samarbeidsportalen",
        ));
    }
    let mut place = Place { app, goal };
    match arguments.public {
        true => {
            let public = place.public(terminal).await?;
            terminal.put_line(&public.set())
        }
        false => make(arguments, client_id, &mut place, terminal).await,
    }
}

async fn make(
    arguments: &KeygenArguments,
    client_id: Option<&str>,
    place: &mut Place,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if !arguments.force {
        place.refuse_taken(client_id, terminal).await?;
    }
    let new = {
        let _progress = terminal.progress("making the key");
        NewKey::generate(arguments.bits, arguments.kid.clone(), now() + LIFETIME).await?
    };
    for line in place.put(&new, client_id, arguments.force, terminal).await? {
        terminal.say(&format!("{} {line}", styled(GOOD, "set")));
    }
    let (bits, kid, end) = (arguments.bits.number(), &new.public.kid, day(new.expires));
    terminal.say(&format!("an RSA key of {bits} bits, kid {kid}; it ends {end}"));
    terminal.say("its public half, for the client's keys at https://samarbeid.digdir.no:");
    terminal.put_line(&new.public.set())
}

/// Where the private key goes.
struct Place {
    app: App,
    goal: Goal,
}

enum Goal {
    Vault(Box<SecretEditor>),
    File(PathBuf),
}

impl Place {
    fn key_name(&self) -> String {
        self.app.secret("EncodedJwk")
    }

    /// A key that is in use is not replaced by a slip, nor a client's id.
    async fn refuse_taken(&mut self, client_id: Option<&str>, terminal: &Terminal) -> Result<(), Failure> {
        let (key, id) = (self.key_name(), self.app.secret("ClientId"));
        match &mut self.goal {
            Goal::File(path) if path.exists() => Err(Failure::failed(format!(
                "{} is there already; --force replaces it, with all that is in it",
                path.display()
            ))),
            Goal::File(_) => Ok(()),
            Goal::Vault(editor) => {
                let _progress = terminal.progress("looking into the vault");
                if editor.get(&key).await?.is_some() {
                    return Err(Failure::failed(format!(
                        "{} has a secret `{key}` already; `maskinporten rotate` replaces a key in use, --force one that nobody \
                         uses, and --public shows its public half",
                        editor.vault()
                    )));
                }
                let Some(client_id) = client_id else { return Ok(()) };
                match editor.get(&id).await? {
                    Some(there) if there.value.expose_secret().trim() != client_id => Err(Failure::failed(format!(
                        "{} has a secret `{id}` of another client; --force replaces it",
                        editor.vault()
                    ))),
                    _ => Ok(()),
                }
            }
        }
    }

    /// Puts the key there, after the client's id: whoever reads meanwhile finds a whole pair or no key. Says what was set.
    async fn put(
        &mut self,
        new: &NewKey,
        client_id: Option<&str>,
        force: bool,
        terminal: &Terminal,
    ) -> Result<Vec<String>, Failure> {
        let (key, id) = (self.key_name(), self.app.secret("ClientId"));
        match &mut self.goal {
            Goal::File(path) => {
                let mut secrets = vec![(key.as_str(), new.encoded())];
                if let Some(client_id) = client_id {
                    secrets.insert(0, (id.as_str(), client_id));
                }
                file::write(path, &secrets, force)?;
                Ok(vec![format!("`{key}` in {}, which only you can read", path.display())])
            }
            Goal::Vault(editor) => {
                let mut set = Vec::new();
                let _progress = terminal.progress("writing to the vault");
                if let Some(client_id) = client_id {
                    editor.set(&id, &NewSecret::new(client_id.to_owned())).await?;
                    set.push(format!("secret `{id}` of {}", editor.vault()));
                }
                let secret = NewSecret::new(new.encoded().to_owned()).expires(at(new.expires));
                editor.set(&key, &secret).await?;
                set.push(format!("secret `{key}` of {}", editor.vault()));
                Ok(set)
            }
        }
    }

    /// The public half of what is there.
    async fn public(&mut self, terminal: &Terminal) -> Result<PublicKey, Failure> {
        let key = self.key_name();
        let (place, found) = match &mut self.goal {
            Goal::File(path) => (path.display().to_string(), file::read(path, &key)?),
            Goal::Vault(editor) => {
                let _progress = terminal.progress("looking into the vault");
                let found = editor.get(&key).await?.map(|secret| secret.value);
                (editor.vault().to_owned(), found)
            }
        };
        let found = found.ok_or_else(|| {
            Failure::failed(format!(
                "{place} has no `{key}`; `maskinporten keygen` without --public makes a key"
            ))
        })?;
        PublicKey::of_private(found.expose_secret()).ok_or_else(|| {
            Failure::failed(format!(
                "`{key}` of {place} is no JWK with a `kid`, so its public half is not known here; where nobody uses it, --force makes another"
            ))
        })
    }
}
