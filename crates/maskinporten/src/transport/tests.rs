use super::*;
use crate::error::Retry;
use crate::quoted::Secrets;

#[test]
fn this_machine_has_few_names() {
    let here = |text: &str| is_loopback(&Url::parse(text).expect("a URL"));
    for url in [
        "http://localhost",
        "https://LOCALHOST:1/",
        "http://127.0.0.1",
        "http://127.9.9.9",
        "http://[::1]:1",
    ] {
        assert!(here(url), "{url}");
    }
    for url in [
        "http://localhost.example",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://[::2]",
        "file:///etc",
    ] {
        assert!(!here(url), "{url}");
    }
}

#[test]
fn what_is_near_is_local_by_its_number_too() {
    let local = |text: &str| is_local(&Url::parse(text).expect("a URL"));
    for url in [
        "http://127.0.0.1",
        "https://localhost:1",
        "http://169.254.169.254/metadata",
        "http://[fe80::1]",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:169.254.1.1]",
    ] {
        assert!(local(url), "{url}");
    }
    for url in [
        "https://maskinporten.no",
        "http://10.0.0.1",
        "http://[fec0::1]",
        "http://169.253.1.1",
    ] {
        assert!(!local(url), "{url}");
    }
}

/// The first that is set counts, even where it is blank; the one for the scheme before the one for all.
#[test]
fn the_variable_that_names_the_proxy() {
    const HTTPS: &str = "https://maskinporten.example/token";
    let named = |variables: Variables, url: &str| variables.proxy(url).map(|named| named.by_way_of());
    let says = |text: &str| Some(text.to_owned());
    for (variables, url, expected) in [
        (Variables::given([]), HTTPS, None),
        (
            Variables::given([
                ("HTTPS_PROXY", "http://u:p@proxy:3128"),
                ("ALL_PROXY", "http://other:1"),
            ]),
            HTTPS,
            says("HTTPS_PROXY names the proxy http://proxy:3128"),
        ),
        (
            Variables::given([("https_proxy", "proxy:3128")]),
            HTTPS,
            says("https_proxy names the proxy http://proxy:3128"),
        ),
        (
            Variables::given([
                ("HTTPS_PROXY", ""),
                ("https_proxy", "http://proxy:3128"),
                ("ALL_PROXY", "other:1"),
            ]),
            HTTPS,
            says("ALL_PROXY names the proxy http://other:1"),
        ),
        (Variables::given([("HTTP_PROXY", "http://proxy:3128")]), HTTPS, None),
        (
            Variables::given([
                ("ALL_PROXY", "http://proxy:3128"),
                ("NO_PROXY", "a, maskinporten.example"),
            ]),
            HTTPS,
            None,
        ),
        (
            Variables::given([("ALL_PROXY", "http://proxy:3128")]),
            "http://169.254.169.254/token",
            None,
        ),
        (
            Variables::given([("HTTP_PROXY", "http://proxy:3128"), ("REQUEST_METHOD", "GET")]),
            "http://maskinporten.example",
            None,
        ),
    ] {
        assert_eq!(named(variables, url), expected);
    }
}

/// What the client refused to send never met a proxy, and will not be sent the next time.
#[tokio::test]
async fn what_was_not_sent_was_ended_by_nobody() {
    const URL: &str = "http://maskinporten.example/token";
    let careful = |builder: reqwest::ClientBuilder| builder.https_only(true);
    let additions = Additions {
        configure: Some(std::sync::Arc::new(careful)),
        ..Additions::default()
    };
    let variables = Variables::given([("HTTP_PROXY", "http://proxy:3128")]);
    let clients = Clients::made(additions, variables, URL).expect("clients");
    let client = clients.client(URL, Stage::Metadata).expect("a client");
    let error = client.get(URL).send().await.expect_err("not sent");
    let error = clients.unreached(URL, Stage::Metadata, error, Duration::from_secs(1), &Secrets::none());
    assert_eq!(
        error.to_string(),
        "Maskinporten: metadata failed: nothing was sent: URL scheme is not allowed; check the address, and what \
         token_http_client or configure_http allows"
    );
    assert_eq!(error.retry(), Retry::Never);
}
