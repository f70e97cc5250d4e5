//! JWK and JWKS (RFC 7517), with members in any case: Altinn Studio writes `Kty`, `N`, `QI`.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::encoded;
use super::material::Material;
use super::numbers::{Numbers, Secret};
use super::problem::Problem;

/// One JSON object, its names in lower case. Texts are wiped when it goes.
#[derive(Default)]
struct Members(HashMap<String, Member>);

enum Member {
    /// `null` or a blank text: as an empty list or object, what writers put where they have nothing to say.
    Nothing,
    Text(Zeroizing<String>),
    Number(i64),
    Objects(Vec<Members>),
    Other,
}

impl Member {
    fn says_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Objects(all) => all.iter().flat_map(|one| one.0.values()).all(Self::says_nothing),
            Self::Text(_) | Self::Number(_) | Self::Other => false,
        }
    }
}

impl Members {
    /// What says something.
    fn get(&self, name: &str) -> Option<&Member> {
        self.0.get(name).filter(|member| !member.says_nothing())
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Member::Text(text)) => Some(text.trim()),
            _ => None,
        }
    }

    /// A text where there is anything.
    fn only_text(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        match self.get(name) {
            Some(Member::Text(_)) | None => Ok(self.text(name)),
            Some(_) => Err(Problem::NotText(name)),
        }
    }

    fn number(&self, name: &'static str) -> Result<Option<Secret>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(Member::Text(text)) => encoded::base64(text).map(Some).ok_or(Problem::Member(name)),
            Some(_) => Err(Problem::Member(name)),
        }
    }

    fn is_usable(&self) -> bool {
        let rsa = self.text("kty").is_some_and(|kty| kty.eq_ignore_ascii_case("RSA"));
        let signs = !self
            .text("use")
            .is_some_and(|purpose| purpose.eq_ignore_ascii_case("enc"));
        rsa && signs && self.text("d").is_some()
    }

    fn expires(&self) -> Option<i64> {
        match self.get("exp") {
            Some(Member::Number(at)) => Some(*at),
            Some(Member::Text(text)) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

pub(super) fn read(text: &str, kid: Option<&str>) -> Result<Material, Problem> {
    let members: Members = serde_json::from_str(text).map_err(|error| Problem::NotJson {
        line: error.line(),
        column: error.column(),
    })?;
    match members.get("keys") {
        Some(Member::Objects(keys)) => material(pick(keys, kid)?, kid),
        None if !members.0.contains_key("keys") || members.get("kty").is_some() => material(&members, kid),
        _ => Err(Problem::SetEmpty),
    }
}

fn pick<'a>(keys: &'a [Members], kid: Option<&str>) -> Result<&'a Members, Problem> {
    // A set of one says best itself what is wrong with it.
    if let [only] = keys {
        return Ok(only);
    }
    let usable: Vec<&Members> = keys.iter().filter(|key| key.is_usable()).collect();
    if let Some(kid) = kid {
        let named = usable.iter().find(|key| key.text("kid") == Some(kid));
        return named.copied().ok_or(Problem::SetNoSuchKid);
    }
    match usable.as_slice() {
        [] => Err(Problem::SetEmpty),
        [only] => Ok(only),
        many => {
            let dated = many.iter().filter(|key| key.expires().is_some());
            let newest = dated.max_by_key(|key| key.expires());
            newest.copied().ok_or(Problem::SetAmbiguous(many.len()))
        }
    }
}

fn material(members: &Members, kid: Option<&str>) -> Result<Material, Problem> {
    let kind = members.only_text("kty")?.ok_or(Problem::NoType)?;
    if !kind.eq_ignore_ascii_case("RSA") {
        return Err(Problem::NotRsa(match kind {
            "EC" => "EC".into(),
            "OKP" => "OKP (Ed25519)".into(),
            "oct" => "a shared secret (oct)".into(),
            // What is no name of a type may be anything.
            _ => "of another type".into(),
        }));
    }
    if members
        .only_text("use")?
        .is_some_and(|purpose| purpose.eq_ignore_ascii_case("enc"))
    {
        return Err(Problem::NotForSignatures);
    }
    let algorithm = match members.only_text("alg")? {
        None => Algorithm::default(),
        Some(alg) if alg.eq_ignore_ascii_case("RS256") => Algorithm::Rs256,
        Some(alg) if alg.eq_ignore_ascii_case("RS384") => Algorithm::Rs384,
        Some(alg) if alg.eq_ignore_ascii_case("RS512") => Algorithm::Rs512,
        Some(alg) if alg.len() <= 16 && alg.is_ascii() => return Err(Problem::Alg(alg.to_owned())),
        Some(_) => return Err(Problem::Alg("?".into())),
    };
    let d = members.number("d")?.ok_or(Problem::PublicOnly)?;
    let n = members.number("n")?.ok_or(Problem::Missing("n"))?;
    let e = members.number("e")?.ok_or(Problem::Missing("e"))?;
    // RFC 7518, section 6.3.2.7: the primes past the second. A key with two has no such member, but for writers who list all of them.
    if members.get("oth").is_some() {
        return Err(Problem::MultiPrime);
    }
    let crt = [
        members.number("p")?,
        members.number("q")?,
        members.number("dp")?,
        members.number("dq")?,
        members.number("qi")?,
    ];
    Ok(Material {
        numbers: Numbers::new(&n, &e, d, crt),
        algorithm,
        // Its own is of no use where another is given, whatever it is.
        kid: match kid {
            Some(kid) => Some(kid.to_owned()),
            None => members.only_text("kid")?.map(str::to_owned),
        },
        chain: Vec::new(),
        expires: members.expires(),
    })
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Member::deserialize(deserializer)? {
            Member::Objects(mut one) if one.len() == 1 => Ok(one.swap_remove(0)),
            _ => Err(D::Error::custom("an object is expected")),
        }
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

/// An object is a list of one: nothing here needs to tell them apart.
struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Member, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<Member, E> {
        let text = Zeroizing::new(text);
        Ok(match text.trim().is_empty() {
            true => Member::Nothing,
            false => Member::Text(text),
        })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Member, E> {
        Ok(Member::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Member, E> {
        Ok(Member::Number(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    #[allow(clippy::cast_possible_truncation)]
    fn visit_f64<E>(self, number: f64) -> Result<Member, E> {
        Ok(Member::Number(number as i64))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Member, A::Error> {
        let mut objects = Vec::new();
        let mut others = false;
        while let Some(member) = seq.next_element::<Member>()? {
            match member {
                Member::Nothing => {}
                Member::Objects(mut inner) => objects.append(&mut inner),
                Member::Text(_) | Member::Number(_) | Member::Other => others = true,
            }
        }
        let list = Member::Objects(objects);
        Ok(match others && list.says_nothing() {
            true => Member::Other,
            false => list,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        let mut members = HashMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let name = name.to_ascii_lowercase();
            if members.contains_key(&name) {
                // RFC 7517, section 4: a name twice is refused or the last one taken.
                map.next_value::<IgnoredAny>()?;
                return Err(A::Error::custom("a member is there twice"));
            }
            members.insert(name, map.next_value::<Member>()?);
        }
        Ok(Member::Objects(vec![Members(members)]))
    }
}
