//! People's numbers, wherever they stand in a text.

use std::ops::Range;

/// Eleven digits in a row, or six and five. They are nothing else that is sent: times have ten, organisations nine.
pub(crate) fn people(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut all = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = digits(at);
        let end = at + length;
        let spaced = length == 6 && bytes.get(end) == Some(&b' ') && digits(end + 1) == 5;
        let number = match length {
            11 => Some(at..end),
            _ if spaced => Some(at..end + 6),
            _ => None,
        };
        at = number.as_ref().map_or(end, |number| number.end).max(at + 1);
        all.extend(number);
    }
    all
}

/// A number in both of its spellings.
pub(super) fn spellings(number: &str) -> [String; 2] {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let spaced = digits.split_at_checked(6).map(|(day, rest)| format!("{day} {rest}"));
    [spaced.unwrap_or_default(), digits]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_digits_are_a_person_and_nothing_else_is() {
        let found = |text: &'static str| people(text).into_iter().map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(found("01017012343"), ["01017012343"]);
        assert_eq!(
            found("\"a:01017012343\",x010170 12343é"),
            ["01017012343", "010170 12343"]
        );
        for none in [
            "",
            "1700000000",
            "991825827",
            "010170123431",
            "010170 123431",
            "010170  12343",
            "0101701 12343",
            "010170-12343",
        ] {
            assert_eq!(found(none), [""; 0], "{none}");
        }
        assert_eq!(spellings("01017012343"), ["010170 12343", "01017012343"]);
    }
}
