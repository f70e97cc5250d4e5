//! Spellings: what counts as the same name, and how the same words are written elsewhere.

/// The name without case, `_` and `-`, byte by byte: two names that fold alike are one setting.
fn folded(name: &str) -> impl Iterator<Item = u8> {
    name.bytes()
        .filter(|b| !matches!(b, b'_' | b'-'))
        .map(|b| b.to_ascii_lowercase())
}

pub(crate) fn same(a: &str, b: &str) -> bool {
    folded(a).eq(folded(b))
}

/// A number that names which fold alike share (FNV-1a).
pub(crate) fn hash(name: &str) -> u64 {
    folded(name).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `name` among `known`: by exact spelling first, else folded.
pub(crate) fn find<'n>(known: &[&'n str], name: &str) -> Option<&'n str> {
    let exact = known.iter().find(|k| **k == name);
    exact.or_else(|| known.iter().find(|k| same(k, name))).copied()
}

/// What sorts an array's indexes (`0`, or digits without a leading zero) as the numbers they are, however long.
pub(crate) fn index(key: &str) -> Option<(usize, &str)> {
    let digits = !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
    (digits && (key.len() == 1 || !key.starts_with('0'))).then_some((key.len(), key))
}

/// The words of a name in lower case; with `digits`, a number is a word of its own.
fn words(name: &str, digits: bool) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (n, &c) in chars.iter().enumerate() {
        if matches!(c, '_' | '-') {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let before = n.checked_sub(1).map_or('_', |n| chars[n]);
        let upper = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase() && chars.get(n + 1).is_some_and(char::is_ascii_lowercase)));
        let number = digits && c.is_ascii_digit() != before.is_ascii_digit();
        if (upper || number) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(c.to_ascii_lowercase());
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// `client_id` as `ClientId`, the way Key Vault's secrets are usually named.
pub(crate) fn pascal(name: &str) -> String {
    words(name, false).iter().map(|w| capital(w)).collect()
}

/// The spellings under which a type may know `name`: as it is, in snake, camel, Pascal, kebab and upper case, with all words
/// in one, and, where the words cannot be told apart any more (`clientid`), with one `_` put back.
pub(crate) fn styles(name: &str) -> Vec<String> {
    let plain = words(name, false);
    let (snake, kebab, pascal) = (plain.join("_"), plain.join("-"), pascal(name));
    let camel = plain.first().map(|first| first.clone() + &pascal[first.len()..]);
    let (upper, lower) = (snake.to_ascii_uppercase(), plain.concat());
    let mut all = vec![snake, camel.unwrap_or_default(), name.to_owned(), pascal, kebab, upper];
    all.extend([lower.to_ascii_uppercase(), lower]);
    if name.bytes().any(|b| b.is_ascii_digit()) {
        let split = words(name, true);
        all.extend([split.join("_"), split.join("-"), split.join("_").to_ascii_uppercase()]);
    }
    all.extend(put_back(name));
    let mut seen = std::collections::HashSet::with_capacity(all.len());
    all.retain(|spelling| seen.insert(spelling.clone()));
    all
}

fn put_back(name: &str) -> Vec<String> {
    const LONGEST: usize = 40;
    let lost = name.len() <= LONGEST
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
        && (name.bytes().all(|b| !b.is_ascii_uppercase()) || name.bytes().all(|b| !b.is_ascii_lowercase()));
    let name = name.to_ascii_lowercase();
    let places = if lost { 1..name.len() } else { 0..0 };
    places.map(|n| format!("{}_{}", &name[..n], &name[n..])).collect()
}

/// The known name that somebody who wrote `name` most likely meant.
pub(crate) fn nearest<'n>(known: impl Iterator<Item = &'n str>, name: &str) -> Option<&'n str> {
    let name: Vec<u8> = folded(name).collect();
    let most = (name.len() / 3).clamp(1, 3);
    known
        .map(|known| (folded(known).collect::<Vec<_>>(), known))
        // Each slip changes the length by one at most.
        .filter(|(folded, _)| folded.len().abs_diff(name.len()) <= most)
        .map(|(folded, known)| (distance(&folded, &name), known))
        .filter(|(slips, _)| *slips <= most)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one each.
fn distance(a: &[u8], b: &[u8]) -> usize {
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
