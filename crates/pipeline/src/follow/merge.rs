//! Deals of accounts that are merged, and taken apart again.

use std::collections::{HashMap, HashSet};

use keynode_proto::accounts::v1::{self as accounts, AccountsMerged, MergeUndone};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::customer;
use crate::error::Error;
use crate::ids::{AccountId, MergeId};
use crate::opportunity::Opportunity;

type Changes = Vec<(Opportunity, Opportunity)>;

/// Accounts that became one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    id: Uuid,
    survivor: Uuid,
    losers: Vec<Uuid>,
}

/// A merge that is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    merge: Merge,
}

impl Merge {
    pub fn of(event: AccountsMerged) -> Option<Self> {
        Self::read(&event.after?)
    }

    fn read(merge: &accounts::Merge) -> Option<Self> {
        let id: MergeId = merge.name.parse().ok()?;
        let survivor: AccountId = merge.survivor.parse().ok()?;
        let losers = merge.losers.iter().filter_map(|name| name.parse().ok());
        Some(Self {
            id: id.0,
            survivor: survivor.0,
            losers: losers.map(|AccountId(id)| id).collect(),
        })
    }

    /// The deals of the losers; nobody adds one meanwhile.
    pub async fn deals(&self, connection: &mut PgConnection) -> Result<Vec<Uuid>, sqlx::Error> {
        customer::hold_alone(connection).await?;
        sqlx::query_scalar!(
            "select id from pipeline.opportunity where account_id = any($1) order by id",
            &self.losers,
        )
        .fetch_all(connection)
        .await
    }

    /// Gives them to the survivor, and remembers whose they were.
    pub async fn change(
        &self,
        connection: &mut PgConnection,
        deals: Vec<Opportunity>,
    ) -> Result<Changes, Error> {
        self.remember_accounts(connection).await?;
        let losers: HashSet<Uuid> = self.losers.iter().copied().collect();
        let of_losers = |deal: Opportunity| {
            let account = deal.terms.account.filter(|id| losers.contains(id))?;
            Some((account, deal))
        };
        let moving: Vec<(Uuid, Opportunity)> = deals.into_iter().filter_map(of_losers).collect();
        self.remember_deals(connection, &moving).await?;
        let moved = moving
            .into_iter()
            .map(|(_, before)| to(before, self.survivor));
        Ok(moved.collect())
    }

    async fn remember_accounts(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "insert into pipeline.merged_account (account_id, survivor_id, merge_id)
             select n.id, $2, $3 from unnest($1::uuid[]) as n (id)
             on conflict (tenant_id, account_id) do update
             set survivor_id = excluded.survivor_id, merge_id = excluded.merge_id",
            &self.losers,
            self.survivor,
            self.id,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn remember_deals(
        &self,
        connection: &mut PgConnection,
        moving: &[(Uuid, Opportunity)],
    ) -> Result<(), sqlx::Error> {
        let (accounts, deals): (Vec<Uuid>, Vec<Uuid>) = moving
            .iter()
            .map(|(account, deal)| (*account, deal.id.0))
            .unzip();
        sqlx::query!(
            "insert into pipeline.merged_deal (merge_id, opportunity_id, account_id)
             select $1, n.deal, n.account from unnest($2::uuid[], $3::uuid[]) as n (deal, account)",
            self.id,
            &deals,
            &accounts,
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Undo {
    pub fn of(event: MergeUndone) -> Option<Self> {
        let merge = Merge::read(&event.after?)?;
        Some(Self { merge })
    }

    /// The deals that came with a loser.
    pub async fn deals(&self, connection: &mut PgConnection) -> Result<Vec<Uuid>, sqlx::Error> {
        customer::hold_alone(connection).await?;
        sqlx::query_scalar!(
            "select opportunity_id from pipeline.merged_deal where merge_id = $1 order by opportunity_id",
            self.merge.id,
        )
        .fetch_all(connection)
        .await
    }

    /// Gives back those that are still the survivor's.
    pub async fn change(
        &self,
        connection: &mut PgConnection,
        deals: Vec<Opportunity>,
    ) -> Result<Changes, Error> {
        let before = self.forget(connection).await?;
        let back = |deal: Opportunity| {
            let account = *before.get(&deal.id.0)?;
            let is_here = deal.terms.account == Some(self.merge.survivor);
            is_here.then(|| to(deal, account))
        };
        Ok(deals.into_iter().filter_map(back).collect())
    }

    /// Forgets the merge; answers whose each deal was.
    async fn forget(
        &self,
        connection: &mut PgConnection,
    ) -> Result<HashMap<Uuid, Uuid>, sqlx::Error> {
        sqlx::query!(
            "delete from pipeline.merged_account where merge_id = $1",
            self.merge.id
        )
        .execute(&mut *connection)
        .await?;
        let rows = sqlx::query!(
            "delete from pipeline.merged_deal where merge_id = $1 returning opportunity_id, account_id",
            self.merge.id,
        )
        .fetch_all(connection)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.opportunity_id, row.account_id))
            .collect())
    }
}

fn to(before: Opportunity, account: Uuid) -> (Opportunity, Opportunity) {
    let mut after = before.clone();
    after.terms.account = Some(account);
    (before, after)
}
