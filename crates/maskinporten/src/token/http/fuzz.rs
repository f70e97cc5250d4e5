//! A reply of any kind.

use tokio::time::Instant;

use super::read;
use crate::quoted::Secrets;
use crate::token::claims::own_scope;

pub(crate) fn granted(body: &[u8], now: i64, sent: Secrets) {
    let Ok((token, _)) = read(body, (Instant::now(), now), now, &["a:b".to_owned()], sent) else {
        return;
    };
    own_scope(token.secret());
    assert!(
        token.secret().bytes().all(|byte| byte.is_ascii_graphic()),
        "no header holds it"
    );
}
