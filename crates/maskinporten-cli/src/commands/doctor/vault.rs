//! The load itself, as the app does it, and where on the way it ended.

use std::net::IpAddr;

use config::Config;
use config_azure_keyvault::{Error, ErrorKind, LoadReport, LoadedFrom, Obstacle, SkipReason, Stage, Warning};
use maskinporten::reqwest::Url;

use super::advice::{self, Finding};
use super::case::Case;
use super::look::{self, Answer};
use super::step::{Step, counted};

/// What wants attention is told one by one, up to here.
const MOST_TOLD: usize = 20;

/// In the order in which a load meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Name,
    Connection,
    SignIn,
    List,
    Get,
}

const ALL: [(Place, &str); 5] = [
    (Place::Name, "dns"),
    (Place::Connection, "tls"),
    (Place::SignIn, "sign_in"),
    (Place::List, "list"),
    (Place::Get, "get"),
];

pub(super) async fn load(case: &mut Case) -> Option<Vec<Step>> {
    let plan = case.plan.clone()?;
    let vault = case.vault();
    let builder = Config::builder()
        .add_source(case.earlier.clone()?)
        .add_async_source(vault.clone());
    let Some(planned) = plan.vaults.first() else {
        return Some(stand_in(case, builder.build().await, vault.report()));
    };
    let host = Url::parse(&planned.url).ok()?;
    let mut secrets = host.clone();
    secrets.set_path("secrets");
    secrets.set_query(Some("api-version=7.4"));
    let (built, addresses, looked) = tokio::join!(
        builder.build(),
        look::up(&host, case.timeout),
        look::at(&secrets, case.app.ca(), case.timeout),
    );
    case.vault_answer = looked;
    let failed = match &built {
        Ok(_) => None,
        Err(error) => match Error::find(error) {
            Some(error) => Some((place(error, looked), error)),
            None => {
                return Some(vec![Step::failed(
                    "get",
                    "the secrets fit no configuration",
                    "rename them",
                )]);
            }
        },
    };
    let report = vault.report();
    let seen = Seen {
        host: host.host_str().unwrap_or_default(),
        addresses,
        answers: looked.is_some(),
        is_for_proxy: failed.is_some_and(|(_, error)| error.obstacle() == Some(Obstacle::Proxy)),
        report: report.as_ref(),
        credential: &planned.credential,
    };
    let mut steps = Vec::new();
    for (here, name) in ALL {
        let step = match failed {
            Some((there, error)) if here == there => failure(case, name, error),
            Some((there, _)) if here > there => Step::not_reached(name),
            _ => passed(here, name, &seen),
        };
        steps.push(step);
    }
    if let Ok(config) = built {
        case.config = Some(config);
        steps.extend(told(case, report.as_ref()));
        case.report = report;
    }
    Some(steps)
}

/// Where a load ended. The error says it, but for a host that was silent: there a look says whether anybody is there at all.
fn place(error: &Error, looked: Option<Answer>) -> Place {
    let is_silent = matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Unreachable);
    match (error.stage(), error.obstacle()) {
        (Stage::Credential, _) => Place::SignIn,
        _ if error.key().is_some() => Place::Get,
        (_, Some(Obstacle::Name)) => Place::Name,
        (_, Some(_)) => Place::Connection,
        (Stage::Settings, None) => Place::SignIn,
        (Stage::List, None) if is_silent && looked.is_none() => Place::Connection,
        (Stage::List, None) => Place::List,
        _ => Place::Get,
    }
}

fn failure(case: &mut Case, name: &'static str, error: &Error) -> Step {
    case.names.of_cause(error.cause());
    case.names.secret = error.secret().map(str::to_owned);
    let which = match (error.secret(), error.key()) {
        (Some(secret), Some(key)) => format!("secret `{secret}`, which `{key}` refers to: "),
        (Some(secret), None) => format!("secret `{secret}`: "),
        _ => String::new(),
    };
    let cause = format!("{which}{}", error.cause());
    Step::failed(name, cause, error.remedy().unwrap_or_default()).with_advice(advice::of_vault(error, &case.names))
}

/// What a look and a load saw of a host.
struct Seen<'s> {
    host: &'s str,
    addresses: Option<Vec<IpAddr>>,
    answers: bool,
    /// A proxy is in the way: it would have found the host.
    is_for_proxy: bool,
    report: Option<&'s LoadReport>,
    credential: &'s str,
}

