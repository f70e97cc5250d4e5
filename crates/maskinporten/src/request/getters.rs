//! What a request asks for, for who wants to show or to decide on it. The plain names are the setters', as of `std::process::Command`.

use serde_json::Value;

use super::{Consent, Detail, SystemUser, TokenRequest};

impl TokenRequest {
    /// The scopes: sorted, each once.
    #[must_use]
    pub fn get_scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The `resource` claims.
    #[must_use]
    pub fn get_resource(&self) -> &[String] {
        &self.resource
    }

    /// The consumer's organisation: nine digits, where what was given is a spelling of them.
    #[must_use]
    pub fn get_consumer_org(&self) -> Option<&str> {
        self.consumer_org.as_deref()
    }

    /// The claim `iss_onbehalfof`.
    #[must_use]
    pub fn get_on_behalf_of(&self) -> Option<&str> {
        self.on_behalf_of.as_deref()
    }

    /// The person's number. It is personal: not for a log.
    #[must_use]
    pub fn get_pid(&self) -> Option<&str> {
        self.pid.as_deref()
    }

    /// The system user to act as.
    #[must_use]
    pub fn get_system_user(&self) -> Option<&SystemUser> {
        self.details.iter().find_map(|detail| match detail {
            Detail::SystemUser(user) => Some(user),
            _ => None,
        })
    }

    /// The consent.
    #[must_use]
    pub fn get_consent(&self) -> Option<&Consent> {
        self.details.iter().find_map(|detail| match detail {
            Detail::Consent(consent) => Some(consent),
            _ => None,
        })
    }

    /// What else was given as [`authorization_details`](Self::authorization_details), its members in order. `None` also where it cannot
    /// be sent, which [`validate`](Self::validate) tells.
    #[must_use]
    pub fn get_authorization_details(&self) -> Option<&Value> {
        self.details.iter().find_map(|detail| match detail {
            Detail::Other(other) if other.fault.is_none() => Some(&other.json),
            _ => None,
        })
    }

    /// It insists on a fresh token.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        !self.age.is_any()
    }
}
