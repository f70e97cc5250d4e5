//! `authorization_details` (RFC 9396): consents, and any other. <https://docs.digdir.no/docs/Maskinporten/maskinporten_func_samtykke>

use maskinporten::{Consent, ErrorKind, MaskinportenRequest, SystemUser, TokenRequest};
use maskinporten_emulator::{Fault, RequestKind, oauth_error};
use serde_json::{Value, json};

use crate::world::{World, request};

const ID: &str = "77ed8698-e019-4d9c-a5e4-8e0a3cf3f9d4";
const PERSON: &str = "01017012343";
const ORGANISATION: &str = "991825827";

fn wrong(request: &TokenRequest) -> String {
    let error = request.validate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    error.to_string()
}

#[tokio::test]
async fn a_consent_is_sent_as_documented_and_is_in_the_token() {
    let world = World::start().await;
    for from in [
        format!("urn:altinn:person:identifier-no:{PERSON}"),
        format!("urn:altinn:organization:identifier-no:{ORGANISATION}"),
    ] {
        world.emulator.give_consent(ID, &from);
        let consent = Consent::of(ID, &from);
        assert_eq!((consent.get_id(), consent.get_from()), (ID, from.clone()));
        let client = world.client();
        client.token(&request().consent(consent.clone())).await.unwrap();
        let asked = world.emulator.requests().pop().unwrap();
        assert_eq!(
            asked.claims.unwrap()["authorization_details"],
            json!([{ "type": "urn:altinn:consent", "id": ID, "from": from }])
        );
        // The same for one request of an HTTP client.
        let wish = MaskinportenRequest::new().consent(consent);
        let url = world.emulator.api_url();
        let reply = client.http_client().get(url).with_extension(wish).send().await.unwrap();
        let seen: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
        assert_eq!(seen["consent"], ID);
        assert_eq!(client.stats().token_requests, 1, "one token for both");
    }
}

#[tokio::test]
async fn a_consent_that_nobody_gave_is_refused_and_its_error_names_nobody() {
    let world = World::start().await;
    let consent = request().consent(Consent::of(ID, PERSON));
    let error = world.client().token(&consent).await.unwrap_err();
    assert_eq!(error.mp_code(), Some("MP-303"), "{error}");
    assert!(!error.to_string().contains(PERSON), "{error}");
}

/// A server may quote whom a request is about, whole or in part.
#[tokio::test]
async fn whoever_a_request_is_about_is_cut_from_what_is_quoted_back() {
    let spaced = format!("{} {}", &PERSON[..6], &PERSON[6..]);
    for request in [
        request().consent(Consent::of(ID, PERSON)),
        request().pid(PERSON),
        request().authorization_details(json!({ "type": "urn:example:other", "about": [{ "who": PERSON }] })),
        request().authorization_details(json!({ "type": "urn:example:other", "about": spaced })),
    ] {
        let world = World::start().await;
        let description = format!(
            "No consent {ID} of urn:altinn:person:identifier-no:{PERSON} ({})",
            &PERSON[..9]
        );
        let refused = oauth_error(400, "invalid_grant", &description, Some(303));
        world.emulator.inject(Fault::new(refused).for_kind(RequestKind::Token));
        let error = world.client().token(&request).await.unwrap_err();
        assert_eq!(error.mp_code(), Some("MP-303"), "{error}");
        assert!(!error.to_string().contains(&PERSON[..8]), "{error}");
        assert!(error.to_string().contains("No consent"), "{error}");
    }
}

/// Anybody may be named in other details. Their type is no secret, nor are other words that begin alike.
#[tokio::test]
async fn what_other_details_hold_is_cut_from_what_is_quoted_back() {
    let world = World::start().await;
    let detail = json!({
        "type": "urn:example:other", "creditor": { "name": "Ola Nordmann" }, "locations": ["https://api.example.no/payments"],
    });
    let description = "urn:example:other: no creditor \"Ola Nordmann\" at https://api.example.no/payments, see https://api.example.no/help";
    let refused = oauth_error(400, "invalid_grant", description, Some(302));
    world.emulator.inject(Fault::new(refused).for_kind(RequestKind::Token));
    let request = request().authorization_details(detail);
    let error = world.client().token(&request).await.unwrap_err();
    assert_eq!(error.mp_code(), Some("MP-302"), "{error}");
    let text = error.to_string();
    assert!(!text.contains("Nordmann") && !text.contains("no/payments"), "{text}");
    assert!(text.contains("urn:example:other: no creditor"), "{text}");
    assert!(text.contains("see https://api.example.no/help"), "{text}");
}

#[test]
fn a_resource_that_is_a_persons_number_is_not_shown() {
    let request = request().resource(PERSON);
    let error = wrong(&request);
    assert!(error.contains("`resource` is no absolute URI"), "{error}");
    assert!(!format!("{error} {request:?}").contains(PERSON));
}

#[test]
fn a_consent_is_the_same_however_it_is_spelt() {
    let consent = Consent::of(ID, PERSON);
    for from in ["010170 12343", &format!(" urn:altinn:person:identifier-no:{PERSON}\n")] {
        assert_eq!(Consent::of(ID.to_uppercase(), from), consent, "{from}");
    }
    let organisation = Consent::of(ID, ORGANISATION);
    for from in [
        "0192:991825827",
        "urn:altinn:organization:identifier-no:991825827",
        "991 825 827",
    ] {
        assert_eq!(Consent::of(format!("{{{ID}}}"), from), organisation, "{from}");
    }
    assert_ne!(consent, organisation);
}

