"""Walks the Zhang case as a program of somebody else's would do it.

zhang.py ENDPOINT TOKEN_FILE

Records what the essay tells, through the server's reflection only, and holds the answers
against the essay's diagnosis.
"""

import sys
import uuid

import grpc

from reflected import Caller

DEALS = "pipeline.v1.OpportunitiesService"
MAPS = "accounts.v1.DecisionMapsService"


def request_id() -> str:
    return str(uuid.uuid4())


passed: list[str] = []


def expect(claim: str, truth: bool, seen: object) -> None:
    assert truth, f"{claim}: saw {seen}"
    passed.append(claim)
    print(f"ok  {claim}")


def account(call: Caller, name: str) -> str:
    answer = call(
        "accounts.v1.AccountsService",
        "CreateAccount",
        account={"display_name": name},
        request_id=request_id(),
    )
    return answer["account"]["name"]


def contact(call: Caller, where: str, name: str, function: str) -> str:
    answer = call(
        "accounts.v1.ContactsService",
        "CreateContact",
        contact={"account": where, "display_name": name, "function": f"FUNCTION_{function}"},
        request_id=request_id(),
    )
    return answer["contact"]["name"]


def draw_map(call: Caller, deal: str, customer: str) -> str:
    """A, the project manager and the design institute, as far as the seller got."""
    institute = account(call, "设计院")
    people = [
        (contact(call, customer, "A", "TECHNICAL"), "TECHNICAL_SELECTOR", "UNSPECIFIED", "MET"),
        (contact(call, customer, "项目经理", "MANAGEMENT"), "DECISION_MAKER", "UNSPECIFIED", "NO_CONTACT"),
        (contact(call, institute, "设计院负责人", "DESIGN"), "THIRD_PARTY", "FAVOURABLE", "MET"),
    ]
    call(MAPS, "CreateDecisionMap", opportunity=deal, account=customer, request_id=request_id())
    for who, role, attitude, coverage in people:
        stakeholder = {
            "contact": who,
            "roles": [f"STAKEHOLDER_ROLE_{role}"],
            "attitude": f"ATTITUDE_{attitude}",
            "coverage": f"COVERAGE_{coverage}",
        }
        call(
            MAPS,
            "SetStakeholder",
            name=f"{deal}/decisionMap",
            stakeholder=stakeholder,
            request_id=request_id(),
        )
    return f"{deal}/decisionMap"


def walk(call: Caller) -> None:
    customer = account(call, "宁夏某项目业主")
    opportunity = {
        "display_name": "宁夏仪表项目",
        "account": customer,
        "known_since_date": {"year": 2026, "month": 7, "day": 1},
    }
    opened = call(DEALS, "CreateOpportunity", opportunity=opportunity, request_id=request_id())
    deal = opened["opportunity"]["name"]
    analysis = call(MAPS, "AnalyzeDecisionMap", name=draw_map(call, deal, customer))["analysis"]
    expect("no coach", not analysis.get("has_coach"), analysis)
    expect("no path to the decision maker", ["path" in r for r in analysis["decision_makers"]] == [False], analysis)

    step = {"step": 2, "evidence": "另外三家公司已登记"}
    moved = call(DEALS, "RecordBuyingStep", name=deal, request_id=request_id(), **step)["opportunity"]
    expect("the customer is one step ahead", moved["lag"] == 1, moved)

    try:
        call(DEALS, "AdvanceOpportunity", name=deal, request_id=request_id())
        raise AssertionError("the key node was not reached and yet the deal advanced")
    except grpc.RpcError as error:
        reason, unmet = call.refusal(error)
        expect("advance is refused", reason == "KEY_NODE_NOT_REACHED", reason)
        expect("each of the seven unmet criteria is named", len(unmet) == 7, unmet)

    diagnosis = call("scoring.v1.DiagnosesService", "DiagnoseOpportunity", opportunity=deal)["diagnosis"]
    findings = [finding["code"] for finding in diagnosis["findings"]]
    advice = [advice["code"] for advice in diagnosis["advice"]]
    expect("the customer stands in step 2", diagnosis["alignment"]["buying_step"] == 2, diagnosis)
    expect("key node 1 is missing first", diagnosis["first_missing_key_node"] == 1, diagnosis)
    expect("no coach is found", "no_coach" in findings, findings)
    expect("no path is found", "no_path_to_decision_maker" in findings, findings)
    expect("the elements are collected first", advice[:2] == ["collect_elements", "evaluate"], advice)
    expect("do not advance", not diagnosis.get("may_advance") and "advance" not in advice, advice)


def main() -> None:
    endpoint, token_file = sys.argv[1:]
    with open(token_file, encoding="utf-8") as file:
        token = file.read().strip()
    with grpc.insecure_channel(endpoint) as channel:
        walk(Caller(channel, token))
    print(f"{len(passed)} passed, 0 failed")


if __name__ == "__main__":
    main()
