//! The deal that a person means.

use anyhow::bail;
use keynode_kit::client::Channel;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{ListOpportunitiesRequest, Opportunity};

use crate::connect::answer;

const PAGE: i32 = 1000;
/// So many deals are named when a part of a name fits several.
const SHOWN: usize = 10;

/// `opportunities/{id}` of the only deal whose name holds `part`, or `part` itself when it
/// is such a name.
///
/// # Errors
/// When none or several fit, naming them.
pub async fn opportunity(channel: &Channel, part: &str) -> anyhow::Result<String> {
    if part.starts_with("opportunities/") {
        return Ok(part.to_owned());
    }
    let mut client = OpportunitiesServiceClient::new(channel.clone());
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListOpportunitiesRequest {
            page_size: PAGE,
            page_token,
            ..ListOpportunitiesRequest::default()
        };
        let page = answer(client.list_opportunities(request).await)?;
        found.extend(
            page.opportunities
                .into_iter()
                .filter(|deal| fits(deal, part)),
        );
        if page.next_page_token.is_empty() {
            return only(found, part);
        }
        page_token = page.next_page_token;
    }
}

fn fits(deal: &Opportunity, part: &str) -> bool {
    deal.display_name
        .to_lowercase()
        .contains(&part.to_lowercase())
}

fn only(mut found: Vec<Opportunity>, part: &str) -> anyhow::Result<String> {
    match found.as_mut_slice() {
        [] => bail!("no deal that you see has `{part}` in its name"),
        [deal] => Ok(std::mem::take(&mut deal.name)),
        several => {
            let names: Vec<String> = several
                .iter()
                .take(SHOWN)
                .map(|deal| format!("\n  {}  {}", deal.name, deal.display_name))
                .collect();
            let more = if several.len() > SHOWN { "\n  …" } else { "" };
            bail!(
                "{} deals have `{part}` in their name; name one:{}{more}",
                several.len(),
                names.concat()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deal(id: &str, display_name: &str) -> Opportunity {
        Opportunity {
            name: format!("opportunities/{id}"),
            display_name: display_name.to_owned(),
            ..Opportunity::default()
        }
    }

    #[test]
    fn a_part_of_the_name_finds_the_deal_whatever_its_case() {
        assert!(
            fits(&deal("1", "宁夏仪表 / Ningxia"), "宁夏") && fits(&deal("1", "Ningxia"), "NING")
        );
        assert!(!fits(&deal("1", "Ningxia"), "Gansu"));
    }

    #[test]
    fn only_one_deal_is_taken() {
        assert_eq!(only(vec![deal("1", "a")], "a").unwrap(), "opportunities/1");
        assert!(
            only(vec![], "a")
                .unwrap_err()
                .to_string()
                .contains("no deal")
        );
        let several = only(vec![deal("1", "ab"), deal("2", "ac")], "a")
            .unwrap_err()
            .to_string();
        assert!(
            several.contains("opportunities/1  ab\n  opportunities/2  ac"),
            "{several}"
        );
    }
}