#[test]
fn a_consent_is_checked_before_anything_is_sent() {
    request().consent(Consent::of(ID, PERSON)).validate().unwrap();
    for (id, from, told) in [
        ("77ed8698", PERSON, "`id` of the consent is no UUID"),
        ("", PERSON, "`id` of the consent is no UUID"),
        ("<consent-id>", PERSON, "`id` is a placeholder"),
        (
            ID,
            "01017012344",
            "`from` is no person's number: a control digit is wrong",
        ),
        (ID, "991825828", "the control digit of `991825828` is wrong"),
        (
            ID,
            "somebody",
            "`from` of the consent is neither a person's eleven digits nor an organisation's nine",
        ),
        (ID, "", "`from` of the consent is neither"),
        (
            ID,
            "urn:altinn:person:identifier-no:991825827",
            "`from` of the consent is neither",
        ),
    ] {
        let request = request().consent(Consent::of(id, from));
        let error = wrong(&request);
        assert!(error.contains(told), "{id} {from}: {error}");
        for shown in [error, format!("{request:?}")] {
            assert!(!shown.contains("0101701"), "{shown}");
        }
    }
    let shown = format!("{:?}", request().consent(Consent::of(ID, PERSON)));
    assert!(shown.contains(ID) && !shown.contains(PERSON), "{shown}");
}

/// Digdir's guide: one for each token.
#[test]
fn a_token_is_for_one_of_them() {
    let both = request()
        .system_user(SystemUser::of(ORGANISATION))
        .consent(Consent::of(ID, PERSON));
    assert!(wrong(&both).contains("`authorization_details` name more than one"));
    let other = json!({ "type": "urn:example:other" });
    assert!(wrong(&request().consent(Consent::of(ID, PERSON)).authorization_details(other)).contains("more than one"));
    // The last of one kind.
    let second = request()
        .system_user(SystemUser::of("310000000"))
        .system_user(SystemUser::of(ORGANISATION));
    assert_eq!(second, request().system_user(SystemUser::of(ORGANISATION)));
}

#[tokio::test]
async fn any_other_detail_is_sent_as_it_is_and_what_maskinporten_says_is_told() {
    let world = World::start().await;
    let detail = json!({ "type": "urn:example:other", "z": [1, 2], "a": { "d": null, "c": true } });
    let error = world
        .client()
        .token(&request().authorization_details(detail.clone()))
        .await;
    assert_eq!(error.unwrap_err().mp_code(), Some("MP-301"));
    let asked = world.emulator.requests().pop().unwrap();
    assert_eq!(asked.claims.unwrap()["authorization_details"], json!([detail]));
}

#[test]
fn details_as_json_are_the_same_request_in_any_order_and_typed_where_they_are_known() {
    let parsed = |text: &str| request().authorization_details(serde_json::from_str::<Value>(text).unwrap());
    assert_eq!(
        parsed(r#"{ "type": "x", "a": { "b": 1, "c": 2 } }"#),
        parsed(r#"[{ "a": { "c": 2, "b": 1 }, "type": "x" }]"#)
    );
    assert_ne!(
        parsed(r#"{ "type": "x", "a": 1 }"#),
        parsed(r#"{ "type": "x", "a": 2 }"#)
    );
    assert_eq!(parsed("null"), request());
    assert_eq!(
        parsed(&format!(
            r#"{{ "type": "urn:altinn:consent", "id": "{ID}", "from": "{PERSON}" }}"#
        )),
        request().consent(Consent::of(ID, PERSON))
    );
    let user = r#"{ "type": "urn:altinn:systemuser", "externalRef": "one",
        "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" } }"#;
    let typed = request().system_user(SystemUser::of(ORGANISATION).external_ref("one"));
    assert_eq!(parsed(user), typed);
    assert_eq!(parsed(user).get_system_user(), typed.get_system_user());
}

/// RFC 9396, section 2: what a type holds is its own business.
#[test]
fn what_other_details_hold_may_be_any_text() {
    for text in ["none", "string", "\"in quotes\"", "two\nlines", "<b>", "[all]", ""] {
        let detail = json!({ "type": "urn:example:other", "b": [text] });
        request().authorization_details(detail).validate().expect(text);
    }
}

#[test]
fn details_as_json_are_checked_before_anything_is_sent() {
    let nested = (0..20).fold(json!(1), |inner, _| json!([inner]));
    for (detail, told) in [
        (json!("urn:altinn:consent"), "is no JSON object"),
        (json!({ "id": ID }), "has no `type`"),
        (json!({ "type": 1 }), "has a `type` that is no text"),
        (json!({ "type": " " }), "has a `type` that is no text"),
        (json!([]), "holds more or fewer than one"),
        (
            json!([{ "type": "a" }, { "type": "b" }]),
            "holds more or fewer than one",
        ),
        (json!({ "type": "a", "b": nested }), "is nested too deep"),
        (json!({ "type": "a", "b": "x".repeat(9_000) }), "is too long"),
        (json!({ "type": "${TYPE}" }), "is a placeholder"),
        (
            json!({ "type": "a", "b": ["@Microsoft.KeyVault(SecretUri=https://v)"] }),
            "that nobody resolved",
        ),
        (
            json!({ "type": "urn:altinn:consent", "id": ID }),
            "is no consent as Maskinporten takes it",
        ),
        (
            json!({ "type": "urn:altinn:systemuser", "systemuserorg": ORGANISATION }),
            "is no system user as Maskinporten takes it",
        ),
    ] {
        let error = wrong(&request().authorization_details(detail.clone()));
        assert!(error.contains(told), "{detail}: {error}");
    }
    let shown = format!(
        "{:?}",
        request().authorization_details(json!({ "type": "urn:example:other", "about": PERSON }))
    );
    assert!(
        shown.contains("urn:example:other") && !shown.contains(PERSON),
        "{shown}"
    );
}
