//! Who issues the tokens: an environment by name or address, and what is said in place of what it says itself.

use super::Reader;
use crate::authority::{self, Endpoints, Environment, Issuing};
use crate::settings::place::Place;
use crate::slip;
use crate::transport::Plain;

/// As they stand in the section.
pub(super) struct Said {
    pub(super) environment: Option<String>,
    pub(super) authority: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) token_endpoint: Option<String>,
}

impl Reader<'_> {
    pub(super) fn issuing(&mut self, said: Said, plain: Plain) -> Option<Issuing> {
        let whole = said.issuer.is_some() && said.token_endpoint.is_some();
        let (issuer_set, endpoint_set) = (said.issuer.is_some(), said.token_endpoint.is_some());
        let issuer = said.issuer.filter(|text| self.fits("Issuer", authority::named(text)));
        let asked = |text: &String| authority::asked(text, plain);
        let token_endpoint = said
            .token_endpoint
            .filter(|text| self.fits("TokenEndpoint", asked(text)));
        let environment = match (said.environment, said.authority) {
            (None, None) if whole => of_both(issuer.as_deref()?, token_endpoint.as_deref()?),
            (None, None) => {
                self.missing("Environment", missing_beside(self.place, issuer_set, endpoint_set));
                None
            }
            (environment, authority) => self.environment(environment, authority, plain),
        }?;
        let known = environment.constants();
        // What it says itself is not said again: the same settings in other words are no change.
        let other = |text: Option<String>, own: fn(&Endpoints) -> &String| {
            text.filter(|text| known.as_ref().is_none_or(|known| own(known) != text))
        };
        Some(Issuing {
            issuer: other(issuer, |known| &known.issuer),
            token_endpoint: other(token_endpoint, |known| &known.token_endpoint),
            environment,
            plain,
        })
    }

    fn fits(&mut self, name: &str, judged: Result<(), String>) -> bool {
        judged.map_err(|problem| self.problem(name, problem)).is_ok()
    }

    /// `Authority` is Altinn.App's name for what the other library calls `Environment`.
    fn environment(
        &mut self,
        environment: Option<String>,
        authority: Option<String>,
        plain: Plain,
    ) -> Option<Environment> {
        let mut read = |name: &str, text: Option<String>| {
            let text = text?;
            if self.slip(name, slip::of(&text)) {
                return None;
            }
            let result = Environment::read(&text, plain);
            result.map_err(|problem| self.problem(name, problem)).ok()
        };
        let (by_name, by_url) = (read("Environment", environment), read("Authority", authority));
        match (by_name, by_url) {
            (Some(name), Some(url)) if name != url => {
                self.problem("Environment", "contradicts `Authority`; keep one of them");
                None
            }
            (name, url) => name.or(url),
        }
    }
}

/// A known environment by its issuer, so that Altinn's goes with it; else these two are all there is to it.
fn of_both(issuer: &str, token_endpoint: &str) -> Option<Environment> {
    let known = Environment::read(issuer, Plain::ThisMachine).ok();
    let known = known.filter(|known| known.constants().is_some_and(|known| known.issuer == issuer));
    known.or_else(|| {
        Some(Environment::Fixed {
            issuer: issuer.to_owned(),
            token_endpoint: token_endpoint.parse().ok()?,
        })
    })
}

fn missing_beside(place: &Place, issuer: bool, token_endpoint: bool) -> &'static str {
    match (place, issuer, token_endpoint) {
        (Place::Nais, true, _) => "; with `MASKINPORTEN_ISSUER`, `MASKINPORTEN_TOKEN_ENDPOINT` would do as well",
        (Place::Nais, _, true) => "; with `MASKINPORTEN_TOKEN_ENDPOINT`, `MASKINPORTEN_ISSUER` would do as well",
        (Place::Nais, ..) => "; `MASKINPORTEN_ISSUER` and `MASKINPORTEN_TOKEN_ENDPOINT` would do as well",
        (_, true, _) => "; `Authority` would do as well, or, with `Issuer`, `TokenEndpoint`",
        (_, _, true) => "; `Authority` would do as well, or, with `TokenEndpoint`, `Issuer`",
        _ => "; `Authority` would do as well",
    }
}
