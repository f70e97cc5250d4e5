//! Which tokens are the same: the complete identity of what is asked for and by whom.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::request::{SystemUser, TokenRequest};

/// Who asks, and where. With a [`TokenRequest`] it names a token in a store that others use too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The issuer, verbatim.
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    /// What tells one signing key from another without saying anything about it.
    pub(crate) key: String,
    /// Where the token was exchanged, and for whose test organisation; empty for Maskinporten's own.
    pub(crate) exchange: String,
}

impl Identity {
    /// A name of fixed length for the token, from which nothing can be read: people and organisations are in it.
    ///
    /// Each field goes in with its length, so that no two sets of fields can run together to the same text. The fields are
    /// taken apart by name, so that a new one cannot be forgotten here.
    pub(crate) fn name(&self, request: &TokenRequest) -> String {
        let Self {
            issuer,
            client_id,
            key,
            exchange,
        } = self;
        let TokenRequest {
            scopes,
            resource,
            consumer_org,
            on_behalf_of,
            pid,
            system_user,
        } = request;
        let (organisation, external_ref) = match system_user {
            Some(SystemUser {
                organisation,
                external_ref,
            }) => (Some(organisation), external_ref.as_ref()),
            None => (None, None),
        };
        let mut digest = digest::Context::new(&digest::SHA256);
        list(&mut digest, [issuer, client_id, key, exchange]);
        list(&mut digest, scopes);
        list(&mut digest, resource);
        for claim in [
            consumer_org.as_ref(),
            on_behalf_of.as_ref(),
            pid.as_ref(),
            organisation,
            external_ref,
        ] {
            list(&mut digest, claim);
        }
        format!("maskinporten:1:{}", URL_SAFE_NO_PAD.encode(digest.finish()))
    }
}

fn list<'a>(digest: &mut digest::Context, texts: impl IntoIterator<Item = &'a String>) {
    let texts: Vec<&String> = texts.into_iter().collect();
    digest.update(&(texts.len() as u64).to_be_bytes());
    for text in texts {
        digest.update(&(text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn identity() -> Identity {
        Identity {
            issuer: "https://test.maskinporten.no/".to_owned(),
            client_id: "client".to_owned(),
            key: "key".to_owned(),
            exchange: String::new(),
        }
    }

    fn changed(change: impl FnOnce(&mut Identity)) -> Identity {
        let mut identity = identity();
        change(&mut identity);
        identity
    }

    #[test]
    fn every_dimension_names_another_token() {
        let request = || TokenRequest::new(["a"]);
        let user = |organisation: &str| request().system_user(SystemUser::of(organisation));
        let names = [
            identity().name(&request()),
            changed(|it| it.issuer = "https://maskinporten.no/".to_owned()).name(&request()),
            changed(|it| it.client_id = "another".to_owned()).name(&request()),
            changed(|it| it.key = "another".to_owned()).name(&request()),
            changed(|it| it.exchange = "https://platform.tt02.altinn.no".to_owned()).name(&request()),
            changed(|it| it.exchange = "https://platform.tt02.altinn.no?test=true".to_owned()).name(&request()),
            identity().name(&TokenRequest::new(["b"])),
            identity().name(&TokenRequest::new(["a b"])),
            identity().name(&TokenRequest::default()),
            identity().name(&request().resource("https://a.example/")),
            identity().name(&request().resource("https://b.example/")),
            identity().name(&request().resource("https://a.example/").resource("https://b.example/")),
            identity().name(&request().consumer_org("991825827")),
            identity().name(&request().on_behalf_of("991825827")),
            identity().name(&request().pid("991825827")),
            identity().name(&user("991825827")),
            identity().name(&user("310000000")),
            identity().name(&request().system_user(SystemUser::of("991825827").external_ref("one"))),
            identity().name(&request().system_user(SystemUser::of("991825827").external_ref("two"))),
        ];
        let distinct: HashSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(names.iter().all(|name| name.len() == names[0].len()));
    }

    #[test]
    fn neighbouring_fields_do_not_run_together() {
        let one = changed(|it| (it.client_id, it.key) = ("ab".to_owned(), "c".to_owned()));
        let two = changed(|it| (it.client_id, it.key) = ("a".to_owned(), "bc".to_owned()));
        assert_ne!(one.name(&TokenRequest::default()), two.name(&TokenRequest::default()));
        assert_ne!(
            identity().name(&TokenRequest::new(["a", "b"])),
            identity().name(&TokenRequest::new(["a"]).resource("b"))
        );
    }

    #[test]
    fn the_order_of_scopes_is_nobodys_business() {
        assert_eq!(
            identity().name(&TokenRequest::new(["b a", "a"])),
            identity().name(&TokenRequest::new(["a b"]))
        );
    }
}
