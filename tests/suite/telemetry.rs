//! Spans as a collector gets them: OpenTelemetry's own SDK sees them through `tracing-opentelemetry`.
//!
//! Names by the semantic conventions: "HTTP client spans" (`http.request.method`, `http.response.status_code`, `server.address`,
//! `server.port`, `url.full`, `error.type`) and "Azure SDK" (`az.namespace`).

mod client;

use std::collections::BTreeSet;
use std::time::Duration;

use config_azure_keyvault::AzureKeyVault;
use keyvault_emulator::{Fault, Permissions, RequestKind, SecretPermission, service_error};
use opentelemetry::trace::{SpanId, SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::Instrument as _;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;

use crate::support::{World, builder, check_built, leaks};

/// Everything that this thread's spans become, at INFO as in a service, for as long as it is kept: for tests of one thread.
struct Collector {
    exporter: InMemorySpanExporter,
    _provider: SdkTracerProvider,
    _listening: DefaultGuard,
}

impl Collector {
    fn listen() -> Self {
        leaks::listen();
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("tests"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        Self {
            exporter,
            _provider: provider,
            _listening: tracing::subscriber::set_default(Registry::default().with(LevelFilter::INFO).with(layer)),
        }
    }

    /// The spans of our crates and the test's own, once the test's has ended. What they hold is checked for secrets.
    async fn spans(&self) -> Spans {
        let finished = || self.exporter.get_finished_spans().expect("they are there");
        // What a try that was given up sent is dropped on a thread of the crate's own, and its spans end there.
        let mut looks = 0;
        while !finished().iter().any(|span| span.name == "app") {
            looks += 1;
            assert!(
                looks < 2_000,
                "{:?}",
                finished()
                    .iter()
                    .map(|s| format!("{} {:?}", s.name, text(s, "error.type")))
                    .collect::<Vec<_>>()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let spans = finished();
        self.exporter.reset();
        leaks::assert_clean("a span", &format!("{spans:?}"));
        let is_ours = |span: &SpanData| {
            let named = span.name == "app" || span.name.starts_with("maskinporten.");
            named || text(span, "az.namespace").is_some() || is_request(span)
        };
        Spans(spans.into_iter().filter(is_ours).collect())
    }
}

struct Spans(Vec<SpanData>);

impl Spans {
    fn named(&self, name: &str) -> Vec<&SpanData> {
        self.0.iter().filter(|span| span.name == name).collect()
    }

    fn one(&self, name: &str) -> &SpanData {
        let [one] = self.named(name)[..] else {
            panic!("not one `{name}`: {:?}", self.names())
        };
        one
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| &*span.name).collect()
    }

    fn requests(&self) -> Vec<&SpanData> {
        self.0.iter().filter(|span| is_request(span)).collect()
    }

    /// The name of the span that a span is in.
    fn above(&self, span: &SpanData) -> &str {
        self.by_id(span.parent_span_id).map_or("nothing", |span| &span.name)
    }

    /// A span of that name is around it, however far.
    fn is_within(&self, span: &SpanData, name: &str) -> bool {
        let above = self.by_id(span.parent_span_id);
        above.is_some_and(|above| above.name == name || self.is_within(above, name))
    }

    /// The requests that were sent in a span, each try of them.
    fn tries_in(&self, span: &SpanData) -> Vec<&SpanData> {
        let requests = self.requests().into_iter();
        requests
            .filter(|request| request.parent_span_id == span.span_context.span_id())
            .collect()
    }

    fn by_id(&self, id: SpanId) -> Option<&SpanData> {
        self.0.iter().find(|span| span.span_context.span_id() == id)
    }
}

fn is_request(span: &SpanData) -> bool {
    text(span, "http.request.method").is_some()
}

fn text(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == key)?;
    Some(found.value.to_string())
}

fn number(span: &SpanData, key: &str) -> Option<i64> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == key)?;
    match found.value {
        opentelemetry::Value::I64(number) => Some(number),
        ref other => panic!("`{key}` is no number: {other:?}"),
    }
}

