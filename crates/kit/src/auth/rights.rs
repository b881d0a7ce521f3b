//! Whether somebody may do all that a role permits.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use keynode_proto::{METHODS, Method};

use super::policies::Policies;
use crate::call::Principal;

/// The rights of whoever makes one call; cheap to clone. By default there are none.
#[derive(Clone, Default)]
pub struct Rights {
    policies: Option<Policies>,
    /// A call may ask for the same role a thousand times.
    answered: Arc<Mutex<HashMap<String, bool>>>,
}

impl Rights {
    /// As these policies say.
    pub fn by(policies: Policies) -> Self {
        Self {
            policies: Some(policies),
            ..Self::default()
        }
    }

    /// Whether the principal of the call may use a method, by its gRPC path: asked where one
    /// method does what others do.
    pub fn permit(&self, principal: &Principal, path: &str) -> bool {
        let mut methods = METHODS.iter();
        let method = methods.find(|method| method.path == path);
        let permits =
            |(policies, method): (&Policies, &Method)| policies.permits(principal, method);
        self.policies.as_ref().zip(method).is_some_and(permits)
    }

    /// Whether the principal of the call has every right of the role, masks lifted included.
    pub fn include(&self, principal: &Principal, role: &str) -> bool {
        let Some(policies) = &self.policies else {
            return false;
        };
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answered.get(role).copied();
        answer.unwrap_or_else(|| {
            let includes = policies.include(principal, role);
            answered.insert(role.to_owned(), includes);
            includes
        })
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rights(…)")
    }
}
