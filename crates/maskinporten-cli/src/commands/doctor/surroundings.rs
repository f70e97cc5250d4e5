//! What is there before anybody is asked: the environment, the files, which vault, and who signs in to it.

use config_azure_keyvault::{HostEnvironment, Stage};

use super::advice::{self, Finding};
use super::case::Case;
use super::names::is_like;
use super::step::{Step, counted};

/// .NET's own; an app may have others.
const KNOWN: [&str; 3] = ["Development", "Staging", "Production"];

/// What says which environment this is.
pub(super) fn named_by(case: &Case) -> &'static str {
    match &case.arguments.env {
        Some(_) => "--env",
        None => HostEnvironment::named_by().unwrap_or("no variable"),
    }
}

pub(super) fn environment(case: &mut Case) -> Vec<Step> {
    let name = case.app.environment.name().to_owned();
    let by = named_by(case);
    let meant = KNOWN
        .into_iter()
        .find(|known| !case.app.environment.is(known) && is_like(&name, known));
    case.names.variable = Some(by.trim_start_matches("--env"))
        .filter(|by| by.contains("ENV"))
        .map(str::to_owned);
    case.names.environment = meant.map(str::to_owned);
    if let Some(meant) = meant {
        let cause = format!("`{name}` ({by} says so) is an environment of its own, and not {meant}");
        let remedy = format!("if {meant} is meant, write it so; its files and its vault are another's until then");
        return vec![
            Step::warned("environment", cause, remedy).with_advice(advice::of(Finding::Environment, &case.names)),
        ];
    }
    vec![Step::passed(
        "environment",
        match by {
            "no variable" => format!("{name}, as no variable names another"),
            by => format!("{name} ({by} says so)"),
        },
    )]
}

pub(super) fn files(case: &mut Case) -> Vec<Step> {
    match case.app.earlier() {
        Ok(earlier) => case.earlier = Some(earlier),
        Err(failure) => return vec![Step::failed("files", failure.to_string(), "mend the file")],
    }
    let layers = &case.app.layers;
    let told: Vec<String> = layers
        .iter()
        .map(|layer| match layer.found {
            true => layer.path.display().to_string(),
            false => format!("{} (not there)", layer.path.display()),
        })
        .collect();
    let told = format!("{}, and variables with `__` over them", told.join(", then "));
    if layers.iter().all(|layer| !layer.found) {
        let remedy = "if the app has files, name their folder with --dir, or each of them with --file";
        return vec![Step::warned("files", format!("no file is there: {told}"), remedy)];
    }
    let others = others(case);
    if !others.is_empty() {
        let cause = format!("{told}; there are others: {}", others.join(", "));
        let remedy = "see whether this is the environment that is meant: each has files of its own";
        return vec![Step::warned("files", cause, remedy).with_advice(advice::of(Finding::Environment, &case.names))];
    }
    vec![Step::passed("files", told)]
}

/// Files of other environments, where this one has none. Development's is on every machine that the code is on.
fn others(case: &Case) -> Vec<String> {
    let has_own = case.app.layers.last().is_some_and(|layer| layer.found);
    if has_own || !case.arguments.files.is_empty() || case.app.environment.is_development() {
        return Vec::new();
    }
    let files = std::fs::read_dir(&case.arguments.dir).into_iter().flatten().flatten();
    let mut others: Vec<String> = files
        .filter_map(|file| file.file_name().into_string().ok())
        .filter(|name| name.starts_with("appsettings.") && name.ends_with(".json") && name != "appsettings.json")
        .filter(|name| name != "appsettings.Development.json")
        .collect();
    others.sort();
    others.truncate(5);
    others
}

/// Where the vault is and who signs in: what a load would do.
pub(super) fn vault(case: &mut Case) -> Option<Vec<Step>> {
    let earlier = case.earlier.as_ref()?;
    let planned = case.vault().plan(earlier);
    let mut steps = Vec::new();
    match planned {
        Ok(plan) if case.app.environment.is_development() => {
            steps.push(in_development(case, &plan));
            case.plan = Some(plan);
        }
        Ok(plan) => {
            for vault in &plan.vaults {
                let by = case.said(&vault.named_by);
                let references = match plan.references {
                    0 => String::new(),
                    n => format!("; {} to secrets in files", counted(n, "reference")),
                };
                steps.push(Step::passed(
                    "vault",
                    format!("{} (named by {by}){references}", vault.url),
                ));
                steps.push(Step::passed("credential", vault.credential.clone()));
                case.names.of_vault(&vault.url);
            }
            case.plan = Some(plan);
        }
        Err(error) => {
            if let Some(vault) = error.vault() {
                case.names.of_vault(vault);
            }
            let advice = advice::of_vault(&error, &case.names);
            let name = match error.stage() {
                Stage::Credential => "credential",
                _ => "vault",
            };
            if let (Stage::Credential, Some(vault)) = (error.stage(), error.vault()) {
                steps.push(Step::passed("vault", vault));
            }
            steps.push(Step::failed(name, error.cause(), error.remedy().unwrap_or_default()).with_advice(advice));
            if name == "vault" {
                steps.push(Step::not_reached("credential"));
            }
        }
    }
    Some(steps)
}

/// No vault is asked; where one is named, that may be a mistake.
fn in_development(case: &mut Case, plan: &config_azure_keyvault::LoadPlan) -> Step {
    let by = match named_by(case) {
        "no variable" => "the code",
        by => by,
    };
    let file = plan
        .local_file
        .as_ref()
        .map(|file| file.display().to_string())
        .unwrap_or_default();
    let why = format!("{by} says that this is Development, where {file} stands in for it");
    let elsewhere = case.arguments.app_in(HostEnvironment::production()).ok();
    let named = elsewhere
        .zip(case.earlier.as_ref())
        .and_then(|(app, earlier)| app.vault().plan(earlier).ok())
        .and_then(|plan| plan.vaults.into_iter().next());
    match named {
        None => Step::not_asked("vault", format!("no vault is asked: {why}")),
        Some(vault) => {
            let cause = format!(
                "{} (named by {}) is not asked: {why}",
                vault.url,
                case.said(&vault.named_by)
            );
            let remedy = "on a developer's machine this is as it should be; in a deployment set the variable to `Production`, or \
                          unset it";
            case.names.environment = Some("Production".to_owned());
            Step::warned("vault", cause, remedy).with_advice(advice::of(Finding::Environment, &case.names))
        }
    }
}
