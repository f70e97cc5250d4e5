//! The spans of a Maskinporten client: a token, its exchange, the metadata, and each request of them.

use maskinporten::{Environment, Error, KeyOptions, MaskinportenClient, MaskinportenSettings};
use maskinporten_emulator::{Fault, MaskinportenEmulator, RequestKind};

use super::*;

const KINDS: [&str; 3] = ["maskinporten.token", "maskinporten.exchange", "maskinporten.metadata"];

async fn start() -> (MaskinportenEmulator, MaskinportenClient) {
    let emulator = MaskinportenEmulator::start().await.expect("it starts");
    let party = emulator.client();
    let environment = Environment::parse(&emulator.issuer()).expect("an authority");
    let settings = MaskinportenSettings::new(party.client_id(), environment)
        .key(party.encoded_jwk(), KeyOptions::new())
        .scope("altinn:serviceowner/instances.read")
        .token_exchange_environment(emulator.exchange_base())
        // What is asked for so is said in the query.
        .use_altinn_test_org(true);
    let client = MaskinportenClient::builder(settings).ca_pem(emulator.ca_pem()).build();
    (emulator, client.expect("the settings are good"))
}

/// Both kinds of token, one made of the other.
async fn both(emulator: &MaskinportenEmulator, client: &MaskinportenClient) -> Result<(), Error> {
    let request = client.default_request();
    let work = async {
        let altinn = client.altinn_token(request).await?;
        let token = client.token(request).await?;
        leaks::watch(altinn.secret());
        leaks::watch(token.secret());
        Ok(())
    };
    let done = work.instrument(tracing::info_span!("app")).await;
    emulator.seen_jtis().into_iter().for_each(leaks::watch);
    done
}

/// What happened to each of these requests: the status, what the span calls an error, and whether it is one.
fn tries(spans: &Spans, method: &str) -> Vec<(Option<i64>, Option<String>, bool)> {
    let mut requests: Vec<_> = spans
        .requests()
        .into_iter()
        .filter(|span| span.name == method)
        .collect();
    requests.sort_by_key(|span| span.start_time);
    let told = |span: &SpanData| {
        (
            number(span, "http.response.status_code"),
            text(span, "error.type"),
            is_error(span),
        )
    };
    requests.into_iter().map(told).collect()
}

/// The errors of the spans of this name.
fn errors(spans: &Spans, name: &str) -> BTreeSet<String> {
    let named = spans.named(name);
    assert!(!named.is_empty(), "no `{name}`: {:?}", spans.names());
    let told = |span: &SpanData| {
        assert_eq!(text(span, "error.type").is_some(), is_error(span), "{name}");
        text(span, "error.type")
    };
    named.into_iter().filter_map(told).collect()
}

fn only(error: &str) -> BTreeSet<String> {
    BTreeSet::from([error.to_owned()])
}

