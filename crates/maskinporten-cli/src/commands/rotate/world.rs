//! What is there, and the hands that change it.

use std::time::{Duration, UNIX_EPOCH};

use config_azure_keyvault::{CurrentSecret, NewSecret, SecretEditor};
use maskinporten::MaskinportenSettings;
use secrecy::ExposeSecret as _;

use super::accept::accepted;
use super::self_service::{Registered, SCOPE, SelfService, base};
use super::state::{Key, ROTATION_TYPE, Rotation};
use super::step::{Direction, Names, Seen, Step};
use crate::app::App;
use crate::failure::Failure;
use crate::key::{Bits, LIFETIME, NewKey, PublicKey};
use crate::terminal::Terminal;
use crate::vault::{at, now};

pub(super) struct World {
    pub(super) seen: Seen,
    pub(super) names: Names,
    app: App,
    editor: SecretEditor,
    self_service: SelfService,
    settings: MaskinportenSettings,
}

impl World {
    /// `admin` is the section of the client that may change keys, `self_service` where, each if it is said.
    pub(super) async fn read(app: App, admin: Option<&str>, self_service: Option<&str>) -> Result<Self, Failure> {
        let config = app.config().await?;
        let settings = app.settings(&config)?;
        let admin = match admin {
            None => settings.clone(),
            Some(section) => MaskinportenSettings::from_config(&config, section)?,
        };
        // Of what it asks for otherwise it needs nothing.
        let admin = admin
            .scope(SCOPE)
            .exchange_to_altinn_token(false)
            .resource("")
            .consumer_org("");
        let url = base(self_service, settings.environment())?;
        let mut editor = app.editor()?;
        let names = Names {
            vault: editor.vault().to_owned(),
            client: settings.client_id().to_owned(),
            key: app.secret("EncodedJwk"),
            rotation: app.secret("Rotation").replace("--Rotation", "-Rotation"),
        };
        let current = editor.get(&names.key).await?.ok_or_else(|| {
            Failure::failed(format!(
                "{} has no secret `{}` to rotate; `maskinporten keygen --vault` makes the first key",
                names.vault, names.key
            ))
        })?;
        let current_since = since(&current);
        let current = Key::read(current.value, &format!("secret `{}`", names.key))?;
        let in_use = settings.signing_key()?;
        if in_use.kid() != Some(current.kid.as_str()) {
            return Err(Failure::failed(format!(
                "the app signs under another name than that of the key in secret `{}` of {}: its key is set elsewhere too, or \
                 `{}.Kid` names another; take that away first",
                names.key, names.vault, app.section,
            )));
        }
        let written = editor.get(&names.rotation).await?;
        let rotation_since = written.as_ref().map_or(0, since);
        let rotation = match &written {
            Some(written) => Rotation::read(&written.value, &format!("secret `{}`", names.rotation))?,
            None => Rotation::None,
        };
        let self_service = SelfService::new(app.client(admin)?, url, &names.client)?;
        let registered = self_service.keys().await?;
        Ok(Self {
            seen: Seen {
                current,
                current_since,
                rotation,
                rotation_since,
                registered,
                accepted: false,
            },
            names,
            app,
            editor,
            self_service,
            settings,
        })
    }

    /// Does it. What it became is taken from the answer, and not asked again: what asks may be told of a moment before.
    pub(super) async fn take(&mut self, step: Step, wait: Duration, terminal: &Terminal) -> Result<(), Failure> {
        match step {
            Step::Stage => self.stage().await,
            Step::Register(direction) => self.register(direction).await,
            Step::Accept(direction) => {
                let (comes, _) = self.keys(direction)?;
                accepted(&self.app, &self.settings, &comes, wait, terminal).await?;
                self.seen.accepted = true;
                Ok(())
            }
            Step::Promote(direction) => self.promote(direction).await,
            Step::Retire(direction) => self.retire(direction).await,
            Step::Clear(direction) => {
                let over = match direction {
                    Direction::Forward => Rotation::Finished {
                        kid: self.seen.current.kid.clone(),
                    },
                    Direction::Back => Rotation::None,
                };
                self.write(over).await
            }
        }
    }

    fn keys(&self, direction: Direction) -> Result<(Key, Key), Failure> {
        let keys = self.seen.keys(direction);
        let (comes, goes) = keys.ok_or_else(|| Failure::failed("no rotation is under way"))?;
        Ok((comes.clone(), goes.clone()))
    }

    /// The old key is kept beside the new one: it is what `--undo` goes back to.
    async fn stage(&mut self) -> Result<(), Failure> {
        let new = NewKey::generate(Bits::of(self.seen.current.bits), None, now() + LIFETIME).await?;
        let next = Key::read(new.encoded().to_owned().into(), "the new key")?;
        let previous = self.seen.current.clone();
        self.write(Rotation::UnderWay { next, previous }).await
    }

    async fn write(&mut self, rotation: Rotation) -> Result<(), Failure> {
        let secret = NewSecret::new(rotation.write()).content_type(ROTATION_TYPE);
        self.editor.set(&self.names.rotation, &secret).await?;
        self.seen.rotation_since = now();
        self.seen.rotation = rotation;
        Ok(())
    }

    async fn register(&mut self, direction: Direction) -> Result<(), Failure> {
        let (comes, _) = self.keys(direction)?;
        let public = PublicKey::of_private(comes.value.expose_secret());
        let jwk = public.and_then(|public| serde_json::to_value(public).ok());
        let new = jwk.and_then(Registered::of).ok_or_else(|| {
            Failure::failed(format!(
                "key {} is no JWK, so that its public half is not known here; register it at https://samarbeid.digdir.no, and run this \
                 again",
                comes.kid
            ))
        })?;
        let now = now();
        // One that has ended would live again.
        let live = self.seen.registered.iter().filter(|key| !key.has_ended(now));
        let mut keys: Vec<Registered> = live.cloned().collect();
        keys.push(new);
        self.post(&keys, &comes.kid, true).await
    }

    async fn retire(&mut self, direction: Direction) -> Result<(), Failure> {
        let (_, goes) = self.keys(direction)?;
        let now = now();
        let stay = self.seen.registered.iter();
        let stay: Vec<Registered> = stay
            .filter(|key| key.kid != goes.kid && !key.has_ended(now))
            .cloned()
            .collect();
        self.post(&stay, &goes.kid, false).await
    }

    /// Posts a set, and sees that this key is among what it became, or is not.
    async fn post(&mut self, keys: &[Registered], kid: &str, is_there: bool) -> Result<(), Failure> {
        let registered = self.self_service.post(keys).await?;
        if registered.iter().any(|key| key.kid == kid) != is_there {
            return Err(Failure::failed(format!(
                "the self-service API took the keys and answered with others; see at https://samarbeid.digdir.no what became of key {kid}"
            )));
        }
        self.seen.registered = registered;
        Ok(())
    }

    async fn promote(&mut self, direction: Direction) -> Result<(), Failure> {
        let (comes, _) = self.keys(direction)?;
        let secret = NewSecret::new(comes.value.clone());
        let secret = match comes.expires {
            Some(expires) => secret.expires(at(expires)),
            None => secret,
        };
        self.editor.set(&self.names.key, &secret).await?;
        self.seen.current = comes;
        // Two clocks: whatever they say, it was set after the rotation began.
        self.seen.current_since = now().max(self.seen.rotation_since);
        Ok(())
    }
}

/// When this version was made, by the vault's clock.
fn since(secret: &CurrentSecret) -> i64 {
    let created = secret.properties.created.or(secret.properties.updated);
    let since = created.and_then(|created| created.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
