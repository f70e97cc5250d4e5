//! Spellings: what counts as the same name, and how the same words are written elsewhere.

/// The name without case, `_` and `-`: two names that fold alike are one setting.
pub(crate) fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// `name` among `known`: by exact spelling first, else folded.
pub(crate) fn find<'n>(known: &[&'n str], name: &str) -> Option<&'n str> {
    let exact = known.iter().find(|k| **k == name);
    exact
        .or_else(|| {
            let folded = fold(name);
            known.iter().find(|k| fold(k) == folded)
        })
        .copied()
}

/// An array's index: `0`, or digits without a leading zero.
pub(crate) fn index(key: &str) -> Option<usize> {
    let digits = !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
    if !digits || (key.len() > 1 && key.starts_with('0')) {
        return None;
    }
    key.parse().ok()
}

fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let chars: Vec<char> = name.chars().collect();
    let mut word = String::new();
    for (n, &c) in chars.iter().enumerate() {
        if matches!(c, '_' | '-') {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let starts = c.is_ascii_uppercase() && n > 0 && {
            let before = chars[n - 1];
            let after = chars.get(n + 1);
            before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
        };
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(c.to_ascii_lowercase());
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|c| c.to_ascii_uppercase().to_string() + chars.as_str())
        .unwrap_or_default()
}

/// `client_id` as `ClientId`, the way Key Vault's secrets are usually named.
pub(crate) fn pascal(name: &str) -> String {
    words(name).iter().map(|w| capital(w)).collect()
}

/// How many ways [`styles`] knows; one is tried after the other, most likely first.
pub(crate) const STYLES: usize = 9;

/// The spellings of `name` in one style. Styles that repeat an earlier one give nothing.
pub(crate) fn styles(name: &str, style: usize) -> Vec<String> {
    if style == STYLES - 1 {
        return split(name);
    }
    let written = |style: usize| -> String {
        let words = words(name);
        match style {
            0 => name.to_owned(),
            1 => words.join("_"),
            2 => {
                let pascal = pascal(name);
                let mut chars = pascal.chars();
                chars
                    .next()
                    .map(|c| c.to_ascii_lowercase().to_string() + chars.as_str())
                    .unwrap_or_default()
            }
            3 => pascal(name),
            4 => words.join("-"),
            5 => words.join("_").to_ascii_uppercase(),
            6 => words.concat(),
            _ => words.concat().to_ascii_uppercase(),
        }
    };
    let this = written(style);
    if (0..style).any(|earlier| written(earlier) == this) {
        return Vec::new();
    }
    vec![this]
}

/// A name whose words cannot be told apart any more (`clientid`, as an environment variable gives it) with one
/// underscore put back in each place.
fn split(name: &str) -> Vec<String> {
    const LONGEST: usize = 40;
    let plain = name.len() <= LONGEST
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
        && (name.bytes().all(|b| !b.is_ascii_uppercase()) || name.bytes().all(|b| !b.is_ascii_lowercase()));
    if !plain {
        return Vec::new();
    }
    let name = name.to_ascii_lowercase();
    (1..name.len())
        .map(|n| format!("{}_{}", &name[..n], &name[n..]))
        .collect()
}

/// The known name that somebody who wrote `name` most likely meant.
pub(crate) fn nearest<'n>(known: impl Iterator<Item = &'n str>, name: &str) -> Option<&'n str> {
    let folded = fold(name);
    let most = (folded.len() / 3).clamp(1, 3);
    known
        .map(|k| (distance(&fold(k), &folded), k))
        .filter(|(d, _)| *d <= most)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one each.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}
