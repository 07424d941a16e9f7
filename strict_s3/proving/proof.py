"""`prove`: run a table against a strict S3, and say what came of each row.

    proof = strict_s3.prove("signer.prove.yaml")
    print(proof)            # the report that `strict-s3 prove` prints
    assert proof.passed

In pytest each row can be a test:

    @pytest.mark.parametrize("result", strict_s3.prove("signer.prove.yaml"), ids=str)
    def test_the_policies(result):
        assert result.passed, result.report()

(Without a line of code: the option ``strict_s3_prove`` has pytest collect all ``*.prove.yaml``.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..handle import Server
from ..inprocess import in_process
from ..redact import redact
from ..rules.cors import METHODS
from ..rules.iam import Evaluation
from .build import build, said_by
from .doubts import about_trust, at_its_very_worst, in_doubt
from .grid import SESSION, Question, Subject, first_excess, listings, questions, some_name
from .results import Proof, Result, cannot_tell
from .rows import OPERATIONS, Options, Row
from .sending import PART, Answer, Sender, Target
from .table import Table, read_table
from .world import JUDGED, Note

_STATEMENT = re.compile(r'Statement "(.*?)" of the ([a-z ]+) "(.*?)" (allows|denies) (\S+)')
_ASKED = re.compile(r"^Nothing allows (\S+) on |^Statement \".*? allows (\S+)")
_NAMED = re.compile(r'the bucket policy "(.*?)"')
_CREATES = ("PutObject", "PostObject", "CreateMultipartUpload")
_CONTEXT: Mapping[str, str] = {"aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "true"}


def prove(path: str | Path, *, region: str = "") -> Proof:
    """Make what a table describes in a strict S3 of its own, and send a request for each row.

    `path` is a YAML file (`table` has its form); `region` is used instead of the table's.
    Everything happens in this process, without network, port or waiting. Raises `ProveError` if
    the table or a file that it names cannot be read, or if AWS would refuse to make it.

        proof = strict_s3.prove("policies/signer.prove.yaml")
        print(proof)
    """
    return prove_table(read_table(Path(path), region))


def prove_table(table: Table) -> Proof:
    """`prove`, for a table that was read."""
    world, tls = table.world, f"https://{uuid4().hex}.test"
    with (
        in_process(region=world.region, bucket=world.bucket, public_url=tls) as server,
        closing(server.client()) as root,
    ):
        target = Target(world.bucket, world.region, tls, server.endpoint_url)
        run = _Run(table, server, root, Sender(target))
        results = [*run.spelling(), *run.rows()]
        notes = [*world.notes, *run.built.notes, *_about_trust(table)]
    return Proof(table.path.name, tuple(results), tuple(map(str, notes)))


def _about_trust(table: Table) -> Iterator[Note]:
    for person in table.world.people.values():
        if person.trust is not None and '"Service"' in person.trust.text:
            yield Note(
                person.trust.name,
                "AWS's services are not here. The session was made by a user of the account; that "
                "nobody else can assume the role is proved by ASSUME rows.",
            )


class _Run:
    """One table, against one server."""

    def __init__(self, table: Table, server: Server, root: Any, sender: Sender) -> None:
        self._table, self._server, self._root, self._sender = table, server, root, sender
        self.built = build(table.world, server, root)
        self._granted: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        self._prefixes: dict[str, list[str]] = {}
        self._listed: dict[str, list[str]] = {}  # prefixes

    def spelling(self) -> Iterator[Result]:
        """A failed result for each name in an IAM policy that AWS does not have."""
        for fault in self.built.faults:
            yield Result(
                self._table.path.name,
                fault.where,
                "spelling",
                "AWS's names",
                "a name that AWS does not have",
                False,
                fault.text,
            )

    def rows(self) -> list[Result]:
        """Each row's result. What nobody listed is measured last, when it is known what was."""
        found: dict[int, Result] = {}
        rows = list(enumerate(self._table.rows))
        for number, row in sorted(rows, key=lambda pair: pair[1].kind == "rest"):
            ask = {
                "request": self._request,
                "assume": self._assume,
                "rest": self._rest,
                "preflight": self._preflight,
                "exposes": self._exposes,
            }[row.kind]
            found[number] = ask(row)
        return [found[number] for number, _ in rows]

    # The kinds of rows.

    def _request(self, row: Row) -> Result:
        results = []
        for key in row.keys:
            answer, decision = self._ask(row, key)
            passed = row.expected.met_by(answer.status, answer.code)
            found = self._result(row, answer, decision, passed)
            results.append(self._or_doubt(found, row.who, decision))
            if passed and row.expected.success:
                self._grant(row, decision)
        first_wrong = next((result for result in results if not result.passed), results[0])
        changed = any(result.said.startswith("2") for result in results)
        if changed and row.operation is not None and row.operation.changes_bucket:
            self._server.reset()
            self.built = build(self._table.world, self._server, self._root)
        return first_wrong

    def _ask(self, row: Row, key: str) -> tuple[Answer, dict[str, Any]]:
        person, world = self._table.world.people.get(row.who), self._table.world
        signed_at = world.now + (person.issued if person else timedelta())
        sent_at = signed_at + row.options.after
        keys = self.built.keys[row.who]
        with self._server.at(signed_at):
            upload = self._prepare(row, key)
            request = self._sender.sign(row, key, keys, signed_at, upload)
        with self._server.at(sent_at):
            if row.options.by_header:  # signed by whoever sends it, then
                request = self._sender.sign(row, key, keys, sent_at, upload)
            answer = self._sender.send(request)
            return answer, self._server.decisions(1)[-1]

    def _prepare(self, row: Row, key: str) -> str:
        """What has to be there first: the object, or an upload whose id is returned."""
        operation, bucket = row.operation, self._table.world.bucket
        assert operation is not None
        if not operation.of_object:
            return ""
        with said_by("S3", f"{row.id}: what it needs"), self.built.without_bucket_policy() as root:
            if "uploadId" in operation.query:
                upload = root.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
                which = {"Bucket": bucket, "Key": key, "UploadId": upload}
                root.upload_part(**which, PartNumber=1, Body=PART)
                return str(upload)
            if operation.name in _CREATES or row.options.missing:
                root.delete_object(Bucket=bucket, Key=key)
                return ""
            root.put_object(Bucket=bucket, Key=key, Body=b"hello")
            if row.options.tags:
                tags = [{"Key": name, "Value": value} for name, value in row.options.tags.items()]
                root.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tags})
        return ""

    def _assume(self, row: Row) -> Result:
        from botocore.exceptions import ClientError

        keys, sts = self.built.keys[row.who], None
        with self._server.at(self._table.world.now):
            sts = self._server.client("sts", keys)
            role = self.built.subjects[row.key].who.role_arn
            try:
                sts.assume_role(RoleArn=role, RoleSessionName=SESSION)
                answer = Answer(200)
            except ClientError as problem:
                error = problem.response["Error"]
                status = problem.response["ResponseMetadata"]["HTTPStatusCode"]
                answer = Answer(status, error["Code"], error["Message"])
            finally:
                sts.close()
            decision = self._server.decisions(1)[-1]
        passed = row.expected.met_by(answer.status, answer.code)
        if passed and row.expected.success:
            self._granted.setdefault(row.who, []).append(
                ("sts:AssumeRole", re.compile(re.escape(role)))
            )
        result, allowed = self._result(row, answer, decision, passed), answer.status < 300
        why = about_trust(self._table.world, row.key, allowed)
        if subject := self.built.subjects.get(row.who):
            held = self.built.doubts[row.who]
            why = why or in_doubt(held, subject, "sts:AssumeRole", role, allowed)
        return cannot_tell(result, why) if why else result

    def _preflight(self, row: Row) -> Result:
        answer = self._sender.preflight(row)
        decision = self._server.decisions(1)[-1]
        passed = row.expected.met_by(answer.status, answer.code)
        return self._result(row, answer, decision, passed)

    def _exposes(self, row: Row) -> Result:
        """Can a page's script read this header of a response, whatever the method?"""
        asked = replace(row, operation=OPERATIONS["GET"], key="a.txt", options=Options())
        signed = self._sender.sign(asked, "a.txt", None, self._table.world.now)
        signed.headers["Origin"] = row.who
        answers = [self._sender.send(replace(signed, method=method)) for method in METHODS]
        lists = [each.headers.get("access-control-expose-headers", "") for each in answers]
        exposed = ", ".join(dict.fromkeys(filter(None, lists)))
        readable = {name.strip().lower() for name in exposed.split(",")}
        status = 200 if row.names[0].lower() in readable else 403
        said = f"Access-Control-Expose-Headers: {exposed}" if exposed else "no headers are exposed"
        return Result(
            self._table.path.name,
            f"origin {row.who}",
            row.text,
            row.expected.text,
            "yes" if status == 200 else "no",
            row.expected.met_by(status, ""),
            said,
        )

    def _rest(self, row: Row) -> Result:
        """Requests that nobody listed, then the grid."""
        key = f"{some_name()}/a.txt"
        subject = self.built.subjects[row.who]
        requests = [(verb, key) for verb in ("GET", "PUT", "DELETE")]
        requests += [("LIST", prefix) for prefix in listings(subject)]
        for verb, key in requests:
            asked = replace(row, operation=OPERATIONS[verb], key=key, kind="request")
            answer, decision = self._ask(asked, key)
            last = next(reversed(_judged(decision)), "")
            granted = self._was_granted(row.who, last, str(decision["resource"]))
            if verb == "LIST":
                granted = key.startswith(tuple(self._listed.get(row.who, ())))
            if answer.status < 300 and not granted:
                found = self._result(row, answer, decision, passed=False)
                return replace(found, decided=f"{verb} {key}".rstrip() + f": {found.decided}")
        found = Result(
            self._table.path.name,
            row.who,
            row.text,
            row.expected.text,
            "no",
            True,
            "nothing else is allowed: no action of S3 or IAM, on no kind of key",
        )
        if excess := self._excess(row.who, subject.at_its_worst()):
            (_, resource), verdict = excess
            decided = f"{self._words(verdict.reason)} It was on {resource}, which no row lists."
            return replace(found, said="more is allowed", passed=False, decided=decided)
        held = self.built.doubts[row.who]
        excess = self._excess(row.who, at_its_very_worst(subject, held)) if held else None
        if excess:
            (action, resource), _ = excess
            return cannot_tell(found, in_doubt(held, subject, action, resource, False))
        return found

    def _excess(self, who: str, worst: Subject) -> tuple[Question, Evaluation] | None:
        def granted(action: str, resource: str) -> bool:
            judged = action.partition(":")[0].lower() in JUDGED
            return not judged or self._was_granted(who, action, resource)

        asked = questions(worst, self._prefixes.get(who, []), ())
        return first_excess(worst, asked, granted, _CONTEXT)

    def _or_doubt(self, result: Result, who: str, decision: Mapping[str, Any]) -> Result:
        """The result; or that it can't be told, if a doubt could change S3's answer."""
        subject = self.built.subjects.get(who)
        if subject is None:  # the root
            return result
        for name, passed, detail in decision["checks"]:
            match = _ASKED.search(detail) if name == "permission" else None
            if match:
                asked = (match[1] or match[2]).rstrip("."), str(decision["resource"])
                if why := in_doubt(self.built.doubts[who], subject, *asked, passed):
                    return cannot_tell(result, why)
        return result

    # What rows have shown to be meant, and who decided.

    def _grant(self, row: Row, decision: Mapping[str, Any]) -> None:
        bucket = re.escape(f"arn:aws:s3:::{self._table.world.bucket}")
        parts = [re.escape(part) for part in row.key.split("*")]
        of_key = re.compile(f"{bucket}/{'.*'.join(parts)}", re.DOTALL)
        listing = row.operation is not None and not row.operation.of_object
        where = re.compile(bucket) if listing else of_key
        self._granted.setdefault(row.who, []).extend(
            (action, where) for action in _judged(decision)
        )
        prefix = row.key.partition("*")[0]
        if row.operation is not None and row.operation.name.startswith("ListObjects"):
            self._listed.setdefault(row.who, []).append(prefix)
        if "/" in prefix and prefix not in self._prefixes.setdefault(row.who, []):
            self._prefixes[row.who].append(prefix.rpartition("/")[0] + "/")

    def _was_granted(self, who: str, action: str, resource: str) -> bool:
        return any(
            action.lower() == allowed.lower() and where.fullmatch(resource)
            for allowed, where in self._granted.get(who, ())
        )

    def _result(
        self, row: Row, answer: Answer, decision: Mapping[str, Any], passed: bool
    ) -> Result:
        origin = row.kind == "preflight"
        return Result(
            self._table.path.name,
            f"origin {row.who}" if origin else row.who,
            row.text,
            row.expected.text,
            f"{answer.status} {answer.code}".strip(),
            passed,
            self._decided(decision, answer),
        )

    def _decided(self, decision: Mapping[str, Any], answer: Answer) -> str:
        """The statement that decided, else the check that refused the request."""
        for name, passed, detail in reversed(decision["checks"]):
            if not passed or name in ("permission", "CORS"):
                return redact(self._words(detail))
        return answer.message or "no check refused it"

    def _words(self, detail: str) -> str:
        """A check's words, with files for the names that policies have in S3 and IAM."""
        files = self.built.files

        def name(match: re.Match[str]) -> str:
            file = files.get(match[3], match[3])
            return f"{file}, statement {match[1]}, {match[4]} {match[5]}"

        text = _STATEMENT.sub(name, detail)
        return _NAMED.sub(lambda match: files.get(match[1], match[1]), text)


def _judged(decision: Mapping[str, Any]) -> list[str]:
    """The actions about which a statement decided, in the order of the checks."""
    checks = [detail for name, _, detail in decision["checks"] if name == "permission"]
    return [match[5].rstrip(".") for match in map(_STATEMENT.search, checks) if match]
