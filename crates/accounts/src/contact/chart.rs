//! The formal chart of an account: everyone once, managers before those who report to them.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    ChartNode, GetOrganizationChartRequest, GetOrganizationChartResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{AccountId, ContactId};
use crate::{Accounts, account};

/// People of one answer at most.
const MOST: usize = 5000;

pub async fn chart(
    service: &Accounts,
    call: &Call,
    request: GetOrganizationChartRequest,
) -> Result<GetOrganizationChartResponse, Error> {
    let mut bad = Violations::default();
    let id: AccountId = bad.name("account", &request.account);
    bad.finish()?;
    let mut people = service
        .read(call, async |tx: &mut Tx| {
            let id = account::follow(tx, call, id).await?.name();
            select(tx, id).await
        })
        .await?;
    let truncated = people.len() > MOST;
    people.truncate(MOST);
    let lines: Vec<_> = people.iter().map(|p| (p.id, p.manager_id)).collect();
    Ok(GetOrganizationChartResponse {
        nodes: arranged(&lines)
            .into_iter()
            .map(|(index, depth)| people[index].to_proto(depth))
            .collect(),
        truncated,
    })
}

struct Person {
    id: Uuid,
    manager_id: Option<Uuid>,
    display_name: String,
    title: String,
    department: String,
    function: i32,
    left_on: Option<jiff_sqlx::Date>,
}

impl Person {
    fn to_proto(&self, depth: i32) -> ChartNode {
        ChartNode {
            contact: ContactId(self.id).to_string(),
            manager: optional::<ContactId>(self.manager_id),
            depth,
            display_name: self.display_name.clone(),
            title: self.title.clone(),
            department: self.department.clone(),
            function: self.function,
            left_date: self.left_on.map(|day| wire::date(day.to_jiff())),
        }
    }
}

/// The people of an account, level by level, and one more than are told: whoever is cut off
/// stands below everyone who is not, so that nobody is there without the manager.
async fn select(connection: &mut PgConnection, account: AccountId) -> Result<Vec<Person>, Error> {
    let rows = sqlx::query_as!(
        Person,
        r#"with recursive chart (id, depth) as (
             select id, 0 from accounts.contact where account_id = $1 and manager_id is null
             union all
             select c.id, chart.depth + 1 from accounts.contact c join chart on c.manager_id = chart.id
           ), top as (
             select id, depth from chart order by depth, id limit $2
           )
           select c.id, c.manager_id, c.display_name, c.title, c.department, c.function, c.left_on
           from accounts.contact c join top on top.id = c.id
           order by top.depth, c.id"#,
        account.0,
        MOST as i64 + 1,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The places of the people in depth-first order, each with how many stand above; those of
/// one manager keep their order. Every manager named must be among them, without loops.
fn arranged(lines: &[(Uuid, Option<Uuid>)]) -> Vec<(usize, i32)> {
    let mut reports: HashMap<Option<Uuid>, Vec<usize>> = HashMap::new();
    for (index, (_, manager)) in lines.iter().enumerate() {
        reports.entry(*manager).or_default().push(index);
    }
    let mut order = Vec::with_capacity(lines.len());
    let below = |manager: Option<Uuid>, depth: i32| {
        let indexes = reports.get(&manager).into_iter().flatten().rev();
        indexes.map(move |index| (*index, depth))
    };
    let mut waiting: Vec<(usize, i32)> = below(None, 0).collect();
    while let Some((index, depth)) = waiting.pop() {
        order.push((index, depth));
        waiting.extend(below(lines.get(index).map(|(id, _)| *id), depth + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn line(id: u128, manager: Option<u128>) -> (Uuid, Option<Uuid>) {
        (Uuid::from_u128(id), manager.map(Uuid::from_u128))
    }

    #[test]
    fn each_stands_after_the_manager_and_before_the_managers_next_report() {
        let lines = [
            line(1, None),
            line(2, None),
            line(3, Some(1)),
            line(4, Some(1)),
            line(5, Some(3)),
        ];
        assert_eq!(arranged(&lines), [(0, 0), (2, 1), (4, 2), (3, 1), (1, 0)]);
    }

    #[test]
    fn a_line_of_five_thousand_is_no_trouble() {
        let lines: Vec<_> = (1..=5000)
            .map(|n| line(n, (n > 1).then(|| n - 1)))
            .collect();
        assert_eq!(arranged(&lines).last(), Some(&(4999, 4999)));
    }

    /// A forest: each person reports to one who comes before, or to nobody.
    fn forest() -> impl Strategy<Value = Vec<(Uuid, Option<Uuid>)>> {
        proptest::collection::vec(any::<Option<prop::sample::Index>>(), 0..60).prop_map(|picks| {
            let line_of = |(n, pick): (usize, Option<prop::sample::Index>)| {
                let manager = pick.filter(|_| n > 0).map(|pick| pick.index(n) as u128 + 1);
                line(n as u128 + 1, manager)
            };
            picks.into_iter().enumerate().map(line_of).collect()
        })
    }

    proptest! {
        #[test]
        fn everyone_is_there_once_below_their_manager(lines in forest()) {
            let order = arranged(&lines);
            let places: HashSet<usize> = order.iter().map(|(index, _)| *index).collect();
            prop_assert_eq!((order.len(), places.len()), (lines.len(), lines.len()));
            let mut depths: HashMap<Uuid, i32> = HashMap::new();
            for (index, depth) in order {
                let (id, manager) = lines[index];
                let above = manager.map(|manager| depths.get(&manager).copied());
                let expected = match above {
                    None => Some(0),
                    Some(above) => above.map(|above| above + 1),
                };
                prop_assert_eq!(Some(depth), expected, "a manager comes first");
                depths.insert(id, depth);
            }
        }
    }
}
