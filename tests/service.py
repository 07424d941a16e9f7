"""The local S3 in the tests' own process, and short ways to use it (fixture: `service`)."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import fromstring

import boto3
import requests
from botocore.config import Config

from helpers.lab import Lab
from strict_s3 import Server
from strict_s3.rules import sigv4
from strict_s3.server.server import DEFAULT_BUCKET, LocalS3
from strict_s3.server.store.bucket import Settings


class _Here:
    """How a `strict_s3.Server` reaches this one: by a call."""

    alive = True

    def __init__(self, server: LocalS3) -> None:
        self.ready, self.ask = server.describe(), server.command

    def stop(self) -> None:
        """It is for all tests of this process."""


class Service:
    """The local S3 under test, and short ways to use it."""

    def __init__(self, server: LocalS3 | None = None) -> None:
        self.server = server or LocalS3()
        self.server.start()
        self.endpoint = self.server.describe()["endpoint"]
        self.region = self.server.options.region
        self.bucket = DEFAULT_BUCKET
        self._clients: dict[tuple[str, ...], Any] = {}

    def client(self, service: str = "s3", keys: dict[str, str] | None = None) -> Any:
        """A boto3 client for the root key, or for the keys of CreateAccessKey or of STS."""
        root = self.server.root
        keys = keys or {"AccessKeyId": root.access_key, "SecretAccessKey": root.secret_key}
        name = (service, *map(str, keys.values()))
        if name not in self._clients:
            self._clients[name] = self._new_client(service, keys)
        return self._clients[name]

    def close_clients(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _new_client(self, service: str, keys: dict[str, str]) -> Any:
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(
                signature_version="s3v4" if service == "s3" else None,
                retries={"total_max_attempts": 1},
            ),
        )

    def other_client(self, version: str | None = "s3v4", **changed: str) -> Any:
        """A client for the root key with another signature version, region or endpoint."""
        root = self.server.root
        usual = {"region_name": self.region, "endpoint_url": self.endpoint}
        return boto3.client(
            "s3",
            aws_access_key_id=root.access_key,
            aws_secret_access_key=root.secret_key,
            config=Config(signature_version=version),
            **usual | changed,
        )

    def lab(self, endpoint: str | None = None) -> Lab:
        """The same S3 as a lab, with the root key. Closing it does nothing."""
        root = self.server.root
        return Lab(
            self.bucket,
            self.region,
            root.access_key,
            root.secret_key,
            endpoint_url=endpoint or self.endpoint,
            server=Server(_Here(self.server)),
        )

    def stored(self) -> list[str]:
        """The keys in the bucket."""
        found = self.client().list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [item["Key"] for item in found]

    def presign(self, operation: str, key: str = "k", expires: int = 60, s3=None, **params) -> str:
        """A URL presigned by boto3."""
        return (s3 or self.client()).generate_presigned_url(
            operation, {"Bucket": self.bucket, "Key": key, **params}, expires
        )

    def sign(self, method: str, path: str, **more: Any) -> str:
        """A URL presigned by the rules: also what boto3 would not sign.

        `path` begins with the bucket; `more` is for `sigv4.presign`, its keys are the root's
        unless given.
        """
        root = self.server.root
        keys = {"access_key": root.access_key, "secret_key": root.secret_key}
        life = {"region": self.region, "now": datetime.now(UTC), "expires": 60}
        host = self.endpoint.removeprefix("http://")
        return sigv4.presign(method, self.endpoint, host, path, **keys | life | more)

    def put_document(self, configuration: str, body: str | bytes) -> requests.Response:
        """PUT a document to ``?configuration`` of the bucket, with its MD5, as old clients do."""
        data = body.encode() if isinstance(body, str) else body
        digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        headers = {"content-md5": digest}
        query = [(configuration, "")]
        url = self.sign("PUT", f"/{self.bucket}", query=query, headers=headers)
        return requests.put(url, data=data, headers=headers)

    def user(self, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """A new IAM user with those statements; returns an access key's facts."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        return iam.create_access_key(UserName=name)["AccessKey"]

    def put(self, key: str = "k", body: bytes = b"body", **more: Any) -> Any:
        return self.client().put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    @property
    def settings(self) -> Settings:
        """The bucket's settings, to be set for a test that is about something else."""
        return self.server.store.bucket(self.bucket).settings

    def later(self, **duration: float) -> None:
        """Move the clock on, until the end of the test."""
        before = self.server.command({"do": "clock"})["offset"]
        offset = before + timedelta(**duration).total_seconds()
        self.server.command({"do": "clock", "offset": offset})

    def now(self) -> datetime:
        """By its clock (UTC)."""
        return datetime.fromisoformat(self.server.command({"do": "clock"})["now"])

    def decisions(self) -> list[dict[str, Any]]:
        """All that are kept, oldest first."""
        return self.server.command({"do": "decisions", "last": 100})

    def decision(self) -> dict[str, Any]:
        """The last one."""
        return self.decisions()[-1]


def document(*statements: dict[str, Any]) -> str:
    """A policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def error_of(response: requests.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    root = fromstring(response.content)
    return response.status_code, root.findtext("Code") or "", root.findtext("Message") or ""
