//! A token, for what comes next.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maskinporten::{MaskinportenSettings, Token};
use serde_json::{Map, Value};

use crate::app::AppArguments;
use crate::failure::Failure;
use crate::terminal::{FAINT, Terminal, plain, styled};

/// Which token.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  curl -H \"Authorization: Bearer $(maskinporten token --altinn)\" https://…")]
pub(crate) struct TokenArguments {
    /// Altinn's token, in exchange for Maskinporten's.
    #[arg(long)]
    altinn: bool,
    /// Scopes instead of those of the settings, separated by spaces; may be given again.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// The API that the token is for (`resource`), instead of the settings'.
    #[arg(long, value_name = "URL")]
    resource: Option<String>,
    /// The organisation on whose behalf a supplier asks (`consumer_org`), instead of the settings'.
    #[arg(long, value_name = "NUMBER")]
    consumer_org: Option<String>,
}

pub(super) async fn run(arguments: &TokenArguments, app: &AppArguments, terminal: &Terminal) -> Result<(), Failure> {
    let app = app.app()?;
    let config = {
        let _progress = terminal.progress("reading the settings");
        app.config().await?
    };
    let settings = app.settings(&config)?;
    for warning in settings.warnings() {
        terminal.warn(warning);
    }
    let client = app.client(arguments.over(settings))?;
    let request = client.default_request();
    let token = match arguments.altinn {
        true => {
            let _progress = terminal.progress("asking Maskinporten and Altinn");
            client.altinn_token(request).await?
        }
        false => {
            let _progress = terminal.progress("asking Maskinporten");
            client.token(request).await?
        }
    };
    for line in told(&token) {
        terminal.say(&line);
    }
    terminal.put_line(token.secret())
}

impl TokenArguments {
    fn over(&self, mut settings: MaskinportenSettings) -> MaskinportenSettings {
        if !self.scope.is_empty() {
            settings = settings.scope(self.scope.join(" "));
        }
        if let Some(resource) = &self.resource {
            settings = settings.resource(resource);
        }
        if let Some(organisation) = &self.consumer_org {
            settings = settings.consumer_org(organisation);
        }
        settings
    }
}

/// What the token says of itself, for people: its claims but for what identifies it, and how long it lives.
fn told(token: &Arc<Token>) -> Vec<String> {
    let mut lines: Vec<String> = claims(token.secret())
        .iter()
        .filter(|(name, _)| !["exp", "iat", "nbf", "jti", "sid"].contains(&name.as_str()))
        .map(|(name, value)| line(&plain(name), &without_persons(&text(value))))
        .collect();
    if let Some(left) = token.remaining() {
        lines.push(line("expires in", &format!("{} s", left.as_secs())));
    }
    lines
}

fn line(name: &str, value: &str) -> String {
    format!("{} {value}", styled(FAINT, &format!("{name:<14}")))
}

/// None where it is no JWT: a token is opaque to its client.
fn claims(token: &str) -> Map<String, Value> {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let decoded = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice(&decoded).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // An organisation in ISO 6523: its number is all there is to it.
        Value::Object(object) => match object.get("ID").or_else(|| object.get("id")) {
            Some(Value::String(id)) => id.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// A person's number is nobody's business in a job's log: what has its eleven digits is not shown.
fn without_persons(text: &str) -> String {
    let text = plain(text);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest[start..].find(|c: char| !c.is_ascii_digit());
        let end = digits.map_or(rest.len(), |digits| start + digits);
        shown.push_str(&rest[..start]);
        shown.push_str(if end - start == 11 {
            "•••"
        } else {
            &rest[start..end]
        });
        rest = &rest[end..];
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_number_is_not_shown_and_an_organisations_is() {
        let claims = serde_json::json!({
            "consumer": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
            "authorization_details": [{ "from": "urn:altinn:person:identifier-no:01017012343", "systemuser_id": ["33a832a1"] }],
        });
        assert_eq!(without_persons(&text(&claims["consumer"])), "0192:991825827");
        let details = without_persons(&text(&claims["authorization_details"]));
        assert!(
            details.contains("identifier-no:•••\"") && details.contains("33a832a1"),
            "{details}"
        );
        assert_eq!(
            without_persons("a\u{1b}[2J 123456789012 01017012343"),
            "a[2J 123456789012 •••"
        );
    }
}
