//! The section of Maskinporten's settings: whether it is there, each setting by its origin, and what the companion makes of it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use config::{Config, Value, ValueKind};
use maskinporten::{ErrorKind, MaskinportenClient, MaskinportenSettings, SigningKey};

use super::advice::{self, Finding};
use super::step::Step;
use super::surroundings::is_like;
use super::walk::Case;

/// What is under one name.
type Settings = BTreeMap<String, Value>;

/// From so many days on a key is called old: Maskinporten keeps one for a year.
const YEAR: u64 = 365;
const SOON: u64 = 30;
const DAY: u64 = 24 * 60 * 60;
const A_DETAIL: Duration = Duration::from_secs(5);

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
                format!("`{section}` has {} settings", settings.len()),
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
            let key = read.signing_key();
            case.names.client = Some(read.client_id().to_owned());
            case.names.is_production = is_production(&read);
            steps.push(match &key {
                Ok(key) => told_of_key(case, key).await,
                Err(error) => Step::failed("key", error.cause(), advice::remedy_of(error)),
            });
            match client(case, read.clone()) {
                Ok(client) => {
                    case.client = Some(client);
                    case.settings = Some(read);
                    case.key = key.ok();
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
                false => Finding::MissingKey,
            };
            case.names.client = text(&settings, "ClientId").filter(|id| advice::is_id(id));
            let failed = Step::failed("key", error.cause(), advice::remedy_of(&error));
            steps.push(failed.with_advice(advice::of(finding, &case.names)));
        }
        Err(error) => {
            let problems = problems(error.cause(), &section);
            steps.extend(each(case, &settings, &problems, &[]));
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

/// As the libraries compare names: without regard to case, `_` and `-`.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn children(value: &Value) -> Settings {
    match &value.kind {
        ValueKind::Table(table) => table
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        _ => Settings::new(),
    }
}

fn in_section(config: &Config, section: &str) -> Option<Settings> {
    let mut here = children(&config.cache);
    for part in section.split('.') {
        let (_, below) = here.iter().find(|(name, _)| folded(name) == folded(part))?;
        here = children(below);
    }
    Some(here)
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

/// Where a value, or the first of what is in it, comes from.
fn origin(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::Table(table) => table.values().filter_map(origin).min(),
        ValueKind::Array(array) => array.iter().find_map(origin),
        _ => Some(value.origin().unwrap_or("the environment").to_owned()),
    }
}

/// The secret's name in an origin.
fn secret_of(origin: &str) -> Option<String> {
    let rest = origin.split_once(" secret `")?.1;
    rest.split('`').next().map(str::to_owned)
}

fn text(settings: &Settings, name: &str) -> Option<String> {
    let (_, value) = settings.iter().find(|(known, _)| folded(known) == folded(name))?;
    value.clone().into_string().ok().filter(|text| !text.trim().is_empty())
}

fn is_true(settings: &Settings, name: &str) -> bool {
    let said = text(settings, name).unwrap_or_default();
    matches!(said.trim().to_lowercase().as_str(), "true" | "1" | "yes" | "on")
}

/// What is wrong with one setting.
struct Problem<'e> {
    setting: &'e str,
    cause: &'e str,
    remedy: &'e str,
}

/// An error of settings tells all problems in one line, each of which begins with its setting.
fn problems<'e>(line: &'e str, section: &str) -> Vec<Problem<'e>> {
    let start = format!("`{}.", section.to_lowercase());
    let lower = line.to_lowercase();
    // Lower case of what is no ASCII may have another length: then the line stays whole.
    let starts: Vec<usize> = match lower.len() == line.len() {
        true => lower
            .match_indices(&start)
            .map(|(at, _)| at)
            .filter(|at| *at == 0 || line[..*at].ends_with("; ") || line[..*at].ends_with("problems: "))
            .collect(),
        false => Vec::new(),
    };
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let told = starts
        .iter()
        .zip(ends)
        .map(|(from, to)| line[*from..to].trim_end_matches("; "));
    let mut problems: Vec<Problem<'e>> = told
        .map(|told| {
            let (cause, remedy) = told.split_once("; ").unwrap_or((told, ""));
            let name = told[start.len()..].split('`').next().unwrap_or_default();
            Problem {
                setting: name,
                cause,
                remedy,
            }
        })
        .collect();
    if problems.is_empty() {
        let (cause, remedy) = line.split_once("; ").unwrap_or((line, ""));
        let setting = "";
        problems.push(Problem { setting, cause, remedy });
    }
    problems
}

/// A line for each setting: where it comes from, or what is wrong with it.
fn each(case: &mut Case, settings: &Settings, problems: &[Problem<'_>], warnings: &[String]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, value) in settings {
        let origin = case.names.without_vault(origin(value).unwrap_or_default());
        let is_about = |what: &str| folded(what.split(['.', '[']).next().unwrap_or_default()) == folded(name);
        let path = format!(".{name}`");
        if problems.iter().any(|problem| is_about(problem.setting)) {
            continue;
        }
        match warnings
            .iter()
            .find(|warning| warning.to_lowercase().contains(&path.to_lowercase()))
        {
            Some(warning) => steps.push(warned(case, warning, &origin)),
            None => steps.push(Step::passed(
                "setting",
                match is_blank(value) {
                    true => format!("`{name}` is blank, which is as if it were not there ({origin})"),
                    false => format!("`{name}` from {origin}"),
                },
            )),
        }
    }
    for problem in problems {
        steps.push(wrong(case, settings, problem));
    }
    let told: Vec<String> = steps.iter().map(|step| step.message.clone()).collect();
    for warning in warnings {
        if !told.iter().any(|told| told.contains(warning.as_str())) {
            steps.push(warned(case, warning, ""));
        }
    }
    steps
}

