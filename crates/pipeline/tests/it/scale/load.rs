//! Puts many made-up deals into the tables at once, past the service.

use keynode_kit::clock::Clock;
use keynode_kit::consumer;
use keynode_kit::db::{Db, PoolSettings};
use keynode_kit::testing;
use keynode_pipeline::Pipeline;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::attributes::declare_all;
use crate::world::World;

/// Deals have so many owners; five owners make a team.
pub const OWNERS: u64 = 1000;
pub const TEAMS: u64 = 200;
/// Who has but the last ten deals.
const FEW: u64 = 999_999;

/// Indexes are made after the rows are there: that is many times faster. Those that keep what
/// is there once stay.
const INDEXES: &str = "
  select i.indexname::text, i.indexdef from pg_indexes i
  join pg_class c on c.relname = i.indexname and c.relnamespace = 'pipeline'::regnamespace
  join pg_index x on x.indexrelid = c.oid
  where i.schemaname = 'pipeline' and not x.indisunique
    and i.tablename in ('opportunity', 'opportunity_attribute', 'opportunity_text')";

pub fn owner(number: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_9000_0000_0000_0000 + u128::from(number))
}

pub fn few() -> Uuid {
    owner(FEW)
}

pub fn team(number: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_a000_0000_0000_0000 + u128::from(number))
}

pub async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

/// `deals` deals, found by everything that lists find them by.
pub async fn load(world: &World, deals: u64) {
    declare_all(world).await;
    let mut connection = world.superuser().await;
    execute(&mut connection, "set session_replication_role = replica").await;
    let indexes: Vec<(String, String)> = sqlx::query_as(INDEXES)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    for (name, _) in &indexes {
        execute(&mut connection, &format!("drop index pipeline.{name}")).await;
    }
    execute(&mut connection, &opportunities(world, deals)).await;
    let values = format!(
        "insert into pipeline.opportunity_attribute (tenant_id, opportunity_id, attribute, value)
         select '{}', id, 'number', '1' || lpad((attributes->'number'->>'number') || '.000000000', 29, '0')
         from pipeline.opportunity where attributes ? 'number'",
        world.tenant
    );
    execute(&mut connection, &values).await;
    execute(&mut connection, "set maintenance_work_mem = '512MB'").await;
    execute(&mut connection, "select pipeline.recount_board()").await;
    for (_, definition) in &indexes {
        execute(&mut connection, definition).await;
    }
    execute(&mut connection, "vacuum analyze").await;
    read_texts(world, &mut connection).await;
    execute(&mut connection, "vacuum analyze").await;
}

/// As after an upgrade: the service finds the deals that are not found by text.
async fn read_texts(world: &World, connection: &mut PgConnection) {
    let options = world.own_url().parse().unwrap();
    let db = Db::new(options, &PoolSettings::default());
    let (accounts, scoring) = (testing::unreachable_peer(), testing::unreachable_peer());
    let pipeline = Pipeline::new(db, Clock::system(), accounts, scoring);
    let waiting = async {
        let missing = "select exists (select from pipeline.opportunity)
            and (select count(*) from pipeline.opportunity) > (select count(*) from pipeline.opportunity_text)";
        while sqlx::query_scalar(missing)
            .fetch_one(&mut *connection)
            .await
            .unwrap()
        {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    pipeline.react(consumer::Settings::default(), waiting).await;
}

fn opportunities(world: &World, deals: u64) -> String {
    let tenant = world.tenant;
    let places = "上海,北京,江苏,浙江,广东,深圳,山东,安徽,四川,湖北,河南,福建,杭州,苏州,宁波,武汉,成都,西安,青岛,大连";
    let trades = "科技,机械,电子,化工,重工,材料,能源,电力,环保,制药,汽车,钢铁,仪表,造纸,水泥,纺织,物流,矿业,食品,石化";
    format!(
        "insert into pipeline.opportunity
           (tenant_id, id, version, created_at, updated_at, display_name, owner_id, team_id, product, amount,
            currency, expected_close_on, competitors, process, process_version, stage, stage_position,
            stage_entered_at, status, closed_at, completed_key_nodes, forced_key_nodes, buying_step,
            buying_step_evidence, buying_step_recorded_at, grade, paused_at, pause_reason, pause_actor, resume_on,
            attributes)
         select '{tenant}', ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, now(),
                timestamptz '2026-01-01' + make_interval(secs => h % 15000000),
                (string_to_array('{places}', ','))[1 + h % 20] || chr(19968 + h / 7 % 1200 * 16)
                  || chr(19968 + h / 11 % 1200 * 16) || (string_to_array('{trades}', ','))[1 + h / 13 % 20] || '项目',
                (case when n >= {deals} - 10 then '{few}'
                  else overlay('{owner}' placing lpad(to_hex(n % {OWNERS}), 12, '0') from 25) end)::uuid,
                overlay('{team}' placing lpad(to_hex(n % {TEAMS}), 12, '0') from 25)::uuid,
                '仪表', case when h % 20 > 0 then h % 9000000 + 0.25 end,
                case when h % 20 = 0 then null when h % 20 = 1 then 'EUR' else 'CNY' end,
                case when h % 10 > 0 then date '2026-01-01' + h % 730 end, '{{}}', 'industrial-key-account', 2,
                (array['development', 'entry', 'proposal', 'bid', 'negotiation', 'implementation'])[place], place,
                now(), status, case when status <> 'OPEN' then now() end,
                case when h % 100 = 7 and place > 1 then (array[2, 3, 4, 5])[1 : place - 2]
                  else (array[1, 2, 3, 4, 5])[1 : place - 1] end,
                case when h % 100 = 7 and place > 1 then array[1] else '{{}}' end,
                nullif(h / 3 % 7, 0), case when h / 3 % 7 > 0 then 'x' end, case when h / 3 % 7 > 0 then now() end,
                (array['A', 'B', 'C', 'D', null, null])[1 + h / 17 % 6],
                case when h % 200 = 9 then now() end, case when h % 200 = 9 then 'x' end,
                case when h % 200 = 9 then 'x' end, case when h % 200 = 9 then date '2099-01-01' end,
                case when h % 5 = 0 then jsonb_build_object('number', jsonb_build_object('number', (h % 1000)::text))
                  else '{{}}' end
         from (
           select n, h, case when s = 'WON' then 6 else 1 + h / 29 % 5 end as place, s as status
           from (
             select n, h, (array['OPEN', 'OPEN', 'OPEN', 'OPEN', 'OPEN', 'OPEN', 'WON', 'LOST', 'LOST', 'ABANDONED'])
                            [1 + h / 19 % 10] as s
             from (select n, (abs(hashint8(n)::bigint) % 2147483647)::int as h from generate_series(0, {deals} - 1) n) hashed
           ) standing
         ) deal",
        few = few(),
        owner = owner(0),
        team = team(0),
    )
}