fn keys(span: &SpanData) -> BTreeSet<&str> {
    span.attributes.iter().map(|attribute| attribute.key.as_str()).collect()
}

fn is_error(span: &SpanData) -> bool {
    matches!(span.status, Status::Error { .. })
}

async fn load(source: &AzureKeyVault) -> bool {
    let built = builder(source).build().instrument(tracing::info_span!("app")).await;
    check_built(source, &built);
    built.is_ok()
}

#[tokio::test]
async fn a_load_is_a_tree_of_spans_with_the_names_of_the_semantic_conventions() {
    let collector = Collector::listen();
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    assert!(load(&world.source()).await);
    let spans = collector.spans().await;

    let host = "app.vault.azure.test";
    let root = spans.one("keyvault.load");
    assert_eq!((spans.above(root), &root.span_kind), ("app", &SpanKind::Internal));
    assert_eq!(keys(root), BTreeSet::from(["az.namespace", "server.address"]));
    assert_eq!(text(root, "az.namespace").as_deref(), Some("Microsoft.KeyVault"));
    for name in ["keyvault.list", "keyvault.get", "keyvault.token"] {
        for span in spans.named(name) {
            assert_eq!(span.span_kind, SpanKind::Internal);
            let above = spans.above(span);
            // A token is fetched beside the first request, or for it.
            assert!(
                above == "keyvault.load" || name == "keyvault.token",
                "{name} in {above}"
            );
            assert_eq!(span.span_context.trace_id(), root.span_context.trace_id());
            assert!(!is_error(span));
        }
    }
    spans.one("keyvault.list");
    assert!(!spans.named("keyvault.token").is_empty());
    let got: BTreeSet<_> = spans
        .named("keyvault.get")
        .into_iter()
        .filter_map(|span| text(span, "keyvault.secret.name"))
        .collect();
    assert_eq!(got, ["A", "B", "C"].map(str::to_owned).into());

    let requests = spans.requests();
    assert_eq!(requests.len(), world.emulator.requests().len(), "{:?}", spans.names());
    for span in requests {
        assert_eq!(span.span_kind, SpanKind::Client);
        assert!(
            ["keyvault.list", "keyvault.get", "keyvault.token"].contains(&spans.above(span)),
            "a request in {}",
            spans.above(span)
        );
        assert_eq!(text(span, "http.request.method").as_deref(), Some(&*span.name));
        let status = number(span, "http.response.status_code").expect("a status");
        let mut expected = BTreeSet::from([
            "http.request.method",
            "http.response.status_code",
            "server.address",
            "server.port",
            "url.full",
        ]);
        // The vault's challenge, as for any client.
        if status == 401 {
            expected.insert("error.type");
            assert_eq!(text(span, "error.type").as_deref(), Some("401"));
        }
        assert_eq!((keys(span), is_error(span)), (expected, status == 401));
        let url = text(span, "url.full").expect("a URL");
        let port = number(span, "server.port").expect("a port");
        let address = text(span, "server.address").expect("a host");
        assert!(
            url.starts_with(&format!("https://{address}:{port}/")) && !url.contains('?'),
            "{url}"
        );
        if spans.above(span) != "keyvault.token" {
            assert_eq!(address, host);
        }
    }
    leaks::assert_clean_logs();
}

#[tokio::test]
async fn what_fails_is_an_error_in_each_span_from_the_request_to_the_load() {
    let collector = Collector::listen();
    let world = World::start().await;
    world.seed(&["A"]);
    world.vault.set_permissions(Permissions::only([SecretPermission::List]));
    assert!(!load(&world.source()).await);
    let spans = collector.spans().await;
    let get = spans.one("keyvault.get");
    for span in [spans.one("keyvault.load"), get] {
        assert!(is_error(span), "{}", span.name);
        assert_eq!(text(span, "error.type").as_deref(), Some("forbidden"), "{}", span.name);
    }
    assert!(!is_error(spans.one("keyvault.list")));
    let [refused] = spans.tries_in(get)[..] else {
        panic!("{:?}", spans.names())
    };
    assert_eq!(number(refused, "http.response.status_code"), Some(403));
    assert_eq!(
        (text(refused, "error.type").as_deref(), is_error(refused)),
        (Some("403"), true)
    );
}