fn passed(here: Place, name: &'static str, seen: &Seen<'_>) -> Step {
    let Seen {
        host,
        report,
        credential,
        ..
    } = seen;
    let is_reached = seen.answers || report.is_some();
    match here {
        Place::Name => match &seen.addresses {
            Some(_) if host.parse::<IpAddr>().is_ok() => Step::passed(name, format!("{host} is an address")),
            Some(addresses) => {
                let first: Vec<String> = addresses.iter().take(2).map(ToString::to_string).collect();
                let kind = match addresses.iter().any(is_private) {
                    true => ", a private address",
                    false => "",
                };
                Step::passed(name, format!("{host} is {}{kind}", first.join(" and ")))
            }
            None if is_reached || seen.is_for_proxy => {
                Step::passed(name, format!("{host} is for a proxy to find, and not for this machine"))
            }
            None => Step::warned(
                name,
                format!("{host} is not found by this machine"),
                format!("check the name of {host} and this machine's DNS, unless a proxy is to find it"),
            ),
        },
        Place::Connection => match seen.answers {
            true => Step::passed(name, format!("{host} answers, and its certificate is trusted")),
            false if is_reached => Step::passed(name, format!("{host} answers")),
            false => Step::warned(
                name,
                format!("{host} did not answer to a look"),
                "see to what comes next first: it may be the same",
            ),
        },
        Place::SignIn => Step::passed(name, format!("{credential} got a token")),
        Place::List => match *report {
            Some(report) => Step::passed(
                name,
                format!("the vault lists its secrets, {}", counted(report.pages, "page")),
            ),
            None => Step::passed(name, "the vault lists its secrets"),
        },
        Place::Get => {
            let loaded = report.map_or(0, |report| report.loaded.len());
            let skipped = report.map_or(0, |report| report.skipped.len());
            Step::passed(name, format!("{} loaded, {skipped} skipped", counted(loaded, "value")))
        }
    }
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// Development's file.
fn stand_in(case: &mut Case, built: Result<Config, config::ConfigError>, report: Option<LoadReport>) -> Vec<Step> {
    let config = match built {
        Ok(config) => config,
        Err(error) => {
            let failed = match Error::find(&error) {
                Some(error) => {
                    let advice = advice::of_vault(error, &case.names);
                    Step::failed("local_file", error.cause(), error.remedy().unwrap_or("mend the file"))
                        .with_advice(advice)
                }
                None => Step::failed("local_file", "its names fit no configuration", "rename them"),
            };
            return vec![failed];
        }
    };
    case.config = Some(config);
    let step = match report.as_ref().map(|report| (&report.from, report.loaded.len())) {
        Some((LoadedFrom::LocalFile(path), n)) => {
            Step::passed("local_file", format!("{path}: {}", counted(n, "value")))
        }
        _ => Step::passed(
            "local_file",
            "there is none, and none is needed where the other files say everything",
        ),
    };
    let mut steps = vec![step];
    steps.extend(told(case, report.as_ref()));
    case.report = report;
    steps
}

/// What loaded but wants attention, and what did not load.
fn told(case: &mut Case, report: Option<&LoadReport>) -> Vec<Step> {
    let Some(report) = report else {
        return Vec::new();
    };
    let mut steps: Vec<Step> = Vec::new();
    for warning in &report.warnings {
        let (secret, finding, remedy) = match warning {
            // Told where the vault is.
            Warning::VaultNotAsked { .. } => continue,
            Warning::Expired { name, .. } | Warning::EndsSoon { name, .. } => (
                Some(name),
                Finding::OldSecret,
                "set a new version, and let what it opens take it",
            ),
            Warning::NotYetValid { name, .. } => {
                (Some(name), Finding::OldSecret, "check its `nbf`, or set a new version")
            }
            Warning::Stray { name, .. } => (
                Some(name),
                Finding::StraySecret,
                "rename the secret, if it is this app's",
            ),
            Warning::Replaced { .. } => (None, Finding::Nothing, "take one of the two away"),
            _ => (None, Finding::Nothing, ""),
        };
        case.names.secret = secret.cloned();
        steps.push(Step::warned("secret", warning.to_string(), remedy).with_advice(advice::of(finding, &case.names)));
    }
    for skipped in &report.skipped {
        let (finding, remedy) = match &skipped.reason {
            SkipReason::Disabled => (Finding::DisabledSecret, "enable it, or delete it if nobody needs it"),
            SkipReason::NotPlaced(_) => (Finding::StraySecret, "rename the secret, or disable it"),
            SkipReason::Deleted => (Finding::DeletedSecret, "recover it, if it is needed"),
            // The app's own choice, or a certificate's.
            _ => continue,
        };
        case.names.secret = Some(skipped.name.clone());
        let cause = format!("secret `{}` was skipped: {}", skipped.name, skipped.reason);
        steps.push(Step::warned("secret", cause, remedy).with_advice(advice::of(finding, &case.names)));
    }
    case.names.secret = None;
    let more = steps.len().saturating_sub(MOST_TOLD);
    steps.truncate(MOST_TOLD);
    if more > 0 {
        steps.push(Step::warned(
            "secret",
            format!("and {more} more"),
            "`maskinporten config` tells of each",
        ));
    }
    steps
}
