//! What lists find deals by, written beside them: their texts, and the values of their
//! attributes.

use std::collections::{BTreeMap, BTreeSet};

use keynode_kit::call::TenantId;
use keynode_kit::db::{Db, Tx};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Opportunity, fetch};
use crate::error::Error;
use crate::terms::Terms;

/// Characters of a deal's texts by which it is found.
const MAX_TEXT: usize = 4000;
/// Deals that are caught up with in one transaction.
const AT_ONCE: i32 = 500;

/// A deal that is new, or whose terms changed.
#[derive(Clone, Copy, Debug)]
pub struct Change<'o> {
    /// None for a new one.
    pub before: Option<&'o Terms>,
    pub after: &'o Opportunity,
}

#[derive(Serialize)]
struct TextRow {
    opportunity_id: Uuid,
    text: String,
    pieces: Vec<i32>,
}

#[derive(Serialize)]
struct ValueRow<'o> {
    opportunity_id: Uuid,
    attribute: &'o str,
    value: String,
}

/// Makes deals found by what is said of them now.
///
/// # Errors
/// When the database does not answer.
pub async fn index(
    connection: &mut PgConnection,
    tenant: TenantId,
    changes: &[Change<'_>],
) -> Result<(), sqlx::Error> {
    let texts = changes.iter().filter_map(|change| change.text(tenant));
    store_texts(connection, texts.collect()).await?;
    let has_other_values = |change: &&Change<'_>| match change.before {
        Some(before) => before.attributes != change.after.terms.attributes,
        None => !change.after.terms.attributes.is_empty(),
    };
    let deals = changes.iter().filter(has_other_values);
    let deals: Vec<&Opportunity> = deals.map(|change| change.after).collect();
    store_values(connection, &deals).await
}

impl Change<'_> {
    /// None when it is what it was.
    fn text(&self, tenant: TenantId) -> Option<TextRow> {
        let text = text_of(&self.after.terms);
        if self.before.is_some_and(|before| text_of(before) == text) {
            return None;
        }
        Some(TextRow {
            opportunity_id: self.after.id.0,
            pieces: pieces(tenant, &text),
            text,
        })
    }
}

