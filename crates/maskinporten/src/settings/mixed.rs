//! Production and test do not know each other's tokens, keys and certificates: settings that name both.

use url::Url;

use super::MaskinportenSettings;
use crate::altinn::AltinnEnvironment;

/// What looks like a mistake, in words that name the settings.
pub(super) fn warnings(settings: &MaskinportenSettings, section: &str) -> Vec<String> {
    let Some(production) = settings.environment.is_production() else {
        return Vec::new();
    };
    let name = |production: bool| if production { "production" } else { "test" };
    let environment = format!("`{section}.Environment` is {}", name(production));
    let mut warnings = Vec::new();

    let exchange = settings.exchange_environment.as_deref();
    let altinn = exchange.and_then(|altinn| altinn.parse().ok());
    if let (Some(exchange), Some(true)) = (
        exchange,
        altinn.map(|altinn| is_production(&altinn) == Some(!production)),
    ) {
        warnings.push(format!(
            "{environment}, `{section}.TokenExchangeEnvironment` is {exchange}: a token of one is not taken in the other"
        ));
    }
    if production && settings.use_altinn_test_org {
        warnings.push(format!("`{section}.UseAltinnTestOrg` has no meaning in production"));
    }
    let resource = settings
        .resource
        .as_deref()
        .and_then(|resource| Url::parse(resource).ok());
    if resource.as_ref().and_then(host_of_production) == Some(!production) {
        warnings.push(format!(
            "{environment}, `{section}.Resource` looks like one of {}",
            name(!production)
        ));
    }
    warnings
}

fn is_production(altinn: &AltinnEnvironment) -> Option<bool> {
    match altinn {
        AltinnEnvironment::Custom(url) => host_of_production(url),
        AltinnEnvironment::Prod => Some(true),
        _ => Some(false),
    }
}

/// What a host's name tells. Of most, nobody can tell: `api.example.no` may be either.
fn host_of_production(url: &Url) -> Option<bool> {
    const TEST: [&str; 7] = ["test", "tt02", "at21", "at22", "at23", "at24", "yt01"];
    const PRODUCTION: [&str; 2] = ["altinn.no", "maskinporten.no"];
    let host = url.host_str()?.to_ascii_lowercase();
    let says = |words: &[&str]| host.split(['.', '-']).any(|part| words.contains(&part));
    let within = |domain: &&str| {
        host.strip_suffix(*domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if says(&TEST) {
        Some(false)
    } else if says(&["prod", "production"]) || PRODUCTION.iter().any(within) {
        Some(true)
    } else {
        None
    }
}
