//! The little DER there is in an RSA key: a sequence of integers (RFC 8017, appendix A.1.2).

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// The integers of an `RSAPrivateKey`, without leading zeros; the first is its version.
pub(crate) fn integers(der: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut rest, after) = element(der, SEQUENCE)?;
    if !after.is_empty() {
        return None;
    }
    let mut integers = Vec::new();
    while !rest.is_empty() {
        let (integer, after) = element(rest, INTEGER)?;
        integers.push(without_zeros(integer));
        rest = after;
    }
    Some(integers)
}

/// An `RSAPrivateKey` of these integers; the first is its version.
pub(crate) fn sequence(integers: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    for integer in integers {
        let integer = without_zeros(integer);
        // A leading one bit would make it negative, and zero has one digit.
        let pad = integer.first().is_none_or(|first| first & 0x80 != 0);
        header(&mut body, INTEGER, integer.len() + usize::from(pad));
        body.extend(pad.then_some(0));
        body.extend_from_slice(integer);
    }
    let mut der = Vec::new();
    header(&mut der, SEQUENCE, body.len());
    der.append(&mut body);
    der
}

fn header(into: &mut Vec<u8>, tag: u8, length: usize) {
    into.push(tag);
    let bytes = length.to_be_bytes();
    let bytes = without_zeros(&bytes);
    if length < 0x80 {
        into.push(bytes.first().copied().unwrap_or(0));
    } else {
        // Eight bytes at most, so the count fits.
        into.push(0x80 | u8::try_from(bytes.len()).unwrap_or(0));
        into.extend_from_slice(bytes);
    }
}

/// The contents of the first element, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let length = bytes
            .iter()
            .try_fold(0usize, |sum, byte| Some(sum.checked_mul(256)? + usize::from(*byte)))?;
        (length, rest)
    };
    (found == tag).then_some(())?;
    rest.split_at_checked(length)
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back() {
        let long = [0x91; 300];
        let all: [&[u8]; 4] = [&[], &[1, 0, 1], &[0x80], &long];
        assert_eq!(integers(&sequence(&all)).unwrap_or_default(), all);
        assert_eq!(sequence(&[&[0, 0]]), [0x30, 3, 2, 1, 0]);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let der = sequence(&[&[1, 0, 1], &[0x80]]);
        for end in 0..der.len() {
            assert!(integers(&der[..end]).is_none(), "{end}");
        }
        assert!(integers(&[der.as_slice(), &[0]].concat()).is_none());
    }
}