async fn store_texts(connection: &mut PgConnection, rows: Vec<TextRow>) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into pipeline.opportunity_text (opportunity_id, text, pieces)
         select r.opportunity_id, r.text, r.pieces
         from jsonb_to_recordset($1) as r (opportunity_id uuid, text text, pieces int[])
         on conflict (tenant_id, opportunity_id) do update
         set text = excluded.text, pieces = excluded.pieces",
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn store_values(
    connection: &mut PgConnection,
    deals: &[&Opportunity],
) -> Result<(), sqlx::Error> {
    if deals.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = deals.iter().map(|deal| deal.id.0).collect();
    let rows: Vec<ValueRow<'_>> = deals.iter().flat_map(|deal| values_of(deal)).collect();
    sqlx::query!(
        "delete from pipeline.opportunity_attribute where opportunity_id = any($1)",
        &ids,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into pipeline.opportunity_attribute (opportunity_id, attribute, value)
         select r.opportunity_id, r.attribute, r.value
         from jsonb_to_recordset($1) as r (opportunity_id uuid, attribute text, value text)",
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn values_of(deal: &Opportunity) -> impl Iterator<Item = ValueRow<'_>> {
    let values = deal.terms.attributes.iter();
    values.filter_map(|(attribute, value)| {
        Some(ValueRow {
            opportunity_id: deal.id.0,
            attribute,
            value: value.key()?,
        })
    })
}

/// Makes deals found by their texts that a release before this one wrote; once at the start is
/// enough. Any number of replicas may do so at once.
///
/// # Errors
/// When the database does not answer.
pub async fn catch_up(db: &Db) -> Result<(), Error> {
    let mut behind = (Uuid::nil(), Uuid::nil());
    loop {
        let missing = missing(db, behind).await?;
        let Some(last) = missing.last() else {
            return Ok(());
        };
        behind = *last;
        let mut tenants: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for (tenant, deal) in missing {
            tenants.entry(tenant).or_default().push(deal);
        }
        for (tenant, deals) in tenants {
            let tenant = TenantId(tenant);
            let add = async |tx: &mut Tx| add_texts(tx, tenant, &deals).await;
            db.transaction(tenant, add).await?;
        }
    }
}

/// Deals without text, each with its tenant, behind one of them.
async fn missing(db: &Db, behind: (Uuid, Uuid)) -> Result<Vec<(Uuid, Uuid)>, Error> {
    let missing = async |tx: &mut Tx| {
        let rows = sqlx::query!(
            r#"select tenant_id as "tenant!", opportunity_id as "deal!"
               from pipeline.opportunities_without_text($1, $2, $3)"#,
            behind.0,
            behind.1,
            AT_ONCE,
        );
        Ok::<_, Error>(rows.fetch_all(&mut **tx).await?)
    };
    let rows = db.transaction_without_tenant(missing).await?;
    Ok(rows.into_iter().map(|row| (row.tenant, row.deal)).collect())
}

/// Whoever changes a deal meanwhile writes its text too: theirs stays.
async fn add_texts(
    connection: &mut PgConnection,
    tenant: TenantId,
    deals: &[Uuid],
) -> Result<(), Error> {
    let deals = fetch(connection, deals).await?;
    let rows = deals.iter().filter_map(|after| {
        let before = None;
        Change { before, after }.text(tenant)
    });
    sqlx::query!(
        "insert into pipeline.opportunity_text (opportunity_id, text, pieces)
         select r.opportunity_id, r.text, r.pieces
         from jsonb_to_recordset($1) as r (opportunity_id uuid, text text, pieces int[])
         on conflict (tenant_id, opportunity_id) do nothing",
        Json(rows.collect::<Vec<TextRow>>()) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What a deal is found by: its name, its product and its competitors, folded, a line each.
fn text_of(terms: &Terms) -> String {
    let competitors = terms.competitors.iter().map(String::as_str);
    let texts = [terms.display_name.as_str(), terms.product.as_str()];
    let lines: Vec<String> = texts.into_iter().chain(competitors).map(folded).collect();
    lines.join("\n").chars().take(MAX_TEXT).collect()
}

/// A text without what people write in one way or another: blanks, punctuation, case and the
/// width of letters.
pub fn folded(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let letters = text.chars().map(narrow).filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Numbers of the pieces of folded lines: every character, every two neighbours, every three of
/// which none is Chinese. A line contains a text only if it has all pieces that are asked for.
fn pieces(tenant: TenantId, text: &str) -> Vec<i32> {
    let mut numbers = BTreeSet::new();
    for line in text.lines() {
        let characters: Vec<char> = line.chars().collect();
        let triples = characters.windows(3).filter(|it| !has_han(it));
        let all = characters.windows(1).chain(characters.windows(2));
        numbers.extend(all.chain(triples).map(|piece| number(tenant, piece)));
    }
    numbers.into_iter().collect()
}

/// Numbers of the pieces that tell where a folded text is contained: the longest ones only,
/// because few deals have them.
pub fn pieces_asked(tenant: TenantId, folded: &str) -> Vec<i32> {
    let characters: Vec<char> = folded.chars().collect();
    let longest = |length: usize| characters.windows(length);
    let numbers: BTreeSet<i32> = match characters.len() {
        1 => longest(1).map(|piece| number(tenant, piece)).collect(),
        2 => longest(2).map(|piece| number(tenant, piece)).collect(),
        _ => {
            let triples = longest(3).filter(|it| !has_han(it));
            // Two that are part of a triple say nothing more.
            let pairs = characters.windows(2).filter(|it| has_han(it));
            let mixed = triples.chain(pairs);
            mixed.map(|piece| number(tenant, piece)).collect()
        }
    };
    numbers.into_iter().collect()
}

fn has_han(piece: &[char]) -> bool {
    piece.iter().any(|c| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'))
}

/// A number for a piece, other for every tenant; two pieces may share one. Stored: it must never
/// change (FNV-1a).
fn number(tenant: TenantId, piece: &[char]) -> i32 {
    let text: String = piece.iter().collect();
    let bytes = tenant.0.as_bytes().iter().chain(text.as_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = (hash >> 32) ^ (hash & 0xffff_ffff);
    (folded as u32).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_has_all_pieces_of_what_it_contains(
            before in "[上海a-c1\n]{0,6}", part in "[上海华宏a-c1]{1,8}", behind in "[上海a-c1\n]{0,6}"
        ) {
            let tenant = TenantId(Uuid::nil());
            let text = pieces(tenant, &format!("{before}{part}{behind}"));
            let asked = pieces_asked(tenant, &part);
            prop_assert!(!asked.is_empty());
            prop_assert!(asked.iter().all(|piece| text.contains(piece)));
        }
    }

    #[test]
    fn what_people_write_in_several_ways_is_one() {
        assert_eq!(folded("宁夏 化工(集团)ＡＢＣ-10"), "宁夏化工集团abc10");
        assert_eq!(folded(" *** "), "");
    }

    #[test]
    fn tenants_have_other_numbers_and_numbers_stay() {
        let number = |tenant| number(TenantId(tenant), &['上', '海']);
        assert_ne!(number(Uuid::nil()), number(Uuid::max()));
        assert_eq!(number(Uuid::nil()), number(Uuid::nil()));
    }
}
