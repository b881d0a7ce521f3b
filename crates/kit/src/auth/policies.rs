//! What a principal is permitted, as the policies (Cedar) say.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, Response, RestrictedExpression,
};
use keynode_proto::{METHODS, Method};

use crate::call::{Principal, TenantId};

mod error;

pub use error::PolicyError;

/// Decisions kept; when there are more, all are made anew.
const MAX_KEPT: usize = 20_000;

/// The policies in force; cheap to clone.
#[derive(Clone)]
pub struct Policies(Arc<Inner>);

struct Inner {
    authorizer: Authorizer,
    policies: PolicySet,
    actions: HashMap<&'static str, Action>,
    kept: RwLock<HashMap<Question, bool>>,
}

/// All that a decision can depend on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Question {
    tenant: Option<TenantId>,
    subject: String,
    roles: Vec<String>,
    scopes: Vec<String>,
    permission: &'static str,
    reads: bool,
}

/// A method as policies see it.
#[derive(Clone)]
struct Action {
    entity: Entity,
    groups: RestrictedExpression,
}

impl Policies {
    /// # Errors
    /// The first policies that do not parse, with their position.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let policies = text
            .parse::<PolicySet>()
            .map_err(|errors| PolicyError::of(text, &errors))?;
        let actions = METHODS
            .iter()
            .map(|method| (method.path, Action::of(method)))
            .collect();
        let authorizer = Authorizer::new();
        Ok(Self(Arc::new(Inner {
            authorizer,
            policies,
            actions,
            kept: RwLock::default(),
        })))
    }

    /// Whether the principal may call the method. What no policy permits is denied, and
    /// so is what a policy fails on.
    pub fn permits(&self, principal: &Principal, method: &Method) -> bool {
        let question = Question::of(principal, method);
        let kept = self
            .0
            .kept
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&question)
            .copied();
        kept.unwrap_or_else(|| {
            let permitted = self.0.decide(&question, method);
            self.0.keep(question, permitted);
            permitted
        })
    }

    /// Whether the principal has also the permission that lifts the masks from what the
    /// method answers. It counts as none that only reads, so that who may read everything
    /// has it only by name.
    pub fn reveals(&self, principal: &Principal, method: &Method) -> bool {
        unmasking(method).is_some_and(|unmasking| self.permits(principal, &unmasking))
    }

    /// Whether the principal may do everything that a role permits to whoever has it alone.
    pub fn include(&self, principal: &Principal, role: &str) -> bool {
        let holder = Principal {
            subject: String::new(),
            person: None,
            roles: vec![role.to_owned()],
            scopes: Vec::new(),
            ..principal.clone()
        };
        let is_shared =
            |method: &Method| !self.permits(&holder, method) || self.permits(principal, method);
        METHODS.iter().all(is_shared) && METHODS.iter().filter_map(unmasking).all(|m| is_shared(&m))
    }
}

/// What lifts the masks from the answers of a method, as a method of its own.
fn unmasking(method: &Method) -> Option<Method> {
    method.reveals.map(|permission| Method {
        path: "",
        permission,
        reads: false,
        reveals: None,
    })
}

impl Inner {
    fn decide(&self, question: &Question, method: &Method) -> bool {
        let action = self
            .actions
            .get(method.path)
            .cloned()
            .unwrap_or_else(|| Action::of(method));
        self.ask(question, action).is_ok_and(|response| {
            for error in response.diagnostics().errors() {
                tracing::error!(%error, permission = method.permission, "policy failed");
            }
            response.decision() == Decision::Allow
                && response.diagnostics().errors().next().is_none()
        })
    }

    fn ask(
        &self,
        question: &Question,
        action: Action,
    ) -> Result<Response, Box<dyn std::error::Error>> {
        let principal = question.principal();
        let request = Request::new(
            principal.uid(),
            action.entity.uid(),
            question.resource(),
            Context::from_pairs([
                (
                    "scopes".to_owned(),
                    strings(question.scopes.iter().cloned()),
                ),
                ("groups".to_owned(), action.groups),
            ])?,
            None,
        )?;
        let entities = Entities::from_entities([principal, action.entity], None)?;
        Ok(self
            .authorizer
            .is_authorized(&request, &self.policies, &entities))
    }

    fn keep(&self, question: Question, permitted: bool) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(question, permitted);
    }
}

impl Question {
    fn of(principal: &Principal, method: &Method) -> Self {
        Self {
            tenant: principal.tenant,
            subject: principal.subject.clone(),
            roles: principal.roles.clone(),
            scopes: principal.scopes.clone(),
            permission: method.permission,
            reads: method.reads,
        }
    }

    fn principal(&self) -> Entity {
        let roles = self.roles.iter().map(|role| uid("Role", role)).collect();
        Entity::new_no_attrs(uid("Principal", &self.subject), roles)
    }

    fn resource(&self) -> EntityUid {
        uid(
            "Tenant",
            &self
                .tenant
                .map(|tenant| tenant.to_string())
                .unwrap_or_default(),
        )
    }
}

impl Action {
    fn of(method: &Method) -> Self {
        let groups = groups(method);
        let parents: HashSet<_> = groups
            .iter()
            .filter(|group| *group != method.permission)
            .map(|group| uid("Action", group))
            .collect();
        Self {
            entity: Entity::new_no_attrs(uid("Action", method.permission), parents),
            groups: strings(groups),
        }
    }
}

/// What a policy or a scope may call a method: its permission, each dotted prefix,
/// and for methods that only read also `read` and each prefix with `.read`.
fn groups(method: &Method) -> Vec<String> {
    let whole = method.permission;
    let prefixes: Vec<&str> = whole
        .match_indices('.')
        .filter_map(|(dot, _)| whole.get(..dot))
        .collect();
    let mut groups = vec![whole.to_owned()];
    groups.extend(prefixes.iter().map(|prefix| (*prefix).to_owned()));
    if method.reads {
        groups.push("read".to_owned());
        groups.extend(prefixes.iter().map(|prefix| format!("{prefix}.read")));
    }
    groups
}

fn strings(values: impl IntoIterator<Item = String>) -> RestrictedExpression {
    RestrictedExpression::new_set(values.into_iter().map(RestrictedExpression::new_string))
}

fn uid(kind: &'static str, id: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("the kinds of entities are plain names");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

#[cfg(test)]
mod tests;
