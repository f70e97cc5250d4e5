//! From a failing deployment to its cause: the guide's steps as a check list, each with what was found, and where it failed with the
//! cause, the remedy and the exact command.

mod advice;
mod case;
mod key;
mod look;
mod names;
mod page;
mod section;
mod services;
mod setting;
mod step;
mod surroundings;
mod vault;
mod walk;

use std::time::Duration;

use serde_json::json;

use crate::app::AppArguments;
use crate::failure::Failure;
use crate::terminal::{BAD, GOOD, ODD, Terminal, styled};
use case::Case;
use names::Names;
use step::{Outcome, Step};
use walk::WALK;

/// How to look.
#[derive(clap::Args)]
#[command(after_help = "\
Exit status: 0 where nothing failed, 1 where a step failed, 2 where the command line cannot be understood.

With --json there is one object:
  environment  its name
  passed       whether no step failed
  steps        each with `step` (environment, files, vault, credential, dns,
               tls, sign_in, list, get, secret, local_file, section, setting,
               key, clock, metadata, token, altinn), `outcome` (passed, warned,
               failed, not_asked, not_reached), `message`, and where there is
               one `remedy`, `command` and `page`

Examples:
  maskinporten doctor --env Production
  maskinporten doctor --json | jq '.steps[] | select(.outcome == \"failed\")'")]
pub(crate) struct DoctorArguments {
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
    /// How long the vault, and then Maskinporten, may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Resolve `@Microsoft.KeyVault(…)` in files and variables, as an app does that asks for it.
    #[arg(long)]
    resolve_references: bool,
}

pub(super) async fn run(arguments: &DoctorArguments, app: &AppArguments, terminal: &Terminal) -> Result<(), Failure> {
    let mut case = case(arguments, app)?;
    let mut steps: Vec<Step> = Vec::new();
    for part in WALK {
        let found = {
            let _progress = terminal.progress(part.under_way);
            part.walk(&mut case).await
        };
        if !arguments.json {
            for step in &found {
                terminal.put(&page::lines(step))?;
            }
        }
        steps.extend(found);
    }
    let of = |outcome| steps.iter().filter(|step| step.outcome == outcome).count();
    let (failed, warned) = (of(Outcome::Failed), of(Outcome::Warned));
    match arguments.json {
        true => terminal.put_line(
            &json!({
                "environment": case.app.environment.name(),
                "passed": failed == 0,
                "steps": steps.iter().map(Step::json).collect::<Vec<_>>(),
            })
            .to_string(),
        )?,
        false => terminal.put_line(&format!("\n{}", verdict(failed, warned)))?,
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Told),
    }
}

fn verdict(failed: usize, warned: usize) -> String {
    let many = |n: usize, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
    let warnings = many(warned, "warning", "warnings");
    match (failed, warned) {
        (0, 0) => styled(GOOD, "all is well"),
        (0, _) => format!("{}, {}", styled(GOOD, "it works"), styled(ODD, &warnings)),
        (n, 0) => styled(BAD, &many(n, "step failed", "steps failed")),
        (n, _) => format!(
            "{}, {}",
            styled(BAD, &many(n, "step failed", "steps failed")),
            styled(ODD, &warnings)
        ),
    }
}

fn case(arguments: &DoctorArguments, app: &AppArguments) -> Result<Case, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let mut names = Names::default();
    names.app = variable("AZURE_CLIENT_ID").filter(|id| names::is_id(id));
    if let Some(authority) = variable("AZURE_AUTHORITY_HOST") {
        names.of_authority(&authority);
    }
    names.section = Some(app.section.clone());
    Ok(Case {
        app: app.app()?,
        arguments: app.clone(),
        timeout: Duration::from_secs(arguments.timeout),
        resolves: arguments.resolve_references,
        earlier: None,
        plan: None,
        vault_answer: None,
        config: None,
        report: None,
        settings: None,
        exchanges: false,
        client: None,
        authority_answer: None,
        has_token: false,
        names,
    })
}