#[tokio::test]
async fn each_try_is_a_span_and_one_without_an_answer_says_why() {
    for (fault, kind) in [
        (
            Fault::new(service_error(503, "ServiceUnavailable", None, "Later.")),
            "503",
        ),
        (Fault::reset(), "connection"),
        (Fault::hang(), "timeout"),
    ] {
        let collector = Collector::listen();
        let world = World::start().await;
        world.seed(&["A"]);
        world.emulator.inject(fault.for_kind(RequestKind::Get).once());
        assert!(load(&world.source().try_timeout(Duration::from_secs(3))).await);
        let spans = collector.spans().await;
        let get = spans.one("keyvault.get");
        let tries = spans.tries_in(get).into_iter();
        let tries: Vec<_> = tries.map(|span| (text(span, "error.type"), is_error(span))).collect();
        // The HTTP client itself may send once more what nobody has seen.
        if kind != "connection" || tries.len() > 1 {
            assert_eq!(tries, [(Some(kind.to_owned()), true), (None, false)]);
        }
        assert!(!is_error(get) && !is_error(spans.one("keyvault.load")));
    }
}

/// A 429 is waited out above the SDK: each try is a span in the get all the same, and no span tells of an error but the tries'.
#[tokio::test]
async fn each_try_that_was_one_too_many_is_a_span_in_its_get() {
    let collector = Collector::listen();
    let world = World::start().await;
    world.seed(&["A"]);
    let throttled = Fault::throttled(None).for_kind(RequestKind::Get).times(2);
    world.emulator.inject(throttled);
    assert!(load(&world.source()).await);
    let spans = collector.spans().await;
    let get = spans.one("keyvault.get");
    let tries = spans.tries_in(get).into_iter();
    let tries = tries.map(|span| (number(span, "http.response.status_code"), text(span, "error.type")));
    let tries: Vec<_> = tries.collect();
    let refused = (Some(429), Some("429".to_owned()));
    assert_eq!(tries, [refused.clone(), refused, (Some(200), None)]);
    assert!(!is_error(get) && !is_error(spans.one("keyvault.load")));
}

#[tokio::test]
async fn several_vaults_are_one_load_and_each_span_names_its_own() {
    let collector = Collector::listen();
    let world = World::start().await;
    world.seed(&["A"]);
    world.emulator.vault("special").set("B", leaks::marker());
    let special = AzureKeyVault::new(world.emulator.vault_url("special"));
    assert!(load(&AzureKeyVault::layered([world.source(), special])).await);
    let spans = collector.spans().await;
    assert_eq!(text(spans.one("keyvault.load"), "server.address"), None);
    let hosts: BTreeSet<_> = spans
        .named("keyvault.list")
        .into_iter()
        .filter_map(|span| text(span, "server.address"))
        .collect();
    assert_eq!(
        hosts,
        ["app.vault.azure.test", "special.vault.azure.test"]
            .map(str::to_owned)
            .into()
    );
}

#[tokio::test]
async fn the_sync_form_and_a_watch_have_the_same_spans() {
    let collector = Collector::listen();
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world.source();
    let app = tracing::info_span!("app");
    app.in_scope(|| config::Config::builder().add_source(source.clone()).build())
        .expect("it loads");
    drop(app);
    let spans = collector.spans().await;
    assert_eq!(spans.above(spans.one("keyvault.load")), "app");
    spans.one("keyvault.get");

    let started = source.watch(builder(&source)).start();
    let watch = started.instrument(tracing::info_span!("app")).await.expect("it loads");
    collector.spans().await;
    watch
        .refresh()
        .instrument(tracing::info_span!("app"))
        .await
        .expect("it loads");
    let spans = collector.spans().await;
    assert_eq!(spans.above(spans.one("keyvault.load")), "app");
    assert_eq!(spans.requests().len(), 1, "one list, no get: {:?}", spans.names());
    leaks::assert_clean_logs();
}
