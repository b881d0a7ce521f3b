//! Records that count their changes.

/// Gives a row its next version when it is not what it was.
macro_rules! versioned {
    ($row:ty) => {
        impl $row {
            /// The record after a change at `now`; the same when nothing changed.
            pub fn changed(self, before: &Self, now: jiff::Timestamp) -> Self {
                match self == *before {
                    true => self,
                    false => Self {
                        version: before.version + 1,
                        updated_at: jiff_sqlx::ToSqlx::to_sqlx(now),
                        ..self
                    },
                }
            }
        }
    };
}
pub(crate) use versioned;
