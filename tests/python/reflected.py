"""A client that knows the contracts only by the server's reflection."""

import base64
import hashlib
import hmac
import json
import time

import grpc
from google.protobuf import descriptor_pool, json_format, message, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

DEADLINE_SECONDS = 10


class Caller:
    """Calls methods by name with dictionaries, under one credential."""

    def __init__(self, channel: grpc.Channel, token: str, tenant: str | None = None) -> None:
        self.channel = channel
        self.pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        self.metadata = [("authorization", f"Bearer {token}")]
        if tenant:
            self.metadata.append(("x-keynode-tenant", tenant))

    def __call__(self, service: str, method: str, **fields: object) -> dict:
        name = f"keynode.{service}"
        described = self.pool.FindServiceByName(name).FindMethodByName(method)
        request = json_format.ParseDict(fields, message_factory.GetMessageClass(described.input_type)())
        answer = self.channel.unary_unary(
            f"/{name}/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=message_factory.GetMessageClass(described.output_type).FromString,
        )(request, timeout=DEADLINE_SECONDS, metadata=self.metadata)
        return json_format.MessageToDict(answer, preserving_proto_field_name=True, descriptor_pool=self.pool)

    def refusal(self, error: grpc.RpcError) -> tuple[str, list[str]]:
        """The reason of a refusal and the subjects of its unmet conditions."""
        status = self._message("google.rpc.Status")
        status.ParseFromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
        reason, unmet = "", []
        for packed in status.details:
            name = packed.type_url.rpartition("/")[2]
            detail = self._message(name)
            detail.ParseFromString(packed.value)
            if name == "google.rpc.ErrorInfo":
                reason = detail.reason
            if name == "google.rpc.PreconditionFailure":
                unmet = [violation.subject for violation in detail.violations]
        return reason, unmet

    def _message(self, name: str) -> message.Message:
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))()


def platform_token(secret: str) -> str:
    """The credential of whoever sets the installation up, good for a minute."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    now = int(time.time())
    claims = {
        "iss": "keynode-services",
        "aud": "keynode",
        "sub": "services/walk",
        "iat": now,
        "exp": now + 60,
        "roles": ["platform"],
    }
    signed = b".".join(part(json.dumps(x).encode()) for x in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + part(signature)).decode()
