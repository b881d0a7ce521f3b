//! `keynode diagnose`: where a deal stands, what is wrong and what to do first.

mod find;
mod report;
mod words;

use anyhow::Context as _;
use clap::ValueEnum;
use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::{DecisionMap, GetDecisionMapRequest};
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::processes_service_client::ProcessesServiceClient;
use keynode_proto::pipeline::v1::{GetOpportunityRequest, GetProcessRequest, Opportunity, Process};
use keynode_proto::scoring::v1::diagnoses_service_client::DiagnosesServiceClient;
use keynode_proto::scoring::v1::{DiagnoseOpportunityRequest, Diagnosis};
use tonic::Code;

use crate::connect::{ConnectArgs, answer, explain};
use crate::out;

/// Which deal to diagnose.
#[derive(Debug, clap::Args)]
pub struct DiagnoseArgs {
    /// `opportunities/{id}`, or a part of the deal's name.
    #[arg(value_parser = deal_name)]
    pub deal: String,
    /// The language of the report; default: that of the terminal.
    #[arg(long, value_enum, default_value_t = Language::of_terminal())]
    pub lang: Language,
    /// Print the diagnosis as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// The languages that Keynode speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    Zh,
    En,
}

/// A diagnosis and what its names stand for.
#[derive(Debug, Default)]
pub struct Case {
    pub opportunity: Opportunity,
    pub diagnosis: Diagnosis,
    pub process: Process,
    /// Empty when the deal has none.
    pub map: DecisionMap,
}

/// Every name holds the empty one.
fn deal_name(text: &str) -> Result<String, &'static str> {
    match text.trim() {
        "" => Err("the name is empty; give opportunities/{id} or a part of the deal's name"),
        name => Ok(name.to_owned()),
    }
}

/// Finds the deal, asks for its diagnosis and prints it.
pub async fn run(args: DiagnoseArgs) -> anyhow::Result<()> {
    let channel = args.connect.connect()?.channel;
    let name = find::opportunity(&channel, &args.deal).await?;
    if args.json {
        let diagnosis = diagnosis(&channel, &name).await?;
        return out::line(serde_json::to_string_pretty(&out::json::of(&diagnosis)?)?);
    }
    show(&channel, &name, &[args.lang]).await
}

/// Prints the diagnosis of `opportunities/{id}` in these languages, one after the other.
pub async fn show(
    channel: &Channel,
    opportunity: &str,
    languages: &[Language],
) -> anyhow::Result<()> {
    let case = Case::ask(channel, opportunity).await?;
    for language in languages {
        out::text(&report::of(&case, *language))?;
    }
    Ok(())
}

impl Case {
    async fn ask(channel: &Channel, name: &str) -> anyhow::Result<Self> {
        let diagnosis = diagnosis(channel, name).await?;
        let mut opportunities = OpportunitiesServiceClient::new(channel.clone());
        let request = GetOpportunityRequest {
            name: name.to_owned(),
        };
        let opportunity = answer(opportunities.get_opportunity(request).await)?.opportunity;
        let opportunity = opportunity.context("the answer names the opportunity")?;
        let request = GetProcessRequest {
            name: opportunity.process.clone(),
            version: opportunity.process_version,
        };
        let process = answer(
            ProcessesServiceClient::new(channel.clone())
                .get_process(request)
                .await,
        )?
        .process;
        Ok(Self {
            opportunity,
            diagnosis,
            process: process.unwrap_or_default(),
            map: map(channel, name).await?,
        })
    }
}

async fn diagnosis(channel: &Channel, name: &str) -> anyhow::Result<Diagnosis> {
    let request = DiagnoseOpportunityRequest {
        opportunity: name.to_owned(),
    };
    let answered = answer(
        DiagnosesServiceClient::new(channel.clone())
            .diagnose_opportunity(request)
            .await,
    )?;
    answered.diagnosis.context("the answer holds the diagnosis")
}

/// The decision map, for the names of people; a deal without one has nobody to name.
async fn map(channel: &Channel, opportunity: &str) -> anyhow::Result<DecisionMap> {
    let request = GetDecisionMapRequest {
        name: format!("{opportunity}/decisionMap"),
    };
    match DecisionMapsServiceClient::new(channel.clone())
        .get_decision_map(request)
        .await
    {
        Ok(answer) => Ok(answer.into_inner().decision_map.unwrap_or_default()),
        Err(status) if status.code() == Code::NotFound => Ok(DecisionMap::default()),
        Err(status) => anyhow::bail!(explain(&status)),
    }
}

impl Language {
    /// Chinese and English.
    pub fn both() -> &'static [Self] {
        &[Self::Zh, Self::En]
    }

    /// Chinese where the terminal is Chinese, else English.
    pub fn of_terminal() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        Self::of_locale(&locale.unwrap_or_default())
    }

    fn of_locale(locale: &str) -> Self {
        if locale.starts_with("zh") {
            Self::Zh
        } else {
            Self::En
        }
    }

    /// The text in this language, or in the other when it lacks this one.
    pub fn pick(self, text: Option<&LocalizedText>) -> &str {
        let Some(text) = text else { return "" };
        let (first, second) = match self {
            Self::Zh => (&text.zh_cn, &text.en),
            Self::En => (&text.en, &text.zh_cn),
        };
        if first.is_empty() { second } else { first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_the_terminal() {
        assert_eq!(Language::of_locale("zh_CN.UTF-8"), Language::Zh);
        assert_eq!(Language::of_locale("C"), Language::En);
    }

    #[test]
    fn an_empty_name_is_no_name() {
        assert!(deal_name("").unwrap_err().contains("is empty"));
        assert!(deal_name(" \t").is_err());
        assert_eq!(deal_name(" 宁夏 ").unwrap(), "宁夏");
    }

    #[test]
    fn a_text_that_lacks_a_language_is_shown_in_the_other() {
        let text = LocalizedText {
            zh_cn: "开发".into(),
            en: String::new(),
        };
        assert_eq!(Language::En.pick(Some(&text)), "开发");
    }
}
