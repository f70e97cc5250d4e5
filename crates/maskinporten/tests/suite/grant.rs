//! What is checked before anything is sent.

use maskinporten::{ErrorKind, MaskinportenRequest, SystemUser, TokenRequest};

fn ok(request: &TokenRequest) {
    request.validate().unwrap();
}

fn refused(request: TokenRequest, text: &str) {
    let error = request.validate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let shown = error.to_string();
    assert!(shown.contains(text), "{shown}");
    assert!(!shown.contains('\n') && !shown.contains("hunter2"), "{shown}");
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
    for number in ["991825827", "0192:991825827", "974760673", " 991825827 ", "991 825 827"] {
        ok(&request().consumer_org(number));
        ok(&request().system_user(SystemUser::of(number)));
    }
    for number in ["99182582", "9918258270", "99182582x", "0193:991825827", "991-825-827"] {
        refused(
            request().consumer_org(number),
            "`consumer_org` is not nine digits, with or without `0192:`",
        );
        refused(
            request().system_user(SystemUser::of(number)),
            "`systemuser_org` is not nine digits",
        );
    }
    refused(request().consumer_org("<orgno>"), "`consumer_org` is a placeholder");
    refused(
        request().consumer_org("991 825 828"),
        "`consumer_org` is no organisation number: the control digit of `991825828` is wrong",
    );
}

/// One thing is one request, and so one token, however it is spelt.
#[test]
fn one_request_however_it_is_spelt() {
    let numbers = [
        "991825827",
        " 991825827\n",
        "991 825 827",
        "991\u{a0}825\u{a0}827",
        "0192:991825827",
        "0192:991 825 827",
        "iso6523-actorid-upis::0192:991825827",
        "iso6523-actorid-upis:0192:991825827",
        "urn:altinn:organization:identifier-no:991825827",
        "NO991825827MVA",
        "NO 991 825 827 MVA",
    ];
    for number in numbers {
        assert_eq!(
            request().consumer_org(number),
            request().consumer_org("991825827"),
            "{number}"
        );
        assert_eq!(SystemUser::of(number), SystemUser::of("991825827"), "{number}");
        let wish = MaskinportenRequest::new().consumer_org(number);
        assert_eq!(wish, MaskinportenRequest::new().consumer_org("991825827"), "{number}");
    }
    let spelt = TokenRequest::new(["\n b\t", "a\u{a0}b", ""])
        .resource(" https://api.example.no ")
        .on_behalf_of(" other ")
        .pid("010170 12343")
        .system_user(SystemUser::of("0192:991825827").external_ref(" ref\n"));
    let plain = TokenRequest::new(["a", "b"])
        .resource("https://api.example.no")
        .on_behalf_of("other")
        .pid("01017012343")
        .system_user(SystemUser::of("991825827").external_ref("ref"));
    assert_eq!(spelt, plain);
}

#[test]
fn what_is_blank_is_no_wish() {
    for blank in ["", " ", "\t\n"] {
        assert_eq!(request().resource(blank).consumer_org(blank), request());
        let set = request().resource("urn:a").consumer_org("991825827");
        assert_eq!(set.clone().resource(blank).consumer_org(blank), set);
        let wish = MaskinportenRequest::new().resource(blank).consumer_org(blank);
        assert_eq!(wish, MaskinportenRequest::new());
        // These would ask as somebody else.
        refused(
            request().system_user(SystemUser::of(blank)),
            "`systemuser_org` is blank",
        );
        refused(
            request().system_user(SystemUser::of("991825827").external_ref(blank)),
            "`externalRef` is blank: leave it out where the system user has none",
        );
    }
}

/// What is refused may be a secret that was pasted in the wrong place.
#[test]
fn what_cannot_be_meant_is_not_shown() {
    let jwk = r#"{"kty":"RSA","d":"hunter2hunter2"}"#;
    refused(
        TokenRequest::new([jwk]),
        "`scope` is JSON, as a JWK is, and is not shown",
    );
    refused(
        request().resource(jwk),
        "`resource` is JSON, as a JWK is, and is not shown",
    );
    refused(
        request().consumer_org(jwk),
        "`consumer_org` is JSON, as a JWK is, and is not shown",
    );
    refused(TokenRequest::new(["<scope>"]), "`scope` is a placeholder");
    refused(
        TokenRequest::new(["\u{feff}altinn:serviceowner"]),
        "`scope` holds a byte order mark",
    );
    refused(
        TokenRequest::new(["\"altinn:a altinn:b\""]),
        "`scope` begins or ends with a quotation mark",
    );
    refused(request().resource("${RESOURCE}"), "`resource` is a placeholder");
    let error = request()
        .resource("https://a:hunter2@api.example.no/#x")
        .validate()
        .unwrap_err();
    assert!(
        error.to_string().contains("must hold no user name and no password"),
        "{error}"
    );
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn references() {
    let with = |reference: &str| request().system_user(SystemUser::of("991825827").external_ref(reference));
    ok(&with("Blåbærsyltetøy_ÆØÅ-42"));
    ok(&with(&"a".repeat(255)));
    for bad in ["a b", "a/b", "é", &"a".repeat(256)] {
        refused(with(bad), "`externalRef` is not 1 to 255 letters");
    }
}

#[test]
fn resources() {
    ok(&request().resource("https://api.example.no/v1?x=1"));
    ok(&request().resource("urn:example:api"));
    refused(
        request().resource("https://api.example.no/#top"),
        "the resource `https://api.example.no/` has a fragment (`#`), which is refused",
    );
    refused(
        request().resource("https://api.example.no/v1?sig=hemmelig#top"),
        "the resource `https://api.example.no/v1` has a fragment",
    );
    refused(
        TokenRequest::new(["https://api.example.no/å?sig=hemmelig"]),
        "the scope `https://api.example.no/%C3%A5` holds a character that a scope cannot",
    );
    ok(&request().resource(" https://api.example.no"));
    for bad in ["/v1", "api.example.no/v1", "https://api example.no"] {
        refused(request().resource(bad), "is no absolute URI");
    }
}

#[test]
fn people_and_suppliers() {
    ok(&request().pid("01017012343"));
    assert!(!format!("{:?}", request().pid("01017012343")).contains("0101701"));
    let error = request().pid("0101701234x").validate().unwrap_err().to_string();
    assert!(error.contains("`pid` is not eleven digits"));
    assert!(!error.contains("0101701234"));
    refused(
        request().consumer_org("991825827").on_behalf_of("other"),
        "`consumer_org` and `iss_onbehalfof` exclude each other",
    );
    refused(request().on_behalf_of(" "), "`iss_onbehalfof` is blank");
    refused(
        request().on_behalf_of("https://u:hemmelig@h"),
        "`iss_onbehalfof` must hold no user name and no password",
    );
    refused(request().on_behalf_of("<party>"), "`iss_onbehalfof` is a placeholder");
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
