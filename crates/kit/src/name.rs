//! Resource names, `accounts/{id}`: parsed at the edge into a type per collection.

/// Why a text is not a resource name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `{expected}`, id a UUID")]
pub struct NameError {
    pub expected: String,
}

/// Takes the UUID out of `{collection}/{uuid}`.
///
/// # Errors
/// Names the form that is expected.
pub fn parse(name: &str, collection: &str) -> Result<uuid::Uuid, NameError> {
    name.strip_prefix(collection)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|id| id.len() == 36)
        .and_then(|id| uuid::Uuid::try_parse(id).ok())
        .ok_or_else(|| NameError {
            expected: format!("{collection}/{{id}}"),
        })
}

/// Declares a newtype for the ids of one collection: `resource_id!(AccountId, "accounts")`.
/// It displays as the resource name and parses from it.
#[macro_export]
macro_rules! resource_id {
    ($(#[$doc:meta])* $name:ident, $collection:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}/{}", $collection, self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::name::NameError;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                $crate::name::parse(name, $collection).map(Self)
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }
    };
}

/// The name of an optional reference, empty for none.
pub fn optional<T: From<uuid::Uuid> + std::fmt::Display>(id: Option<uuid::Uuid>) -> String {
    id.map(|id| T::from(id).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    resource_id!(DealId, "deals");

    #[test]
    fn a_name_is_parsed_and_displayed() {
        let name = "deals/0190b5a0-0000-7000-8000-000000000001";
        assert_eq!(name.parse::<DealId>().unwrap().to_string(), name);
    }

    #[test]
    fn foreign_and_broken_names_are_refused() {
        for name in [
            "",
            "deals",
            "deals/",
            "deals/1",
            "people/0190b5a0-0000-7000-8000-000000000001",
            "deals/0190b5a0000070008000000000000001",
        ] {
            assert!(name.parse::<DealId>().is_err(), "{name}");
        }
    }
}
