"""Remove what a scenario made: buckets with all that is in them, IAM users and roles.

S3 and IAM delete nothing that still holds something, so what is inside goes first. Only names that
contain the scenario's own are touched.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from .compare import document_of
from .exchange import Target, request_of
from .scenarios import Scenario, Step
from .values import Values

# As long as a scenario keeps a version under COMPLIANCE, which nobody can lift.
LONGEST_LOCK = 15  # seconds
_BYPASS = {"x-amz-bypass-governance-retention": "true"}
_OFF = "<LegalHold><Status>OFF</Status></LegalHold>"
_Answer = tuple[int, Mapping[str, list[str]]]


class CleanUp:
    """Deletes by the same requests and with the same keys as the scenario's own."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def scenario(self, scenario: Scenario, values: Values) -> list[str]:
        """Remove what the scenario made; returns what is left, for people."""
        left = self.buckets(values["bucket"])
        if any(step.send.startswith("iam ") for step in scenario.steps):
            name = values["user"]
            if not self._user(name):
                left.append(f"the IAM user {name}")
            if not self._role(name):
                left.append(f"the IAM role {name}")
        return left

    def buckets(self, name: str) -> list[str]:
        """Remove the buckets whose names contain `name`; returns those that are left."""
        return [bucket for bucket in self._buckets(name) if not self._bucket(bucket)]

    def _ask(self, send: str, **more: object) -> _Answer:
        step = Step(send, **more)  # type: ignore[arg-type]
        received = self._target.send(request_of(step, self._target, Values()))
        return received.status, document_of(received) or {}

    def _buckets(self, name: str) -> list[str]:
        found, token = [], ""
        while True:
            more = f"&continuation-token={quote(token, safe='')}" if token else ""
            _, document = self._ask(f"GET /?max-buckets=1000{more}")
            found += document.get("Buckets/Bucket/Name", [])
            token = document.get("ContinuationToken", [""])[0]
            if not token:
                return [bucket for bucket in found if name in bucket.lower()]

    def _bucket(self, bucket: str) -> bool:
        end = time.monotonic() + LONGEST_LOCK
        for key, upload in self._listed(bucket, "uploads", "Upload", "UploadId"):
            self._ask(f"DELETE /{bucket}/{key}?uploadId={upload}")
        while True:
            for kind in ("Version", "DeleteMarker"):
                for key, version in self._listed(bucket, "versions", kind, "VersionId"):
                    self._version(f"/{bucket}/{key}", version)
            status, _ = self._ask(f"DELETE /{bucket}")
            if status != 409 or time.monotonic() > end:
                return status in (204, 404)
            time.sleep(1)

    def _listed(self, bucket: str, what: str, kind: str, id_name: str) -> Iterator[tuple[str, str]]:
        # One page: no scenario makes a thousand of anything.
        _, document = self._ask(f"GET /{bucket}?{what}")
        keys, ids = document.get(f"{kind}/Key", []), document.get(f"{kind}/{id_name}", [])
        for key, one in zip(keys, ids, strict=False):
            yield quote(key), quote(one, safe="")

    def _version(self, path: str, version: str) -> None:
        # The bypass is refused where there is no Object Lock, so the plain request comes first.
        if self._ask(f"DELETE {path}?versionId={version}")[0] == 403:
            hold = f"PUT {path}?legal-hold&versionId={version}"
            self._ask(hold, body=_OFF, headers={"content-md5": "{md5}"})
            self._ask(f"DELETE {path}?versionId={version}", headers=_BYPASS)

    def _user(self, name: str) -> bool:
        user = {"UserName": name}
        keys = self._members("ListAccessKeys", "AccessKeyMetadata/member/AccessKeyId", user)
        for key in keys:
            self._ask("iam DeleteAccessKey", query={**user, "AccessKeyId": key})
        return self._principal("User", user)

    def _role(self, name: str) -> bool:
        return self._principal("Role", {"RoleName": name})

    def _principal(self, kind: str, name: dict[str, str]) -> bool:
        for policy in self._members(f"List{kind}Policies", "PolicyNames/member", name):
            self._ask(f"iam Delete{kind}Policy", query={**name, "PolicyName": policy})
        attached = f"ListAttached{kind}Policies"
        for policy in self._members(attached, "AttachedPolicies/member/PolicyArn", name):
            self._ask(f"iam Detach{kind}Policy", query={**name, "PolicyArn": policy})
        self._ask(f"iam Delete{kind}", query=name)
        return self._ask(f"iam Get{kind}", query=name)[0] != 200

    def _members(self, action: str, path: str, query: dict[str, str]) -> list[str]:
        _, document = self._ask(f"iam {action}", query=query)
        return document.get(f"{action}Result/{path}", [])