#[tokio::test]
async fn a_token_an_exchange_and_the_metadata_have_spans_with_the_names_of_the_semantic_conventions() {
    let collector = Collector::listen();
    let (emulator, client) = start().await;
    both(&emulator, &client).await.expect("tokens");
    let spans = collector.spans().await;

    let app = spans.one("app");
    for name in KINDS {
        assert!(errors(&spans, name).is_empty(), "{name}");
        for span in spans.named(name) {
            assert_eq!(span.span_kind, SpanKind::Internal, "{name}");
            assert!(spans.is_within(span, "app"), "{name} in {}", spans.above(span));
            assert_eq!(span.span_context.trace_id(), app.span_context.trace_id());
        }
    }
    let requests = spans.requests();
    let expected = [
        ("GET", KINDS[2], emulator.metadata_url()),
        ("POST", KINDS[0], emulator.token_endpoint()),
        ("GET", KINDS[1], emulator.exchange_url()),
    ];
    assert_eq!(requests.len(), expected.len(), "{:?}", spans.names());
    for (method, within, url) in expected {
        let [span] = requests
            .iter()
            .filter(|span| text(span, "url.full").as_ref() == Some(&url))
            .collect::<Vec<_>>()[..]
        else {
            panic!("not one request of {url}: {requests:#?}")
        };
        assert_eq!((&*span.name, &span.span_kind), (method, &SpanKind::Client));
        assert!(spans.is_within(span, within), "{url} in {}", spans.above(span));
        assert_eq!(
            keys(span),
            BTreeSet::from([
                "http.request.method",
                "http.response.status_code",
                "server.address",
                "server.port",
                "url.full",
            ])
        );
        assert_eq!(text(span, "http.request.method").as_deref(), Some(method));
        assert_eq!(number(span, "http.response.status_code"), Some(200));
        let port = number(span, "server.port").expect("a port");
        let address = text(span, "server.address").expect("a host");
        assert!(url.starts_with(&format!("https://{address}:{port}/")), "{url}");
        assert!(!is_error(span));
    }
    let asked = emulator.requests();
    let exchange = asked.iter().find(|request| request.kind == RequestKind::Exchange);
    assert!(
        !exchange.expect("one").query.is_empty(),
        "there was a query, and no span has it"
    );
    leaks::assert_clean_logs();
}

#[tokio::test]
async fn each_try_for_a_token_is_a_span_and_one_that_failed_says_why() {
    for (fault, status, kind) in [
        (Fault::status(503, ""), Some(503), "503"),
        (Fault::hang(), None, "unreachable"),
    ] {
        let collector = Collector::listen();
        let (emulator, client) = start().await;
        emulator.inject(fault.for_kind(RequestKind::Token).once());
        let hangs = status.is_none();
        let patience = async {
            if hangs {
                while emulator.counts().token_requests == 0 {
                    tokio::task::yield_now().await;
                }
                // A try's limit is over, and the deadline is not.
                tokio::time::pause();
                tokio::time::advance(Duration::from_secs(17)).await;
                tokio::time::resume();
            }
        };
        let (done, ()) = tokio::join!(both(&emulator, &client), patience);
        done.expect("tokens");
        let spans = collector.spans().await;
        assert_eq!(
            tries(&spans, "POST"),
            [(status, Some(kind.to_owned()), true), (Some(200), None, false)]
        );
        // In the end there was a token.
        for name in KINDS {
            assert!(errors(&spans, name).is_empty(), "{name}");
        }
    }
}

#[tokio::test]
async fn what_fails_for_good_is_an_error_in_each_span_from_the_request_to_the_token() {
    let refused = r#"{"error":"invalid_grant","error_description":"No."}"#;
    for (kind, fault, method, name, error) in [
        (
            RequestKind::Token,
            Fault::status(400, refused),
            "POST",
            KINDS[0],
            "refused",
        ),
        (
            RequestKind::Exchange,
            Fault::status(403, ""),
            "GET",
            KINDS[1],
            "exchange",
        ),
        (
            RequestKind::Metadata,
            Fault::status(404, ""),
            "GET",
            KINDS[2],
            "metadata",
        ),
    ] {
        let collector = Collector::listen();
        let (emulator, client) = start().await;
        let status = match &kind {
            RequestKind::Token => 400,
            RequestKind::Exchange => 403,
            _ => 404,
        };
        emulator.inject(fault.for_kind(kind));
        let failure = both(&emulator, &client).await.expect_err("no token");
        leaks::assert_clean_error(&failure);
        let spans = collector.spans().await;
        assert_eq!(errors(&spans, name), only(error));
        let told = (Some(status), Some(status.to_string()), true);
        assert!(tries(&spans, method).contains(&told), "{:?}", tries(&spans, method));
        // What it was needed for failed with it.
        assert_eq!(errors(&spans, KINDS[1]), only(error));
    }
    leaks::assert_clean_logs();
}
