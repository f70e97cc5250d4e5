//! Each setting of the section: where it comes from, or what is wrong with it.

use maskinporten::SettingProblem;

use super::advice::{self, Finding};
use super::case::Case;
use super::names::is_id;
use super::step::Step;
use crate::tree::{Settings, folded, is_blank, origin, secret_of, text};

/// A line for each setting: where it comes from, or what is wrong with it.
pub(super) fn each(
    case: &mut Case,
    settings: &Settings,
    problems: &[SettingProblem],
    warnings: &[String],
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, value) in settings {
        let origin = case.names.without_vault(origin(value).unwrap_or_default());
        let is_about = |what: &str| folded(what.split(['.', '[']).next().unwrap_or_default()) == folded(name);
        let path = format!(".{name}`");
        if problems.iter().any(|problem| problem.setting().is_some_and(is_about)) {
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

fn wrong(case: &mut Case, settings: &Settings, problem: &SettingProblem) -> Step {
    let name = problem.setting().unwrap_or_default();
    let value = settings
        .iter()
        .find(|(known, _)| !name.is_empty() && folded(known) == folded(name));
    let from = value
        .filter(|(_, value)| !is_blank(value))
        .and_then(|(_, value)| origin(value));
    let is_missing = problem.is_missing();
    let mut cause = problem.cause().to_owned();
    if let Some(from) = from.clone().map(|from| case.names.without_vault(from)) {
        cause.push_str(&format!(" (from {from})"));
    }
    let section = case.app.section.replace(['.', ':'], "--").replace('_', "");
    let secret = format!("{section}--{name}");
    case.names.section = Some(case.app.section.clone());
    case.names.client = text(settings, "ClientId").filter(|id| is_id(id));
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
    let remedy = match (problem.remedy().unwrap_or_default(), is_missing) {
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
        () if problem.cause().contains("more than one key") => Finding::WrongSetting,
        // Nobody asks the vault for it.
        () if case.app.environment.is_development() => Finding::WrongSetting,
        () if is_missing && left_out.is_some() => Finding::DisabledSecret,
        () if problem.cause().contains("reference that nobody resolved") => Finding::Reference,
        () if is_key && is_missing => Finding::MissingKey,
        () if is_key => Finding::BrokenKey,
        () if is_missing => Finding::MissingSetting,
        () if from.as_deref().and_then(secret_of).is_some() => Finding::OldSecret,
        () => Finding::WrongSetting,
    };
    let step = Step::failed("setting", cause, remedy).with_advice(advice::of(finding, &case.names));
    case.names.secret = None;
    step
}
