//! What is checked before anything is sent.

use maskinporten::{ErrorKind, SystemUser, TokenRequest};

fn ok(request: &TokenRequest) {
    request.validate().unwrap();
}

fn refused(request: TokenRequest, text: &str) {
    let error = request.validate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let shown = error.to_string();
    assert!(shown.contains(text), "{shown}");
    assert!(!shown.contains('\n'));
}

fn request() -> TokenRequest {
    TokenRequest::new(["altinn:serviceowner"])
}

#[test]
fn scopes() {
    ok(&request());
    refused(
        TokenRequest::new([" ", ""]),
        "it names no scope; name scopes in the request or in the settings",
    );
    refused(TokenRequest::new(["a\"b"]), "the scope `a\"b` holds a character");
    refused(
        TokenRequest::new(["blåbær:les"]),
        "holds a character that a scope cannot",
    );
}

#[test]
fn organisation_numbers() {
    for number in ["991825827", "0192:991825827", "974760673", " 991825827 "] {
        ok(&request().consumer_org(number));
        ok(&request().system_user(SystemUser::of(number)));
    }
    for number in [
        "99182582",
        "9918258270",
        "",
        "99182582x",
        "0193:991825827",
        "991 825 827",
    ] {
        refused(
            request().consumer_org(number),
            "`consumer_org` is not nine digits, with or without `0192:`",
        );
        refused(
            request().system_user(SystemUser::of(number)),
            "`systemuser_org` is not nine digits",
        );
    }
    refused(
        request().consumer_org("991825828"),
        "`consumer_org` is no organisation number: the control digit of `991825828` is wrong",
    );
}

#[test]
fn references() {
    let with = |reference: &str| request().system_user(SystemUser::of("991825827").external_ref(reference));
    ok(&with("Blåbærsyltetøy_ÆØÅ-42"));
    ok(&with(&"a".repeat(255)));
    for bad in ["", "a b", "a/b", "é", &"a".repeat(256)] {
        refused(with(bad), "`externalRef` is not 1 to 255 letters");
    }
}

#[test]
fn resources() {
    ok(&request().resource("https://api.example.no/v1?x=1"));
    ok(&request().resource("urn:example:api"));
    refused(
        request().resource("https://api.example.no/#top"),
        "the resource `https://api.example.no/#top` has a fragment (`#`), which is refused",
    );
    for bad in [
        "/v1",
        "api.example.no/v1",
        "",
        " https://api.example.no",
        "https://api example.no",
    ] {
        refused(request().resource(bad), "is no absolute URI");
    }
}

#[test]
fn people_and_suppliers() {
    ok(&request().pid("01017012345"));
    assert!(!format!("{:?}", request().pid("01017012345")).contains("0101701"));
    let error = request().pid("0101701234x").validate().unwrap_err().to_string();
    assert!(error.contains("`pid` is not eleven digits"));
    assert!(!error.contains("0101701234"));
    refused(
        request().consumer_org("991825827").on_behalf_of("other"),
        "`consumer_org` and `iss_onbehalfof` exclude each other",
    );
    refused(request().on_behalf_of(" "), "`iss_onbehalfof` is blank");
}

#[test]
fn every_problem_is_told_at_once() {
    let error = TokenRequest::new([""])
        .pid("1")
        .resource("x")
        .consumer_org("1")
        .validate()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Maskinporten: token failed: the request is not valid: it names no scope; `consumer_org` is not nine digits, \
         with or without `0192:`; `pid` is not eleven digits; the resource `x` is no absolute URI; name \
         scopes in the request or in the settings"
    );
}
