//! The section of Maskinporten's settings: whether it is there, each setting by its origin, and what the companion makes of it.

use config::{Config, ValueKind};
use maskinporten::{ErrorKind, MaskinportenClient, MaskinportenSettings};

use super::advice::{self, Finding};
use super::case::Case;
use super::key;
use super::names::{is_id, is_like};
use super::setting::each;
use super::step::{Step, counted};
use crate::tree::{children, folded, in_section, is_true, origin, secret_of, text};

pub(super) async fn read(case: &mut Case) -> Option<Vec<Step>> {
    let config = case.config.clone()?;
    let section = case.app.section.clone();
    let found = in_section(&config, &section);
    let others = misspelt(&config, &section);
    let mut steps: Vec<Step> = Vec::new();
    match (&found, others.as_slice()) {
        (None, []) => steps.push(Step::failed(
            "section",
            format!("there is no section `{section}` in the files, nor in the vault"),
            "write it into a file, or name the one that the app reads with --section",
        )),
        (None, [other, ..]) => steps.push(misspelling(case, other, true)),
        (Some(settings), others) => {
            steps.push(Step::passed(
                "section",
                format!("`{section}` has {}", counted(settings.len(), "setting")),
            ));
            steps.extend(others.iter().map(|other| misspelling(case, other, false)));
        }
    }
    let Some(settings) = found else {
        steps.push(Step::not_reached("key"));
        return Some(steps);
    };
    case.exchanges = is_true(&settings, "ExhangeToAltinnToken") || is_true(&settings, "ExchangeToAltinnToken");
    match MaskinportenSettings::from_config(&config, &section) {
        Ok(read) => {
            steps.extend(each(case, &settings, &[], read.warnings()));
            let signs = read.signing_key();
            case.names.client = Some(read.client_id().to_owned());
            case.names.is_production = is_production(&read);
            steps.push(match &signs {
                Ok(key) => key::told(case, key).await,
                Err(error) => Step::failed("key", error.cause(), advice::remedy_of(error)),
            });
            match client(case, read.clone()) {
                Ok(client) => {
                    case.client = Some(client);
                    case.settings = Some(read);
                }
                Err(error) => {
                    let advice = advice::of_token(&error, &case.names);
                    let failed = Step::failed("setting", error.cause(), advice::remedy_of(&error));
                    steps.push(failed.with_advice(advice));
                }
            }
        }
        Err(error) if error.kind() == ErrorKind::Key => {
            steps.extend(each(case, &settings, &[], &[]));
            let finding = match error.cause().contains("reference that nobody resolved") {
                true => Finding::Reference,
                false => Finding::BrokenKey,
            };
            case.names.client = text(&settings, "ClientId").filter(|id| is_id(id));
            let failed = Step::failed("key", error.cause(), advice::remedy_of(&error));
            steps.push(failed.with_advice(advice::of(finding, &case.names)));
        }
        Err(error) => {
            steps.extend(each(case, &settings, error.problems(), &[]));
            steps.push(Step::not_reached("key"));
        }
    }
    Some(steps)
}

fn client(case: &Case, settings: MaskinportenSettings) -> Result<MaskinportenClient, maskinporten::Error> {
    let mut builder = MaskinportenClient::builder(settings).deadline(case.timeout);
    if let Some(pem) = case.app.ca() {
        builder = builder.ca_pem(pem.to_vec());
    }
    builder.build()
}

fn is_production(settings: &MaskinportenSettings) -> Option<bool> {
    use maskinporten::Environment::{Prod, SkyportenProd, SkyportenTest, Test};
    match settings.environment() {
        Prod | SkyportenProd => Some(true),
        Test | SkyportenTest => Some(false),
        _ => None,
    }
}

/// Sections beside it that look like it, each by its name and where something of it comes from.
fn misspelt(config: &Config, section: &str) -> Vec<(String, String)> {
    let wanted = folded(section);
    children(&config.cache)
        .into_iter()
        .filter(|(name, value)| {
            let name = folded(name);
            matches!(value.kind, ValueKind::Table(_)) && name != wanted && is_like(&name, &wanted)
        })
        .map(|(name, value)| {
            let origin = origin(&value);
            (name, origin.unwrap_or_else(|| "a file".to_owned()))
        })
        .collect()
}

fn misspelling(case: &mut Case, (other, origin): &(String, String), is_all: bool) -> Step {
    let section = &case.app.section;
    let cause = format!("nobody reads `{other}` ({origin}), which looks like `{section}`");
    let remedy = format!("name it `{section}`: in a vault what stands before the `--` of the secret's name");
    case.names.secret = secret_of(origin);
    let step = match is_all {
        true => Step::failed("section", format!("there is no section `{section}`; {cause}"), remedy),
        false => Step::warned("section", cause, remedy),
    };
    step.with_advice(match case.names.secret {
        Some(_) => advice::of(Finding::StraySecret, &case.names),
        None => advice::of(Finding::WrongSetting, &case.names),
    })
}
