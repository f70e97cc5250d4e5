//! The numbers of an RSA key: what is missing is computed, what is there must belong together.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use num_bigint_dig::{BigUint, ModInverse as _};
use zeroize::{Zeroize as _, Zeroizing};

use super::algorithm::Algorithm;
use super::problem::Problem;

pub(super) type Secret = Zeroizing<Vec<u8>>;

/// Big-endian; `n` and `e` without leading zeros.
pub(super) struct Numbers {
    pub(super) n: Vec<u8>,
    e: Vec<u8>,
    d: Secret,
    p: Option<Secret>,
    q: Option<Secret>,
    dp: Option<Secret>,
    dq: Option<Secret>,
    qi: Option<Secret>,
}

/// `p`, `q`, `dp`, `dq`, `qi`, each of which may be missing.
pub(super) type Crt = [Option<Secret>; 5];

impl Numbers {
    pub(super) fn new(n: &[u8], e: &[u8], d: Secret, crt: Crt) -> Self {
        let [p, q, dp, dq, qi] = crt;
        Self {
            n: trimmed(n).to_vec(),
            e: trimmed(e).to_vec(),
            d,
            p,
            q,
            dp,
            dq,
            qi,
        }
    }

    pub(super) fn bits(&self) -> usize {
        self.n.first().map_or(0, |first| {
            self.n.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or_default()
        })
    }

    /// RFC 7638: the required members in alphabetical order, without white space.
    pub(super) fn thumbprint(&self) -> String {
        let e = BASE64_URL_SAFE_NO_PAD.encode(&self.e);
        let n = BASE64_URL_SAFE_NO_PAD.encode(&self.n);
        let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
    }

    /// The checked pair: long enough, consistent, and able to verify what it signs.
    pub(super) fn pair(mut self, algorithm: Algorithm) -> Result<KeyPair, Problem> {
        let bits = self.bits();
        if bits < 2048 {
            return Err(Problem::Short(bits));
        }
        if bits > 8192 {
            return Err(Problem::Long(bits));
        }
        let length = self.n.len();
        if self.e.is_empty() || self.e.len() > 5 || self.e.last().is_none_or(|last| last % 2 == 0) || self.e == [1] {
            return Err(Problem::Inconsistent("the public exponent `e` is none"));
        }
        let private = [Some(&self.d), self.p.as_ref(), self.q.as_ref()];
        if private.into_iter().flatten().any(|part| trimmed(part).len() > length) {
            return Err(Problem::Inconsistent("a private part is longer than the modulus"));
        }
        self.complete()?;
        let (Some(p), Some(q), Some(dp), Some(dq), Some(qi)) = (&self.p, &self.q, &self.dp, &self.dq, &self.qi) else {
            return Err(Problem::Unusable);
        };
        let public = PublicKeyComponents {
            n: self.n.as_slice(),
            e: self.e.as_slice(),
        };
        let pair = KeyPair::from_components(&KeyPairComponents {
            public_key: public,
            d: trimmed(&self.d),
            p: trimmed(p),
            q: trimmed(q),
            dP: trimmed(dp),
            dQ: trimmed(dq),
            qInv: trimmed(qi),
        })
        .map_err(|_| Problem::Inconsistent("`d`, `dp`, `dq` and `qi` do not fit `n` and `e`"))?;

        // The numbers can agree although a prime is none.
        let message = b"maskinporten";
        let mut signature = vec![0; pair.public_modulus_len()];
        let signed = pair.sign(algorithm.encoding(), &SystemRandom::new(), message, &mut signature);
        signed.map_err(|_| Problem::Unusable)?;
        public
            .verify(algorithm.parameters(), message, &signature)
            .map_err(|_| Problem::Unusable)?;
        Ok(pair)
    }

