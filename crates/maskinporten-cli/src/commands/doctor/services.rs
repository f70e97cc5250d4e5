//! Maskinporten and Altinn, by the app's own client.

use maskinporten::reqwest::Url;
use maskinporten::{Environment, Stage};

use super::advice::{self, Finding};
use super::case::Case;
use super::look::{self, Answer};
use super::step::Step;

/// Maskinporten refuses what is from further in the future (its own check of `iat`).
const AHEAD: i64 = 10;
/// An assertion lives for two minutes at most; what was made by a clock that is further behind is over when it arrives.
const BEHIND: i64 = 100;

/// Where the authority tells of itself.
fn metadata_of(environment: &Environment) -> Option<Url> {
    let base = match environment {
        Environment::Prod => "https://maskinporten.no".to_owned(),
        Environment::Test => "https://test.maskinporten.no".to_owned(),
        Environment::SkyportenProd => {
            return Url::parse("https://sky.maskinporten.no/.well-known/openid-configuration").ok();
        }
        Environment::SkyportenTest => {
            return Url::parse("https://test.sky.maskinporten.no/.well-known/openid-configuration").ok();
        }
        Environment::Other(url) => url.origin().ascii_serialization(),
        Environment::Fixed { token_endpoint, .. } => token_endpoint.origin().ascii_serialization(),
        _ => return None,
    };
    Url::parse(&format!("{base}/.well-known/oauth-authorization-server")).ok()
}

/// This machine's clock against the vault's and Maskinporten's, by the date of their answers.
pub(super) async fn clock(case: &mut Case) -> Option<Vec<Step>> {
    if let Some(url) = case
        .settings
        .as_ref()
        .and_then(|settings| metadata_of(settings.environment()))
    {
        case.authority_answer = Some(look::at(&url, case.app.ca(), case.timeout).await);
    }
    let ahead = |answer: Option<&Answer>| answer.and_then(|answer| answer.ahead);
    let of_authority = ahead(case.authority_answer.as_ref().and_then(|looked| looked.as_ref()));
    let (whose, ahead) = match (of_authority, ahead(case.vault_answer.as_ref())) {
        (Some(ahead), _) => ("Maskinporten's", ahead),
        (None, Some(ahead)) => ("the vault's", ahead),
        (None, None) => return None,
    };
    let advice = || advice::of(Finding::Clock, &case.names);
    Some(vec![match ahead {
        _ if ahead > AHEAD => Step::failed(
            "clock",
            format!("this machine's clock is {ahead} s ahead of {whose}; Maskinporten refuses what is more than {AHEAD} s ahead"),
            "set this machine's clock, and let it follow a time server",
        )
        .with_advice(advice()),
        _ if ahead < -BEHIND => Step::failed(
            "clock",
            format!("this machine's clock is {} s behind {whose}: an assertion is over before it arrives", -ahead),
            "set this machine's clock, and let it follow a time server",
        )
        .with_advice(advice()),
        _ if ahead < -AHEAD => Step::warned(
            "clock",
            format!("this machine's clock is {} s behind {whose}", -ahead),
            "set this machine's clock, and let it follow a time server",
        )
        .with_advice(advice()),
        // A date has whole seconds, and was written before it arrived.
        -1..=2 => Step::passed("clock", format!("this machine's and {whose} agree")),
        _ if ahead > 0 => Step::passed("clock", format!("this machine's is {ahead} s ahead of {whose}")),
        _ => Step::passed("clock", format!("this machine's is {} s behind {whose}", -ahead)),
    }])
}

pub(super) async fn token(case: &mut Case) -> Option<Vec<Step>> {
    let client = case.client.clone()?;
    let environment = case.settings.as_ref()?.environment().clone();
    let is_known = !matches!(environment, Environment::Other(_));
    case.names.endpoint = metadata_of(&environment).map(|url| url.to_string());
    let got = client.token(client.default_request()).await;
    let metadata = match (&got, &case.authority_answer) {
        (Err(error), _) if error.stage() == Stage::Metadata => {
            let failed = Step::failed("metadata", error.cause(), advice::remedy_of(error));
            return Some(vec![
                with_place(failed, error).with_advice(advice::of_token(error, &case.names)),
                Step::not_reached("token"),
            ]);
        }
        (_, Some(Some(answer))) if answer.status == 200 => {
            Step::passed("metadata", format!("of {environment} can be had"))
        }
        (_, Some(looked)) if is_known => {
            let why = match looked {
                Some(answer) => format!("{} to a request for it", answer.status),
                None => "no answer".to_owned(),
            };
            Step::warned(
                "metadata",
                format!("of {environment} cannot be had: {why}"),
                "tokens need none of it: the addresses of this environment are known beforehand",
            )
        }
        _ => Step::passed("metadata", format!("of {environment} says where tokens are")),
    };
    let step = match got {
        Ok(token) => {
            case.has_token = true;
            granted(&token)
        }
        Err(error) => {
            let failed = Step::failed("token", facts(&error), advice::remedy_of(&error));
            with_place(failed, &error).with_advice(advice::of_token(&error, &case.names))
        }
    };
    Some(vec![metadata, step])
}

/// What the service said, its codes before its words, and the id that its support asks for.
fn facts(error: &maskinporten::Error) -> String {
    let codes: Vec<String> = [
        error.status().map(|status| status.to_string()),
        error.oauth_error().map(str::to_owned),
        error.mp_code().map(str::to_owned),
    ]
    .into_iter()
    .flatten()
    .collect();
    let trace = error
        .trace_id()
        .map(|id| format!(" (trace id {id})"))
        .unwrap_or_default();
    match codes.is_empty() {
        true => format!("{}{trace}", error.cause()),
        false => format!("{}: {}{trace}", codes.join(" "), error.cause()),
    }
}

fn with_place(mut step: Step, error: &maskinporten::Error) -> Step {
    if let Some(endpoint) = error.endpoint() {
        step.message = format!("{endpoint}: {}", step.message);
    }
    step
}

fn granted(token: &maskinporten::Token) -> Step {
    let left = token
        .remaining()
        .map(|left| format!(", for {} s", left.as_secs()))
        .unwrap_or_default();
    match token.scope() {
        Some(scope) => Step::passed("token", format!("grants {scope}{left}")),
        None => Step::passed(
            "token",
            format!("was had, and does not say which scopes it grants{left}"),
        ),
    }
}

pub(super) async fn altinn(case: &mut Case) -> Option<Vec<Step>> {
    let client = case.client.clone()?;
    if !case.exchanges {
        let why = "the settings exchange no tokens (`ExchangeToAltinnToken` is not set)";
        return Some(vec![Step::not_asked("altinn", why)]);
    }
    if !case.has_token {
        return None;
    }
    Some(vec![match client.altinn_token(client.default_request()).await {
        Ok(token) => {
            let left = token
                .remaining()
                .map(|left| format!(", for {} min", left.as_secs().div_ceil(60)))
                .unwrap_or_default();
            Step::passed("altinn", format!("the token was exchanged for Altinn's{left}"))
        }
        Err(error) => {
            let failed = Step::failed("altinn", facts(&error), advice::remedy_of(&error));
            with_place(failed, &error).with_advice(advice::of_token(&error, &case.names))
        }
    }])
}
