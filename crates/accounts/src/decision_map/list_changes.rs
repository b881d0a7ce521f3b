//! Lists how the judgements in a map changed.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ListJudgementChangesRequest, ListJudgementChangesResponse};

use super::judgement_change::{self, JudgementChange, Whose};
use super::{insider, load};
use crate::Accounts;
use crate::error::Error;
use crate::ids::MapId;

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListJudgementChangesRequest,
) -> Result<ListJudgementChangesResponse, Error> {
    let mut bad = Violations::default();
    let map: MapId = bad.name("name", &request.name);
    let whose = read_whose(&request.contact, &mut bad);
    bad.page_size(request.page_size);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &["ListJudgementChanges", &request.name, &request.contact],
    )?;
    let found = service
        .read(call, async |tx: &mut Tx| {
            load::check_visible(tx, call, map).await?;
            judgement_change::select(tx, call, &page, map, whose).await
        })
        .await?;
    let (changes, next_page_token) = page.close(found, |change| change.id);
    let shown = match call.reveals {
        true => JudgementChange::to_proto,
        false => JudgementChange::to_masked,
    };
    Ok(ListJudgementChangesResponse {
        changes: changes.iter().map(shown).collect(),
        next_page_token,
    })
}

fn read_whose(sent: &str, bad: &mut Violations) -> Whose {
    match insider::number_in(sent) {
        Some(number) => Whose::Insider(number),
        None => bad
            .optional_name("contact", sent)
            .map_or(Whose::Everybody, Whose::Contact),
    }
}
