//! Refusals that concern win models.

use keynode_kit::error::Fault;
use keynode_proto::scoring::v1::ErrorReason;
use tonic::Code;

use crate::learn::Refusal;

pub(super) fn model_not_found(name: &str) -> Fault {
    Fault::new(
        Code::NotFound,
        ErrorReason::WinModelNotFound.as_str_name(),
        format!("there is no {name}; list the win models to see which there are"),
    )
    .zh(format!("赢单模型 {name} 不存在,请先列出已有的模型"))
    .with("model", name)
}

pub(super) fn not_in_production() -> Fault {
    Fault::new(
        Code::FailedPrecondition,
        ErrorReason::WinModelNotInProduction.as_str_name(),
        "no win model is in production; promote a version, or name one",
    )
    .zh("尚无正式启用的赢单模型,请先启用一个版本,或在请求中指明版本")
    .precondition("WIN_MODEL_IN_PRODUCTION", "winModels", "promote a version")
}

pub(super) fn without_skill(name: &str) -> Fault {
    Fault::new(
        Code::FailedPrecondition,
        ErrorReason::WinModelWithoutSkill.as_str_name(),
        format!("{name} is not better than the base rate; train one that is"),
    )
    .zh(format!("{name} 并不比基准胜率更准,不能启用"))
    .with("model", name)
    .precondition(
        "WIN_MODEL_HAS_SKILL",
        name,
        "train a version that is better than the base rate",
    )
}

pub(super) fn insufficient(refusal: &Refusal) -> Fault {
    let fault = Fault::new(
        Code::FailedPrecondition,
        ErrorReason::TrainingDataInsufficient.as_str_name(),
        refusal.to_string(),
    );
    match refusal {
        Refusal::TooFew {
            won,
            lost,
            min_won,
            min_lost,
        } => fault
            .zh(format!(
                "已结束的商机太少:赢单{won}个、丢单{lost}个,至少需要赢单{min_won}个、丢单{min_lost}个"
            ))
            .with("won", won.to_string())
            .with("lost", lost.to_string())
            .with("min_won", min_won.to_string())
            .with("min_lost", min_lost.to_string()),
        Refusal::NoFactors { excluded } => {
            let names: Vec<&str> = excluded.iter().map(|it| it.factor.as_str()).collect();
            fault
                .zh("没有可供学习的因素")
                .with("excluded_factors", names.join(", "))
        }
    }
}
