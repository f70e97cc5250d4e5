//! Production and test do not know each other's tokens, keys and certificates: settings that name both.

use url::Url;

use super::MaskinportenSettings;
use crate::altinn::AltinnEnvironment;

/// What looks like a mistake, in words that name the settings.
pub(super) fn warnings(settings: &MaskinportenSettings) -> Vec<String> {
    let Some(production) = settings.issuing.environment.is_production() else {
        return Vec::new();
    };
    let path = |name: &str| settings.place.path(name);
    let name = |production: bool| if production { "production" } else { "test" };
    let environment = format!("`{}` is {}", path("Environment"), name(production));
    let mut warnings = Vec::new();

    let exchange = settings.exchange_environment.as_deref();
    let altinn = exchange.and_then(|altinn| altinn.parse().ok());
    if let (Some(exchange), Some(true)) = (
        exchange,
        altinn.map(|altinn| is_production(&altinn) == Some(!production)),
    ) {
        warnings.push(format!(
            "{environment}, `{}` is {exchange}: a token of one is not taken in the other",
            path("TokenExchangeEnvironment")
        ));
    }
    if production && settings.use_altinn_test_org {
        warnings.push(format!("`{}` has no meaning in production", path("UseAltinnTestOrg")));
    }
    let known = settings.issuing.environment.constants().map(|known| known.issuer);
    let slash = |issuer: &str| {
        known
            .as_deref()
            .is_some_and(|known| known.trim_end_matches('/') == issuer.trim_end_matches('/'))
    };
    for (setting, address) in [
        ("Resource", &settings.resource),
        ("Issuer", &settings.issuing.issuer),
        ("TokenEndpoint", &settings.issuing.token_endpoint),
    ] {
        let Some(address) = address else { continue };
        let url = Url::parse(address).ok();
        if url.as_ref().and_then(host_of_production) == Some(!production) {
            warnings.push(format!(
                "{environment}, `{}` looks like one of {}",
                path(setting),
                name(!production)
            ));
        } else if setting == "Issuer" && slash(address) {
            warnings.push(format!(
                "`{}` differs from the environment's own by the slash at its end, and is sent as it is; Maskinporten refuses the \
                 wrong one (MP-110)",
                path(setting)
            ));
        }
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
