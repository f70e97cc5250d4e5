//! Default requests that were lent out.

use std::sync::OnceLock;

use crate::request::TokenRequest;

/// Whoever was lent one may keep it as long as the client, and the client's settings may change meanwhile: so none goes before the client
/// does. Each is there once, and there are as many as settings had different ones.
#[derive(Debug)]
pub(super) struct Lent {
    request: TokenRequest,
    next: OnceLock<Box<Lent>>,
}

impl Lent {
    pub(super) fn new(request: TokenRequest) -> Self {
        Self {
            request,
            next: OnceLock::new(),
        }
    }

    pub(super) fn lend(&self, wanted: &TokenRequest) -> &TokenRequest {
        let mut at = self;
        while at.request != *wanted {
            at = at.next.get_or_init(|| Box::new(Self::new(wanted.clone())));
        }
        &at.request
    }
}

/// One after the other: a long chain would need a deep stack.
impl Drop for Lent {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut lent) = next {
            next = lent.next.take();
        }
    }
}
