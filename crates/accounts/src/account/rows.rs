//! The one list of columns that an account is read from.

/// Selects whole accounts, as `a`; what follows `from accounts.account a` is the first
/// argument: literals in brackets.
macro_rules! select_accounts {
    ([$($rest:literal)+], $($argument:tt)*) => {
        sqlx::query_as!(
            $crate::account::Account,
            r#"select a.id, a.version, a.created_at, a.updated_at, a.display_name, a.industry, a.location,
                      a.parent_id, a.owner_id, a.team_id, a.revenue_amount, a.revenue_currency,
                      a.employee_count, a.founded_year, a.source_system, a.external_id, a.kind, a.legal_name,
                      a.region, a.segment, a.level, a.address, a.phone, a.website, a.tags,
                      a.attributes as "attributes: sqlx::types::Json<crate::attribute::values::Values>",
                      a.merged_into_id, a.profile as "profile: sqlx::types::Json<crate::account::profile::Profile>",
                      coalesce(
                        (select jsonb_agg(jsonb_build_array(k.source_system, k.external_id)
                                          order by k.source_system, k.external_id)
                         from accounts.account_key k
                         where k.tenant_id = a.tenant_id and k.account_id = a.id
                           and (k.source_system, k.external_id) is distinct from (a.source_system, a.external_id)),
                        '[]') as "further_keys!: sqlx::types::Json<Vec<crate::account::key::Key>>"
               from accounts.account a "#
               $(+ $rest)+
               , $($argument)*
        )
    };
}
pub(crate) use select_accounts;
