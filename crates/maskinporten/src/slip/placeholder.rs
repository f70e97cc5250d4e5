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
        let after = text.split_once(open).map(|(_, after)| after);
        after.is_some_and(|after| after.contains(close))
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
    const VERBS: [&str; 10] = [
        "insert", "enter", "put", "paste", "replace", "change", "set", "fill", "add", "write",
    ];
    let squeezed = squeezed(text);
    if WHOLE.contains(&squeezed.as_str()) || text.eq_ignore_ascii_case("n/a") || is_note(text) {
        return true;
    }
    let words = words(text);
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let told = VERBS.contains(&first.as_str())
        && rest
            .first()
            .is_some_and(|second| matches!(second.as_str(), "your" | "with" | "by" | "the" | "me" | "this"));
    let here = words.len() > 2 && words.last().is_some_and(|last| last == "here");
    first == "your" || text.starts_with("YOUR") || told || here
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
