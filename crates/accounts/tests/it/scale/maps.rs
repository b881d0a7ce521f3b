//! Decision maps and members of a segment for accounts that were made up.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::world::World;
use super::load::execute;

const MAPS: u128 = 0x0194_0000_0000_7000_8000_0000_0000_0000;
const SEGMENT: u128 = 0x0195_0000_0000_7000_8000_0000_0000_0000;
/// One in so many accounts has a map.
pub const WITH_MAP: u64 = 10;
/// People of the largest map.
const PEOPLE: u64 = 500;

pub fn map(number: u64) -> String {
    format!(
        "opportunities/{}/decisionMap",
        Uuid::from_u128(MAPS + u128::from(number))
    )
}

/// The number of a map that is as large as maps are allowed to be slow for.
pub const LARGE: u64 = 0x00ff_ffff;

pub fn segment() -> String {
    format!("segments/{}", Uuid::from_u128(SEGMENT))
}

/// The id with a number, in SQL.
fn id(base: u128, number: &str) -> String {
    let base = Uuid::from_u128(base).to_string();
    let head = base.get(..24).unwrap();
    format!("('{head}' || lpad(to_hex({number}), 12, '0'))::uuid")
}

pub async fn load(connection: &mut PgConnection, world: &World, accounts: u64, contacts_each: u64) {
    let tenant = world.tenant;
    let (account, contact) = (super::load::ACCOUNTS, super::load::CONTACTS);
    let map = id(MAPS, "n");
    let maps = format!(
        "insert into accounts.decision_map (tenant_id, opportunity_id, version, created_at, updated_at, account_id,
                                            complete)
         select '{tenant}'::uuid, {map}, 1, now(), now(), {}, n % 3 = 0
         from generate_series(0, {accounts} - 1, {WITH_MAP}) n
         union all select '{tenant}'::uuid, {}, 1, now(), now(), {}, false",
        id(account, "n"),
        id(MAPS, &LARGE.to_string()),
        id(account, "0"),
    );
    let stakeholders = |maps: String| {
        format!(
            "insert into accounts.stakeholder (tenant_id, opportunity_id, contact_id, added_in, roles, weight,
                                               attitude, coverage, evidence)
             {maps}"
        )
    };
    let small = format!(
        "select '{tenant}'::uuid, {map}, {}, 1, array[1 + k % 3], 20, 1 + k % 5, 1 + k % 4, ''
         from generate_series(0, {accounts} - 1, {WITH_MAP}) n
         cross join generate_series(0, {contacts_each} - 1) k",
        id(contact, &format!("n * {contacts_each} + k")),
    );
    let large = format!(
        "select '{tenant}'::uuid, {}, {}, 1, array[1 + k % 3], null, 1 + k % 5, 1 + k % 4, ''
         from generate_series(0, {PEOPLE} - 1) k",
        id(MAPS, &LARGE.to_string()),
        id(contact, "k"),
    );
    let influences = format!(
        "insert into accounts.influence (tenant_id, opportunity_id, from_id, to_id, added_in, strength, formal, evidence)
         select '{tenant}'::uuid, {}, {}, {}, 1, 1 + (a * 7 + b) % 100, b % 2 = 0, ''
         from generate_series(0, {PEOPLE} - 1) a cross join generate_series(1, 10) b",
        id(MAPS, &LARGE.to_string()),
        id(contact, "a"),
        id(contact, &format!("(a + b * 37) % {PEOPLE}")),
    );
    let segment = Uuid::from_u128(SEGMENT);
    let segments = format!(
        "insert into accounts.segment (tenant_id, id, version, created_at, updated_at, display_name, description, criteria)
         values ('{tenant}', '{segment}', 1, now(), now(), 'large', '', '')"
    );
    let members = format!(
        "insert into accounts.segment_member (tenant_id, segment_id, account_id, membership)
         select '{tenant}'::uuid, '{segment}', {}, case when n % 10000 = 5 then 2 else 1 end
         from generate_series(0, {accounts} - 1, 5) n",
        id(account, "n"),
    );
    let statements = [
        maps,
        stakeholders(small),
        stakeholders(large),
        influences,
        segments,
        members,
    ];
    for statement in statements {
        execute(connection, &statement).await;
    }
}
