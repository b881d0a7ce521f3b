"""One walk through a running installation, as a program of somebody else's would do it.

deployment.py ENDPOINT SECRET_FILE ROUNDS

Makes a tenant, its administrator and a key; with that key a customer and, ROUNDS times, a deal
that is read back and diagnosed; finds every one of these deals in the change feed, and no deal
twice. It knows the contracts only by the server's reflection. A call that ends with UNAVAILABLE is
sent again as it was, which is safe because it carries a `request_id`.
"""

import json
import sys
import time
import uuid

import grpc

from reflected import DEADLINE_SECONDS, Caller, platform_token

RETRIES = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


def administrator(channel: grpc.Channel, secret: str) -> Caller:
    """The administrator of a new tenant."""
    tenant = str(uuid.uuid4())
    token = platform_token(secret)
    Caller(channel, token)(
        "accounts.v1.DirectoryService", "CreateTenant", tenant_id=tenant, display_name="Walk"
    )
    platform = Caller(channel, token, tenant)
    person = platform(
        "accounts.v1.DirectoryService",
        "CreatePerson",
        person={"display_name": "Li Wei", "roles": ["roles/administrator"]},
    )["person"]["name"]
    key = platform(
        "accounts.v1.DirectoryService", "CreateApiKey", subject=person, display_name="walk"
    )
    return Caller(channel, key["secret"])


def deal(call: Caller, account: str, number: int) -> str:
    """Opens a deal, reads it back, has it diagnosed; its name."""
    fields = {"display_name": f"Deal {number}", "account": account}
    opened = call(
        "pipeline.v1.OpportunitiesService",
        "CreateOpportunity",
        opportunity=fields,
        request_id=str(uuid.uuid4()),
    )["opportunity"]
    read = call("pipeline.v1.OpportunitiesService", "GetOpportunity", name=opened["name"])
    assert read["opportunity"] == opened, f"{read} was stored as {opened}"
    diagnosis = call(
        "scoring.v1.DiagnosesService", "DiagnoseOpportunity", opportunity=opened["name"]
    )
    assert diagnosis.get("diagnosis"), f"no diagnosis of {opened['name']}"
    return opened["name"]


def subjects(call: Caller) -> set[str]:
    """The subjects of all events in the feed so far."""
    seen, cursor, more = set(), "", True
    while more:
        page = call("notification.v1.FeedService", "ListEvents", after_cursor=cursor)
        seen |= {event["subject"] for event in page.get("events", [])}
        cursor, more = page["cursor"], page.get("more", False)
    return seen


def await_in_feed(call: Caller, names: set[str]) -> None:
    """An event is readable as soon as no older transaction runs."""
    until = time.monotonic() + DEADLINE_SECONDS
    while missing := names - subjects(call):
        assert time.monotonic() < until, f"not in the feed: {missing}"
        time.sleep(0.2)


def deals_of(call: Caller, account: str) -> list[str]:
    """All deals of a customer, as they are listed."""
    seen: list[str] = []
    token, more = "", True
    while more:
        page = call(
            "pipeline.v1.OpportunitiesService", "ListOpportunities", account=account, page_token=token
        )
        seen += [opportunity["name"] for opportunity in page.get("opportunities", [])]
        token = page.get("next_page_token", "")
        more = token != ""
    return seen


def main() -> None:
    endpoint, secret_file, rounds = sys.argv[1:]
    with open(secret_file, encoding="utf-8") as file:
        secret = file.read().strip()
    options = [("grpc.service_config", json.dumps(RETRIES))]
    with grpc.insecure_channel(endpoint, options) as channel:
        call = administrator(channel, secret)
        account = call(
            "accounts.v1.AccountsService", "CreateAccount", account={"display_name": "Ningxia Coal"}
        )["account"]["name"]
        names = {deal(call, account, number) for number in range(int(rounds))}
        await_in_feed(call, names | {account})
        listed = deals_of(call, account)
        assert sorted(listed) == sorted(names), f"opened {len(names)} deals, listed {len(listed)}"
    print(f"{len(names)} deals opened, read, diagnosed and found in the feed")


if __name__ == "__main__":
    main()
