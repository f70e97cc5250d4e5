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
pub(crate) fn organisation(number: &str) -> String {
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
pub(crate) fn digits_of(text: &str, many: usize) -> String {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match is_number(&digits, many) {
        true => digits,
        false => text.trim().to_owned(),
    }
}

pub(crate) fn is_number(text: &str, many: usize) -> bool {
    text.len() == many && text.bytes().all(|c| c.is_ascii_digit())
}

/// The control digit of an organisation's number: modulus 11 with the weights of Enhetsregisteret.
pub(crate) fn has_control_digit(digits: &str) -> bool {
    sum(digits, &[3, 2, 7, 6, 5, 4, 3, 2, 1]).is_some_and(|sum| sum % 11 == 0)
}

/// The control digits of a person's number, a D number or a synthetic one. Of the first Skatteetaten has let go, so that there are numbers
/// enough after 2032: its remainder is one of four by then, and nought until then.
pub(crate) fn has_control_digits(digits: &str) -> bool {
    let first = sum(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_some_and(|sum| sum % 11 <= 3);
    let second = sum(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_some_and(|sum| sum % 11 == 0);
    first && second
}

fn sum(digits: &str, weights: &[u32]) -> Option<u32> {
    let values = digits.chars().map(|c| c.to_digit(10));
    values.zip(weights).map(|(value, weight)| Some(value? * weight)).sum()
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
        assert_eq!(digits_of("010170 12343", 11), "01017012343");
        assert_eq!(digits_of(" 0101701234x ", 11), "0101701234x");
    }

    /// Skatteetaten's description of the numbers, the D numbers (40 added to the day) and the synthetic ones: 80 added to the month (Tenor),
    /// 40 (Dolly, and the hospitals' own), or 65, and to a D number's as well. Day and month are not looked at.
    #[test]
    fn a_persons_number_has_two_control_digits() {
        for number in [
            "01017012343",
            "41017012337",
            "01817090067",
            "01417010072",
            "41817010049",
            "41667010002",
            "01667010019",
        ] {
            assert!(has_control_digits(number), "{number}");
            let (all, last) = number.split_at(10);
            let mistyped = format!("{all}{}", (last.parse::<u8>().expect("a digit") + 1) % 10);
            assert!(!has_control_digits(&mistyped), "{mistyped}");
        }
        // From 2032 the first of them has a remainder of up to three.
        assert!(has_control_digits("01013210116"));
        assert!(!has_control_digits("01013210132"));
        assert!(!has_control_digits("12345678901"));
    }
}