fn warned(case: &Case, warning: &str, origin: &str) -> Step {
    let from = match origin.is_empty() {
        true => String::new(),
        false => format!(" (from {origin})"),
    };
    Step::warned("setting", format!("{warning}{from}"), "see whether it is meant so")
        .with_advice(advice::of(Finding::WrongSetting, &case.names))
}

fn is_blank(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Nil => true,
        ValueKind::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn wrong(case: &mut Case, settings: &Settings, problem: &Problem<'_>) -> Step {
    let name = problem.setting;
    let value = settings
        .iter()
        .find(|(known, _)| !name.is_empty() && folded(known) == folded(name));
    let from = value
        .filter(|(_, value)| !is_blank(value))
        .and_then(|(_, value)| origin(value));
    let is_missing = problem.cause.contains("is missing");
    let mut cause = problem.cause.to_owned();
    if let Some(from) = from.clone().map(|from| case.names.without_vault(from)) {
        cause.push_str(&format!(" (from {from})"));
    }
    let section = case.app.section.replace(['.', ':'], "--").replace('_', "");
    let secret = format!("{section}--{name}");
    case.names.section = Some(case.app.section.clone());
    case.names.client = text(settings, "ClientId").filter(|id| advice::is_id(id));
    case.names.secret = from.as_deref().and_then(secret_of).or(Some(secret.clone()));
    // It may be there, and have been left out.
    let left_out = case.report.iter().flat_map(|report| &report.skipped);
    let left_out = left_out
        .clone()
        .find(|skipped| folded(&skipped.name) == folded(&secret));
    if let (true, Some(skipped)) = (is_missing, left_out) {
        cause.push_str(&format!(
            "; the secret `{}` is there, and {}",
            skipped.name, skipped.reason
        ));
    }
    let place = match case.app.environment.is_development() {
        true => format!("in a file, or as `{secret}` in the one that stands in for the vault"),
        false => format!("in a file, or as the secret `{secret}`"),
    };
    let remedy = match (problem.remedy, is_missing) {
        (_, true) if left_out.is_some() => "enable the secret, or set a new version of it".to_owned(),
        ("", true) => format!("set `{name}` {place}"),
        ("", false) => "correct it where it comes from".to_owned(),
        (remedy, true) => format!("set it {place}; {remedy}"),
        (remedy, false) => remedy.to_owned(),
    };
    let is_key = matches!(
        folded(name).as_str(),
        "encodedjwk" | "jwkbase64" | "jwk" | "encodedx509"
    );
    let finding = match () {
        // Nobody asks the vault for it.
        () if case.app.environment.is_development() => Finding::WrongSetting,
        () if is_missing && left_out.is_some() => Finding::DisabledSecret,
        () if problem.cause.contains("reference") => Finding::Reference,
        () if is_key => Finding::MissingKey,
        () if is_missing => Finding::MissingSetting,
        () if from.as_deref().and_then(secret_of).is_some() => Finding::OldSecret,
        () => Finding::WrongSetting,
    };
    let step = Step::failed("setting", cause, remedy).with_advice(advice::of(finding, &case.names));
    case.names.secret = None;
    step
}

/// Its kind, its size, how it is named, how old it is and when it ends.
async fn told_of_key(case: &mut Case, key: &SigningKey) -> Step {
    let named = match key.kid() {
        Some(kid) => format!("`kid` {kid}"),
        None => "named by its certificate".to_owned(),
    };
    let told = format!("RSA of {} bits, {}, {named}", key.bits(), key.algorithm().name());
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    case.names.section = Some(case.app.section.clone());
    let advice = advice::of(Finding::OldKey, &case.names);
    let ends = key.expires().and_then(|end| u64::try_from(end).ok());
    let age = age(case, now).await;
    let told = match (age, ends) {
        (Some(..DAY), _) => format!("{told}, in the vault since today"),
        (Some(age), _) => format!("{told}, in the vault for {} days", age / DAY),
        (None, _) => told,
    };
    match (ends, age) {
        (Some(end), _) if end <= now => Step::warned(
            "key",
            format!("{told}; it says that it ended {} days ago", (now - end) / DAY),
            "make a new one and register it, unless it was renewed at Samarbeidsportalen",
        )
        .with_advice(advice),
        (Some(end), _) if end - now < SOON * DAY => Step::warned(
            "key",
            format!("{told}; it ends in {} days", (end - now) / DAY),
            "make a new one and register it beside the old one",
        )
        .with_advice(advice),
        (_, Some(age)) if age > (YEAR - SOON) * DAY => Step::warned(
            "key",
            format!("{told}; Maskinporten keeps a key for a year"),
            "see at Samarbeidsportalen when it ends, and make a new one in time",
        )
        .with_advice(advice),
        (Some(end), _) => Step::passed("key", format!("{told}, ends in {} days", (end - now) / DAY)),
        (None, _) => Step::passed("key", told),
    }
}

/// For how long the secret that holds it has been what it is, in seconds, as far as the vault tells.
async fn age(case: &Case, now: u64) -> Option<u64> {
    let section = in_section(case.config.as_ref()?, &case.app.section)?;
    let held = ["EncodedJwk", "JwkBase64", "Jwk", "EncodedX509"]
        .into_iter()
        .find_map(|name| {
            let (_, value) = section.iter().find(|(known, _)| folded(known) == folded(name))?;
            secret_of(&origin(value)?)
        })?;
    let mut editor = case.vault().editor(case.earlier.as_ref()?).ok()?;
    // It is a detail, and not waited for as the load is.
    let secret = tokio::time::timeout(A_DETAIL, editor.get(&held)).await.ok()?.ok()??;
    let created = secret.properties.created?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    now.checked_sub(created.as_secs())
}
