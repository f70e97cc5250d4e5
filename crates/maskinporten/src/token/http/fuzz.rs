//! A reply of any kind, read as [`post`](super::HttpTokens) does it.

use tokio::time::Instant;

use super::Granted;
use crate::quoted::Secrets;
use crate::token::Token;
use crate::token::claims::{is_dead, own_scope};

pub(crate) fn granted(body: &[u8], now: i64, sent: &Secrets) {
    let Ok(granted) = Granted::read(body) else { return };
    let received = Instant::now();
    let expires = granted
        .lifetime(now)
        .and_then(|lifetime| received.checked_add(lifetime));
    let scope = granted.scope.filter(|scope| !sent.are_in(scope, &["a:b".to_owned()]));
    let token = Token::new(granted.token, received, expires, scope);
    is_dead(&token, now);
    own_scope(token.secret());
    assert!(
        token.secret().bytes().all(|byte| byte.is_ascii_graphic()),
        "no header holds it"
    );
}
