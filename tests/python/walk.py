#!/usr/bin/env python3
"""Walks the Zhang case as a foreign program would: with server reflection only.

No generated code, no .proto file: what this script knows of the messages it asks the
server. Usage: walk.py HOST:PORT TOKEN_FILE
"""

import sys
import uuid

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)


class Keynode:
    """Calls methods by name; messages are written and read as keyword arguments."""

    def __init__(self, address, token):
        self.channel = grpc.insecure_channel(address)
        self.token = token
        self.pool = descriptor_pool.DescriptorPool(
            ProtoReflectionDescriptorDatabase(self.channel)
        )

    def message(self, name, **fields):
        kind = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))
        return kind(**fields)

    def call(self, service, method, **fields):
        found = self.pool.FindServiceByName(service).FindMethodByName(method)
        request_class = message_factory.GetMessageClass(found.input_type)
        answer_class = message_factory.GetMessageClass(found.output_type)
        if "request_id" in found.input_type.fields_by_name:
            fields.setdefault("request_id", str(uuid.uuid4()))
        rpc = self.channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=answer_class.FromString,
        )
        return rpc(
            request_class(**fields),
            metadata=[("authorization", f"Bearer {self.token}")],
            timeout=10,
        )

    def enum(self, name):
        return self.pool.FindEnumTypeByName(name).values_by_name


def details(error):
    """The reason and the unmet conditions of a refusal."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            break
    else:
        raise AssertionError(f"no details with {error}")
    reason, violations = None, []
    for detail in status.details:
        info, failure = error_details_pb2.ErrorInfo(), error_details_pb2.PreconditionFailure()
        if detail.Unpack(info):
            reason = info.reason
        if detail.Unpack(failure):
            violations = [violation.subject for violation in failure.violations]
    return reason, violations


def expect(claim, truth, seen):
    if not truth:
        raise AssertionError(f"{claim}: saw {seen}")
    print(f"ok  {claim}")


ACCOUNTS = "keynode.accounts.v1."
PIPELINE = "keynode.pipeline.v1."
SCORING = "keynode.scoring.v1."


def make_customer(keynode):
    account = keynode.call(
        ACCOUNTS + "AccountsService", "CreateAccount",
        account={"display_name": "宁夏某项目业主", "location": "Ningxia"},
    ).account
    institute = keynode.call(
        ACCOUNTS + "AccountsService", "CreateAccount",
        account={"display_name": "设计院"},
    ).account
    function = keynode.enum(ACCOUNTS + "Function")

    def contact(name, where, what):
        return keynode.call(
            ACCOUNTS + "ContactsService", "CreateContact",
            contact={
                "account": where.name, "display_name": name,
                "function": function["FUNCTION_" + what].number,
            },
        ).contact

    return account, {
        "a": contact("A", account, "TECHNICAL"),
        "manager": contact("项目经理", account, "MANAGEMENT"),
        "designer": contact("设计院负责人", institute, "DESIGN"),
    }


def make_map(keynode, opportunity, account, people):
    role = keynode.enum(ACCOUNTS + "StakeholderRole")
    attitude = keynode.enum(ACCOUNTS + "Attitude")
    coverage = keynode.enum(ACCOUNTS + "Coverage")
    service, name = ACCOUNTS + "DecisionMapsService", f"{opportunity.name}/decisionMap"
    keynode.call(service, "CreateDecisionMap", opportunity=opportunity.name, account=account.name)
    for who, part, stands, close in [
        ("a", "TECHNICAL_SELECTOR", "NEUTRAL", "MET"),
        ("manager", "DECISION_MAKER", "UNSPECIFIED", "NO_CONTACT"),
        ("designer", "THIRD_PARTY", "FAVOURABLE", "MET"),
    ]:
        keynode.call(
            service, "SetStakeholder", name=name,
            stakeholder={
                "contact": people[who].name,
                "roles": [role["STAKEHOLDER_ROLE_" + part].number],
                "attitude": attitude["ATTITUDE_" + stands].number,
                "coverage": coverage["COVERAGE_" + close].number,
            },
        )
    return keynode.call(service, "AnalyzeDecisionMap", name=name).analysis


def main(address, token_file):
    with open(token_file, encoding="utf-8") as file:
        keynode = Keynode(address, file.read().strip())
    account, people = make_customer(keynode)
    opportunity = keynode.call(
        PIPELINE + "OpportunitiesService", "CreateOpportunity",
        opportunity={
            "display_name": f"宁夏仪表项目 {uuid.uuid4()}", "account": account.name,
            "known_since_date": {"year": 2026, "month": 7, "day": 1},
        },
    ).opportunity
    analysis = make_map(keynode, opportunity, account, people)
    expect("no coach", not analysis.has_coach, analysis)
    expect("no path to the decision maker",
           [reach.HasField("path") for reach in analysis.decision_makers] == [False], analysis)

    moved = keynode.call(
        PIPELINE + "OpportunitiesService", "RecordBuyingStep", name=opportunity.name,
        step=2, evidence="另外三家公司已登记",
    ).opportunity
    expect("the customer is one step ahead", moved.lag == 1, moved.lag)

    try:
        keynode.call(PIPELINE + "OpportunitiesService", "AdvanceOpportunity", name=opportunity.name)
        raise AssertionError("the key node was not reached and yet the deal advanced")
    except grpc.RpcError as error:
        reason, violations = details(error)
        expect("advance is refused", reason == "KEY_NODE_NOT_REACHED", reason)
        expect("every unmet criterion is named", len(violations) >= 7, violations)

    diagnosis = keynode.call(
        SCORING + "DiagnosesService", "DiagnoseOpportunity", opportunity=opportunity.name
    ).diagnosis
    codes = [finding.code for finding in diagnosis.findings]
    advice = [advice.code for advice in diagnosis.advice]
    expect("the customer stands in step 2", diagnosis.alignment.buying_step == 2, diagnosis.alignment)
    expect("key node 1 is missing first", diagnosis.first_missing_key_node == 1, diagnosis)
    expect("no coach is found", "no_coach" in codes, codes)
    expect("no path is found", "no_path_to_decision_maker" in codes, codes)
    expect("first collect the elements", advice[0] == "collect_elements", advice)
    expect("do not advance", not diagnosis.may_advance and "advance" not in advice, advice)


if __name__ == "__main__":
    main(*sys.argv[1:])
