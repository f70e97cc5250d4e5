//! Which tokens are the same: the complete identity of what is asked for and by whom.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::request::{Detail, TokenRequest};

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
            details,
            // A fresh token takes the place of the one before.
            age: _,
        } = request;
        let mut digest = digest::Context::new(&digest::SHA256);
        list(&mut digest, [issuer, client_id, key, exchange]);
        list(&mut digest, scopes);
        list(&mut digest, resource);
        for claim in [consumer_org, on_behalf_of, pid] {
            list(&mut digest, claim);
        }
        for detail in details {
            let (kind, texts) = match detail {
                Detail::SystemUser(user) => {
                    let organisation = Some(user.organisation.clone());
                    ("user", [organisation, user.external_ref.clone()])
                }
                Detail::Consent(consent) => ("consent", [Some(consent.id.clone()), Some(consent.get_from())]),
                // Its members are in order.
                Detail::Other(other) => ("other", [Some(other.json.to_string()), None]),
            };
            list(&mut digest, [&kind.to_owned()]);
            list(&mut digest, texts.iter().flatten());
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

    use serde_json::json;

    use super::*;
    use crate::request::{Consent, SystemUser};

    const ID: &str = "77ed8698-e019-4d9c-a5e4-8e0a3cf3f9d4";

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
            identity().name(&request().consent(Consent::of(ID, "991825827"))),
            identity().name(&request().consent(Consent::of(ID, "01017012343"))),
            identity().name(&request().consent(Consent::of(ID.replace('7', "8"), "01017012343"))),
            identity().name(&request().authorization_details(json!({ "type": "a", "b": 1 }))),
            identity().name(&request().authorization_details(json!({ "type": "a", "b": "1" }))),
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

    #[test]
    fn neither_the_order_of_members_nor_a_wish_for_a_fresh_one_names_another_token() {
        let one = TokenRequest::new(["a"]).authorization_details(json!({ "type": "a", "b": { "c": 1, "d": 2 } }));
        let text = r#"[{ "b": { "d": 2, "c": 1 }, "type": "a" }]"#;
        let parsed: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let other = TokenRequest::new(["a"]).authorization_details(parsed);
        assert_eq!(identity().name(&one), identity().name(&other));
        assert_eq!(identity().name(&one), identity().name(&one.clone().fresh()));
    }
}