    /// Computes what is missing. Not in constant time: it happens once, at start, and only for a key that lacks members.
    fn complete(&mut self) -> Result<(), Problem> {
        let n = BigUint::from_bytes_be(&self.n);
        let d = number(&self.d);
        let zero = BigUint::from(0u8);
        let one = BigUint::from(1u8);
        let given = |part: &Option<Secret>| part.as_ref().map(|bytes| number(bytes)).filter(|prime| **prime > one);
        let (p, q) = match (given(&self.p), given(&self.q)) {
            (Some(p), Some(q)) => (p, q),
            (Some(p), None) => {
                let q = Zeroizing::new(&n / &*p);
                (p, q)
            }
            (None, Some(q)) => {
                let p = Zeroizing::new(&n / &*q);
                (p, q)
            }
            (None, None) => factors(&n, &BigUint::from_bytes_be(&self.e), &d)
                .ok_or(Problem::Inconsistent("`d` does not fit `n` and `e`"))?,
        };
        if &*p * &*q != n || *p <= one || *q <= one {
            return Err(Problem::Inconsistent("`p` times `q` is not `n`"));
        }
        self.p = Some(bytes(&p));
        self.q = Some(bytes(&q));
        if self.dp.is_none() {
            self.dp = Some(bytes(&Zeroizing::new(&*d % (&*p - &one))));
        }
        if self.dq.is_none() {
            self.dq = Some(bytes(&Zeroizing::new(&*d % (&*q - &one))));
        }
        if self.qi.is_none() {
            let inverse = (&*q).mod_inverse(&*p).and_then(|inverse| inverse.to_biguint());
            let inverse = inverse.filter(|inverse| *inverse > zero);
            let inverse = inverse.ok_or(Problem::Inconsistent("`q` has no inverse"))?;
            self.qi = Some(bytes(&Zeroizing::new(inverse)));
        }
        Ok(())
    }
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

fn number(bytes: &[u8]) -> Zeroizing<BigUint> {
    Zeroizing::new(BigUint::from_bytes_be(bytes))
}

fn bytes(number: &BigUint) -> Secret {
    Zeroizing::new(number.to_bytes_be())
}

/// The first forty primes. Each finds the factors with a chance of one half at least, whatever the others find, so that they miss one
/// key in four million million: both its primes are 3 modulo 4 then. There a composite base finds only what its own factors do.
const BASES: [u8; 40] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173,
];

/// The primes from both exponents (NIST SP 800-56B, appendix C.2), the larger first.
fn factors(n: &BigUint, e: &BigUint, d: &BigUint) -> Option<(Zeroizing<BigUint>, Zeroizing<BigUint>)> {
    let one = BigUint::from(1u8);
    let zero = BigUint::from(0u8);
    let mut k = d * e;
    if k <= one || n % 2u8 == zero {
        return None;
    }
    k -= &one;
    let twos = k.trailing_zeros()?;
    let odd = Zeroizing::new(&k >> twos);
    k.zeroize();
    let top = n - &one;
    for base in BASES {
        // A prime has none, and all bases would be tried in vain (Fermat's little theorem).
        if base == 3 && BigUint::from(base).modpow(&top, n) == one {
            return None;
        }
        let mut y = BigUint::from(base).modpow(&odd, n);
        if y == one || y == top {
            continue;
        }
        for round in 0..twos {
            let square = (&y * &y) % n;
            if square == one {
                let p = common(y - &one, n.clone());
                let q = n / &p;
                let (p, q) = if p > q { (p, q) } else { (q, p) };
                return Some((Zeroizing::new(p), Zeroizing::new(q)));
            }
            if square == top && round + 1 < twos {
                break;
            }
            // With the right `d` the last square is one, whatever the base.
            if round + 1 == twos {
                return None;
            }
            y = square;
        }
    }
    None
}

fn common(mut a: BigUint, mut b: BigUint) -> BigUint {
    while b != BigUint::from(0u8) {
        let rest = &a % &b;
        a = b;
        b = rest;
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both are 3 modulo 4, and equal modulo 8 and modulo each odd prime up to 41: no base below 43 finds them. One key in 33,000 is so.
    #[test]
    fn primes_that_are_hard_to_tell_apart_are_found() {
        let (p, q) = (17_492_308_497_392_875_583_u64, 17_471_619_479_473_025_303_u64);
        let n = BigUint::from(p) * q;
        let e = BigUint::from(65_537_u32);
        // By Euler's function, and by Carmichael's.
        for d in [
            163_966_433_894_736_641_925_440_047_296_425_741_365_u128,
            11_156_954_952_736_196_803_464_500_815_013_753_483,
        ] {
            let found = factors(&n, &e, &BigUint::from(d)).map(|(p, q)| (p.to_string(), q.to_string()));
            assert_eq!(found, Some((p.to_string(), q.to_string())));
        }
    }

    /// A prime for a modulus, and a `d` of another key.
    #[test]
    fn what_has_no_two_primes_is_given_up() {
        let p = BigUint::from(17_492_308_497_392_875_583_u64);
        let e = BigUint::from(65_537_u32);
        let top = &p - 1_u8;
        let d = (&e).mod_inverse(&top).and_then(|d| d.to_biguint()).expect("an inverse");
        assert!(factors(&p, &e, &d).is_none());
        assert!(factors(&(&p * 17_471_619_479_473_025_303_u64), &e, &d).is_none());
    }
}
