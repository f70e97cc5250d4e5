use async_trait::async_trait;
use config::{AsyncSource, Config, ConfigError, Environment, Map, Source, Value, ValueKind};
use serde_json::json;

use super::{file, json as shown};
use crate::ignore_case;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Environment::default().separator("__").source(Some(variables))
}

#[track_caller]
fn over(earlier: &str, source: impl Source + Send + Sync + 'static) -> serde_json::Value {
    let config = Config::builder()
        .add_source(file(earlier))
        .add_source(ignore_case(source))
        .build()
        .expect("it builds");
    shown(&config.cache)
}

#[test]
fn a_variable_overrides_whatever_the_case() {
    let config = Config::builder()
        .add_source(file(r#"{"MaskinportenSettings": {"ClientId": "vault", "Scope": "s"}}"#))
        .add_source(ignore_case(environment(&[("MASKINPORTENSETTINGS__CLIENTID", "env")])))
        .build()
        .expect("it builds");
    assert_eq!(
        shown(&config.cache),
        json!({"MaskinportenSettings": {"ClientId": "env", "Scope": "s"}})
    );
    let value = config.cache.into_table().expect("a table")["MaskinportenSettings"].clone();
    let client = value.into_table().expect("a table")["ClientId"].clone();
    assert_eq!(client.origin(), Some("the environment"));
}

#[test]
fn variables_reach_into_arrays() {
    let hosts = r#"{"Hosts": ["a", "b"], "Users": [{"Name": "n", "Age": 1}]}"#;
    let variables = [("HOSTS__1", "x"), ("HOSTS__9", "y"), ("USERS__0__NAME", "z")];
    assert_eq!(
        over(hosts, environment(&variables)),
        json!({"Hosts": ["a", "x", "y"], "Users": [{"Name": "z", "Age": 1}]})
    );
    assert_eq!(
        over("{}", environment(&[("NEW__0", "x"), ("NEW__1", "y")])),
        json!({"new": ["x", "y"]})
    );
}

#[test]
fn a_stray_variable_does_not_wipe_out_a_section() {
    assert_eq!(
        over(r#"{"Db": {"Host": "h"}}"#, environment(&[("DB", "stray")])),
        json!({"Db": {"Host": "h"}})
    );
    // HashMap's order changes from map to map: once would prove nothing.
    for _ in 0..20 {
        let variables = [("DB", "stray"), ("DB__PASSWORD", "p"), ("DB__PASSWORD__OLD", "o")];
        assert_eq!(
            over("{}", environment(&variables)),
            json!({"db": {"password": {"old": "o"}}})
        );
    }
}

#[test]
fn odd_variables_do_no_harm() {
    let variables = [
        ("", "1"),
        ("A__", "2"),
        ("PROGRAMFILES(X86)", "3"),
        ("_", "4"),
        ("Å__B", "5"),
    ];
    assert_eq!(
        over("{}", environment(&variables)),
        json!({"a.": "2", "programfiles(x86)": "3", "_": "4", "å.b": "5"})
    );
}

#[test]
fn values_keep_their_kinds() {
    let typed = environment(&[("A__PORT", "8080"), ("A__ON", "true"), ("A__LIST", "x,y")])
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("a.list");
    assert_eq!(
        over(r#"{"A": {"Port": "1", "On": "no", "List": ["1", "2", "3"]}}"#, typed),
        json!({"A": {"Port": 8080, "On": true, "List": ["x", "y", "3"]}})
    );
}

#[test]
fn files_overlay_as_in_dotnet() {
    assert_eq!(
        over(
            r#"{"Hosts": ["a", "b"], "Log": {"Level": "info", "To": "file"}, "Keep": 1, "Text": "t"}"#,
            file(
                r#"{"hosts": ["x"], "LOG": {"LEVEL": "debug"}, "keep": null, "more": [1, null], "text": {"a": 1}, "e": []}"#
            ),
        ),
        json!({
            "Hosts": ["x", "b"], "Log": {"Level": "debug", "To": "file"}, "Keep": 1, "more": [1, null],
            "Text": {"a": 1}, "e": []
        })
    );
}

#[test]
fn any_source_can_be_wrapped() {
    let earlier = r#"{"Db": {"Host": "h"}}"#;
    let expected = json!({"Db": {"Host": "new"}});
    let new = || file(r#"{"DB": {"HOST": "new"}}"#);

    assert_eq!(over(earlier, vec![new(), new()]), expected);
    let boxed: Vec<Box<dyn Source + Send + Sync>> = vec![Box::new(new()), Box::new(ignore_case(new()))];
    assert_eq!(over(earlier, boxed), expected);
    let built = Config::builder().add_source(new()).build().expect("it builds");
    assert_eq!(over(earlier, built), expected);
    assert_eq!(over(earlier, ignore_case(new())), expected);
    assert_eq!(over(earlier, Bare("db.host")), json!({"Db": {"Host": "bare"}}));

    // Paths of `config`'s own kind.
    assert_eq!(
        over(r#"{"List": [1, 2, {"Name": 3}]}"#, Bare("LIST[2].NAME")),
        json!({"List": [1, 2, {"Name": "bare"}]})
    );
}

#[test]
fn of_two_spellings_in_one_source_the_smallest_wins() {
    // HashMap's order changes from map to map: once would prove nothing.
    for _ in 0..20 {
        let built = Config::builder().add_source(file(r#"{"db": {"host": 1}, "Db": {"Host": 2}, "dB": 3}"#));
        let built = built.build().expect("it builds");
        assert_eq!(
            over(r#"{"DB": {"HOST": 0}}"#, built.clone()),
            json!({"DB": {"HOST": 2}})
        );
        assert_eq!(over("{}", built), json!({"Db": {"Host": 2}}));
    }
}

#[test]
fn a_clone_says_the_same_and_debug_says_nothing() {
    let wrapped = ignore_case(environment(&[("DB__HOST", "hunter2")]));
    assert_eq!(format!("{wrapped:?}"), "IgnoreCase { .. }");
    let cloned = wrapped.clone_into_box().clone_into_box();
    assert!(!format!("{cloned:?}").contains("hunter2"));

    let builder = Config::builder()
        .add_source(file(r#"{"Db": {"Host": "h"}}"#))
        .add_source(wrapped);
    let first = builder.clone().build().expect("it builds");
    let second = builder.build_cloned().expect("it builds");
    assert_eq!(shown(&first.cache), json!({"Db": {"Host": "hunter2"}}));
    assert_eq!(first.cache, second.cache);
}

#[test]
fn by_itself_it_gives_its_tree() {
    let properties = ignore_case(environment(&[("DB__HOST", "x")]))
        .collect()
        .expect("it collects");
    assert_eq!(shown(&Value::new(None, properties)), json!({"db": {"host": "x"}}));
}

#[test]
fn values_without_an_origin_stay_without() {
    let config = Config::builder()
        .add_source(ignore_case(Bare("a.b")))
        .build()
        .expect("it builds");
    let a = config.cache.into_table().expect("a table")["a"].clone();
    assert_eq!(a.origin(), None);
    assert_eq!(a.into_table().expect("a table")["b"].origin(), None);
}

#[test]
fn errors_pass_through() {
    let built = Config::builder().add_source(ignore_case(file("{"))).build();
    assert!(matches!(built, Err(ConfigError::FileParse { .. })));
}

#[tokio::test]
async fn asynchronous_sources_too() {
    let config = Config::builder()
        .set_default("Db.Host", "default")
        .expect("a path")
        .add_source(file(r#"{"Db": {"Port": 1}}"#))
        .add_async_source(ignore_case(Remote))
        .add_source(ignore_case(environment(&[("DB__PORT", "2")])))
        .build()
        .await
        .expect("it builds");
    assert_eq!(shown(&config.cache), json!({"Db": {"Host": "remote", "Port": "2"}}));

    let properties = AsyncSource::collect(&ignore_case(Remote)).await.expect("it collects");
    assert_eq!(shown(&Value::new(None, properties)), json!({"DB": {"HOST": "remote"}}));
}

/// A source that is neither `Clone` nor gives origins.
#[derive(Debug)]
struct Bare(&'static str);

impl Source for Bare {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(Self(self.0))
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(Map::from([(self.0.to_owned(), Value::new(None, "bare"))]))
    }
}

#[derive(Debug)]
struct Remote;

#[async_trait]
impl AsyncSource for Remote {
    async fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let value = Value::new(None, ValueKind::String("remote".to_owned()));
        Ok(Map::from([("DB.HOST".to_owned(), value)]))
    }
}

/// An empty section says that there may be one, and nothing of a value.
#[test]
fn a_section_with_nothing_in_it_does_not_win_over_a_value() {
    for nothing in [
        r#"{"Db": {}}"#,
        r#"{"DB": []}"#,
        r#"{"Db": null}"#,
        r#"{"Db": {"A": null}}"#,
        r#"{"Db": {"A": {}}}"#,
        r#"{"db": {"A": [], "B": {"C": null, "D": {}}}}"#,
        r#"{"Db": [{}]}"#,
        r#"{"Db": [null]}"#,
    ] {
        for earlier in [json!(42), json!("text"), json!(false), json!("")] {
            let earlier = json!({ "Db": earlier });
            assert_eq!(over(&earlier.to_string(), file(nothing)), earlier, "{nothing}");
            let inside = json!({ "Outer": earlier });
            let nested = format!(r#"{{"Outer": {nothing}}}"#);
            assert_eq!(over(&inside.to_string(), file(&nested)), inside, "{nothing}");
        }
    }
    // With anything in it, it wins as ever.
    for (section, all) in [
        (r#"{"Db": {"A": 1}}"#, json!({"Db": {"A": 1}})),
        (r#"{"Db": {"A": {}, "B": ""}}"#, json!({"Db": {"A": {}, "B": ""}})),
        (r#"{"Db": [{"A": 0}]}"#, json!({"Db": [{"A": 0}]})),
    ] {
        assert_eq!(over(r#"{"Db": 42}"#, file(section)), all);
    }
    // Over nothing, an empty one is there.
    assert_eq!(over("{}", file(r#"{"Db": {"A": {}}}"#)), json!({"Db": {"A": {}}}));
}
