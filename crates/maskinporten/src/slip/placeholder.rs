//! What a template, an example or a pipeline leaves behind where a value was to be.

/// Placeholders of any make. No client id, scope, organisation number or address looks like one: `my-client-id` may be somebody's.
pub(super) fn is(text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    is_marked(text) || is_filler(text) || is_in_words(text)
}

/// `<client-id>`, `${CLIENT_ID}`, `#{ClientId}#`, `{{ client_id }}`, `$(ClientId)`, `%CLIENT_ID%`, `__ClientId__`, `[client id]`.
pub(super) fn is_marked(text: &str) -> bool {
    let pair = |open: char, close: char| {
        let inner = text
            .split_once(open)
            .and_then(|(_, after)| after.split_once(close))
            .map(|(inner, _)| inner);
        inner.is_some_and(|inner| !is_guid(inner))
    };
    let dollar = text.strip_prefix('$').is_some_and(|name| {
        let name = name.strip_prefix("env:").unwrap_or(name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    let around = [
        ("__", "__"),
        ("%", "%"),
        ("#", "#"),
        ("@", "@"),
        ("[", "]"),
        ("((", "))"),
    ];
    let whole = around.into_iter().any(|(open, close)| {
        let inner = text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
        inner.is_some_and(|inner| inner.contains(|c: char| c.is_alphabetic()))
    });
    let pairs = pair('{', '}') || pair('<', '>') || text.contains("$(") && pair('(', ')');
    // One word of a placeholder that has several.
    let part = text.starts_with('<') || text.ends_with('>');
    pairs || part || dollar || whole
}

/// In braces it is .NET's format `B`.
fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// `***`, `xxxxxxxx-xxxx-…`, `...`, and the GUID of nothing.
fn is_filler(text: &str) -> bool {
    let squeezed = squeezed(text);
    let all = |only: char| squeezed.chars().all(|c| c == only);
    squeezed.is_empty() || squeezed.len() >= 3 && all('x') || squeezed.len() == 32 && all('0')
}

fn is_in_words(text: &str) -> bool {
    const WHOLE: [&str; 20] = [
        "todo",
        "tbd",
        "tba",
        "fixme",
        "changeme",
        "changethis",
        "changeit",
        "replaceme",
        "replacethis",
        "fillme",
        "fillmein",
        "fillin",
        "setme",
        "placeholder",
        "null",
        "none",
        "nil",
        "undefined",
        "notset",
        "string",
    ];
    if text.eq_ignore_ascii_case("n/a") || is_note(text) {
        return true;
    }
    // `write:me` is a scope, and `https://example.com/here` an address.
    if text.contains([':', '/']) {
        return false;
    }
    WHOLE.contains(&squeezed(text).as_str()) || is_told(text)
}

/// Words to whoever is to fill it in: `your-client-id`, `replace with scope`, `insert client id here`. What they speak of is the value,
/// by its name: `your-company-api` and `set-the-price` may be somebody's.
fn is_told(text: &str) -> bool {
    const VERBS: [&str; 10] = [
        "insert", "enter", "put", "paste", "replace", "change", "set", "fill", "add", "write",
    ];
    const VALUES: [&str; 24] = [
        "id",
        "ids",
        "clientid",
        "guid",
        "kid",
        "key",
        "keyid",
        "jwk",
        "scope",
        "scopes",
        "secret",
        "token",
        "value",
        "resource",
        "audience",
        "issuer",
        "authority",
        "environment",
        "url",
        "uri",
        "address",
        "orgno",
        "orgnr",
        "number",
    ];
    let is_value = |word: &String| VALUES.contains(&word.as_str());
    let words = words(text);
    let [first, second, rest @ ..] = words.as_slice() else {
        // `YOURCLIENTID`
        let noun = words.first().and_then(|word| word.strip_prefix("your"));
        return noun.is_some_and(|noun| VALUES.contains(&noun));
    };
    let is_verb = VERBS.contains(&first.as_str());
    let names_value = words.last().is_some_and(is_value);
    match (first.as_str(), second.as_str()) {
        ("your", _) => names_value || rest.last().is_some_and(|last| last == "here"),
        (_, "your") if is_verb => true,
        (_, "me" | "this") if is_verb && rest.is_empty() => true,
        (_, "with" | "by" | "the" | "this") if is_verb && names_value => true,
        _ => rest.last().is_some_and(|last| last == "here") && (is_verb || words.iter().any(is_value)),
    }
}

/// `TODO: the client's id`; `todo:read` is a scope.
fn is_note(text: &str) -> bool {
    ["todo", "fixme", "tbd"].into_iter().any(|word| {
        let Some((start, after)) = text.split_at_checked(word.len()) else {
            return false;
        };
        let mut after = after.chars();
        let apart = match after.next() {
            Some(':') => after.next().is_none_or(char::is_whitespace),
            next => next.is_some_and(|c| c.is_whitespace() || matches!(c, '-' | '_' | '!' | '(')),
        };
        start.eq_ignore_ascii_case(word) && apart
    })
}

fn squeezed(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// In lower case: `yourClientId` is three, as `your-client-id` is.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        if c.is_alphanumeric() {
            let begins = !before.is_alphanumeric() || before.is_lowercase() && c.is_uppercase();
            if begins {
                words.push(String::new());
            }
            if let Some(last) = words.last_mut() {
                last.extend(c.to_lowercase());
            }
        }
        before = c;
    }
    words
}
