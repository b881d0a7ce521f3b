//! Offices, managers and sellers.

use std::collections::{BTreeMap, HashMap};

use keynode_kit::client::Channel;

use super::super::export::{Export, Organisation as Draft, Seller};
use super::{Member, progress};
use crate::connect::Organisation;

/// Makes who is missing; answers every seller by name.
pub async fn send(channel: &Channel, export: &Export) -> anyhow::Result<HashMap<String, Member>> {
    let draft = &export.organisation;
    if draft.sellers.is_empty() {
        return Ok(HashMap::new());
    }
    let mut there = Organisation::read(channel, &export.source_system).await?;
    let bar = progress("people", draft.sellers.len());
    let teams = teams(draft, &mut there).await?;
    let mut members = HashMap::new();
    for (key, seller) in &draft.sellers {
        let team = teams.get(&team_key(seller)).cloned().unwrap_or_default();
        let person = there.person(key, key, &team, "roles/seller").await?;
        members.insert(key.clone(), Member { person, team });
        bar.inc(1);
    }
    bar.finish();
    crate::out::remark(format_args!("teams and people: {} created", there.created));
    Ok(members)
}

/// Offices at the top, under each the teams of its managers.
async fn teams(
    draft: &Draft,
    there: &mut Organisation,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut teams = BTreeMap::new();
    for office in &draft.offices {
        let key = office_key(office);
        teams.insert(key.clone(), there.team(&key, office, "").await?);
    }
    for (manager, office) in &draft.managers {
        let key = manager_key(manager);
        let above = teams.get(&office_key(office)).cloned().unwrap_or_default();
        let team = there.team(&key, manager, &above).await?;
        let person = there
            .person(manager, manager, &team, "roles/sales_manager")
            .await?;
        there.lead(&key, &person).await?;
        teams.insert(key, team);
    }
    Ok(teams)
}

fn team_key(seller: &Seller) -> String {
    match seller.manager.as_str() {
        "" => office_key(&seller.office),
        manager => manager_key(manager),
    }
}

fn office_key(office: &str) -> String {
    format!("office/{office}")
}

fn manager_key(manager: &str) -> String {
    format!("manager/{manager}")
}
