//! A key in use is replaced, without a moment in which no key is taken.
//!
//! Nothing is kept on this machine. What was done is read from where it was done: the client's registered keys, the vault's key, and a
//! secret beside it (`MaskinportenSettings-Rotation`) that holds the new key and the one before it while a rotation is under way. Each
//! step is one request, so that it was done or was not, and the next run goes on from there.

mod accept;
mod pause;
mod self_service;
mod state;
mod step;
mod world;

use std::time::Duration;

use crate::app::AppArguments;
use crate::failure::Failure;
use crate::terminal::{FAINT, GOOD, ODD, Terminal, styled};
use crate::vault::now;
pub(super) use state::ROTATION_TYPE;
use step::{Direction, Next};
use world::World;

/// How it is done.
#[derive(clap::Args)]
#[command(after_help = "\
1. A new key is put into the vault, beside the one in use.
2. Its public half is registered with the client, beside the others (Digdir's self-service API).
3. Maskinporten is asked for a token with it, until it takes it.
4. The vault's EncodedJwk is set to it.
5. The old key is removed from the client, once whatever runs has had the time (--grace) to read the new one.

Without --apply nothing is changed. What was interrupted is finished by running it again, or taken back by --undo.

Examples:
  maskinporten rotate                                what would be done
  maskinporten rotate --apply --admin-section SelfServiceSettings")]
pub(crate) struct RotateArguments {
    /// Do it.
    #[arg(long)]
    apply: bool,
    /// Go back: the key before takes its place again, and the new one is removed.
    #[arg(long)]
    undo: bool,
    /// Start another one, though the last was finished within the hour.
    #[arg(long)]
    force: bool,
    /// The section of the client that may change keys (scope `idporten:dcr.write`), where that is another one than the app's.
    #[arg(long, value_name = "NAME")]
    admin_section: Option<String>,
    /// The self-service API, where it is not Digdir's own.
    #[arg(long, value_name = "URL")]
    self_service: Option<String>,
    /// How long to wait until Maskinporten takes the new key.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = pause::read)]
    wait: Duration,
    /// How long the old key is left registered after the new one came into the vault: whatever runs has to read it meanwhile.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = pause::read)]
    grace: Duration,
}

pub(super) async fn run(arguments: &RotateArguments, app: &AppArguments, terminal: &Terminal) -> Result<(), Failure> {
    let mut world = {
        let _progress = terminal.progress("reading the vault and the client's keys");
        let (admin, api) = (arguments.admin_section.as_deref(), arguments.self_service.as_deref());
        World::read(app.app()?, admin, api).await?
    };
    let direction = match arguments.undo {
        true => Direction::Back,
        false => Direction::Forward,
    };
    if !arguments.apply {
        return plan(&world, direction, arguments, terminal);
    }
    loop {
        let step = match world.seen.next(direction, arguments.force, arguments.grace, now())? {
            Next::Step(step) => step,
            Next::Later { at } => {
                terminal.put_line(&later(&world, at))?;
                return Ok(());
            }
            Next::Nothing(why) => {
                terminal.say(why);
                return Ok(());
            }
        };
        let what = step.what(&world.seen, &world.names);
        {
            let _progress = terminal.progress(what.as_str());
            world.take(step, arguments.wait, terminal).await?;
        }
        terminal.put_line(&format!(
            "{}   {}",
            styled(GOOD, "done"),
            step.what(&world.seen, &world.names)
        ))?;
        if step.is_last() {
            return Ok(());
        }
    }
}

fn plan(world: &World, direction: Direction, arguments: &RotateArguments, terminal: &Terminal) -> Result<(), Failure> {
    let next = world.seen.next(direction, arguments.force, arguments.grace, now())?;
    if let Next::Nothing(why) = next {
        terminal.say(why);
        return Ok(());
    }
    for step in world.seen.steps(direction) {
        let what = step.what(&world.seen, &world.names);
        let mark = match world.seen.is_done(step) {
            true => styled(GOOD, "done "),
            false => styled(ODD, "to do"),
        };
        terminal.put_line(&format!("{mark}  {what}"))?;
    }
    if let Next::Later { at } = next {
        terminal.put_line(&later(world, at))?;
    }
    terminal.say("nothing was changed: --apply does it");
    Ok(())
}

fn later(world: &World, at: i64) -> String {
    let kid = world.seen.leaving().unwrap_or_default();
    format!(
        "{}  key {kid} stays registered until {} UTC: what runs may not have read the other yet; run this again then, or with --grace 0s",
        styled(FAINT, "later"),
        pause::minute(at),
    )
}
