//! Numbers of organisations and people, each in one spelling.

/// What may stand before an organisation's nine digits, and says nothing more of it: PEPPOL's name of the scheme (ISO 6523), Altinn's
/// URN, Enhetsregisteret's own code (0192), and a VAT number's country.
const BEFORE: [&str; 4] = [
    "iso6523-actorid-upis",
    "urn:altinn:organization:identifier-no",
    "0192:",
    "no",
];

/// Nine digits, whatever stood around them; anything else as it was, for who checks it.
pub(super) fn organisation(number: &str) -> String {
    let mut rest = number.trim();
    for before in BEFORE {
        if let Some(start) = rest.get(..before.len())
            && start.eq_ignore_ascii_case(before)
        {
            rest = rest[before.len()..].trim_start_matches(':').trim_start();
        }
    }
    if let Some(at) = rest.len().checked_sub(3)
        && rest.get(at..).is_some_and(|end| end.eq_ignore_ascii_case("mva"))
    {
        rest = &rest[..at];
    }
    let digits = digits_of(rest, 9);
    match is_number(&digits, 9) {
        true => digits,
        false => number.trim().to_owned(),
    }
}

/// So many digits, without the white space that people put between them; anything else as it was.
pub(super) fn digits_of(text: &str, many: usize) -> String {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match is_number(&digits, many) {
        true => digits,
        false => text.trim().to_owned(),
    }
}

pub(super) fn is_number(text: &str, many: usize) -> bool {
    text.len() == many && text.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_organisation_has_one_spelling() {
        for number in [
            "991825827",
            " 991825827\n",
            "991 825 827",
            "991\u{a0}825\u{a0}827",
            "0192:991825827",
            "0192: 991 825 827",
            "iso6523-actorid-upis::0192:991825827",
            "iso6523-actorid-upis:0192:991825827",
            "ISO6523-ACTORID-UPIS::0192:991825827",
            "urn:altinn:organization:identifier-no:991825827",
            "NO991825827MVA",
            "NO 991 825 827 MVA",
            "991825827 mva",
        ] {
            assert_eq!(organisation(number), "991825827", "{number}");
        }
        // Another register's, and what is no number.
        for number in [
            "0193:991825827",
            "99182582",
            "9918258270",
            "x991825827",
            "991-825-827",
            "",
            "NO",
            "mva",
            "ø",
        ] {
            assert_eq!(organisation(number), number, "{number}");
        }
    }

    #[test]
    fn one_person_has_one_spelling() {
        assert_eq!(digits_of("010170 12345", 11), "01017012345");
        assert_eq!(digits_of(" 0101701234x ", 11), "0101701234x");
    }
}
