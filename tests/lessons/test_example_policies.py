"""The policies of notebooks/examples: each does what its table says, and the tables can fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import strict_s3

POLICIES = Path(__file__).parents[2] / "notebooks" / "examples" / "policies"
TABLES = sorted(path.name for path in POLICIES.glob("*.prove.yaml"))


def test_every_policy_has_a_table():
    policies = {path.stem for path in POLICIES.glob("*.json")}
    assert policies == {name.removesuffix(".prove.yaml") for name in TABLES}
    assert len(policies) == 10


@pytest.mark.parametrize("region", ["eu-west-2", "us-east-1"])
@pytest.mark.parametrize("table", TABLES)
def test_the_policy_does_what_its_table_says(table, region):
    proof = strict_s3.prove(POLICIES / table, region=region)
    assert proof.passed, str(proof)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def changed(path: Path, *statement: dict[str, object], without: str = "") -> None:
    """The policy without an action, or with further statements."""
    policy = json.loads(path.read_text())
    for each in policy["Statement"]:
        if isinstance(each["Action"], list):
            each["Action"] = [name for name in each["Action"] if name != without]
    policy["Statement"] += statement
    path.write_text(json.dumps(policy))


def wrong(path: Path) -> dict[str, str]:
    proof = strict_s3.prove(path)
    return {str(each): f"{each.said}: {each.decided}" for each in proof if not each.passed}


@pytest.mark.parametrize(
    ("action", "rows"),
    [
        ("s3:PutObject", {"PUT incoming/*", "POST incoming/*"}),
        ("s3:GetObject", {"GET incoming/*", "HEAD incoming/a.txt"}),
    ],
)
def test_a_permission_taken_away_fails_the_rows_that_need_it(copy, action, rows):
    changed(copy / "signer.json", without=action)
    found = wrong(copy / "signer.prove.yaml")
    assert rows <= {name.partition(": ")[2] for name in found}
    of_signer = [name for name in found if name.startswith("signer: ")]
    assert all(action in text for name, text in found.items() if "EntityTooLarge" not in name)
    assert len(of_signer) < 6


@pytest.mark.parametrize("action", ["s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"])
def test_a_permission_for_parts_taken_away_fails_its_row(copy, action):
    changed(copy / "signer-multipart.json", without=action)
    (row,) = wrong(copy / "signer-multipart.prove.yaml")
    assert row.partition(": ")[2].split()[0] in ("ListParts", "AbortMultipartUpload")


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObjectTagging", "arn:aws:s3:::amzn-s3-demo-bucket/incoming/*"),
        ("s3:GetObject", "arn:aws:s3:::amzn-s3-demo-bucket/nobody-knows/*"),
        ("s3:GetObjectVersion", "*"),
        ("iam:CreateAccessKey", "*"),
    ],
)
def test_a_permission_too_much_is_found(copy, action, resource):
    more = {"Sid": "More", "Effect": "Allow", "Action": action, "Resource": resource}
    changed(copy / "signer.json", more)
    found = wrong(copy / "signer.prove.yaml")
    assert "signer.json, statement More, allows" in found["signer: anything else"]
    assert action in found["signer: anything else"]


@pytest.mark.parametrize("sid", ["RefuseSignaturesOlderThanTenMinutes", "RefuseHttpWithoutTls"])
def test_each_guardrail_has_a_row_that_misses_it(copy, sid):
    path = copy / "guardrails.json"
    policy = json.loads(path.read_text())
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != sid]
    path.write_text(json.dumps(policy))
    assert wrong(copy / "guardrails.prove.yaml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("s3:signatureAge", "s3:signatureAges"),
        ('"s3:*"', '"s3:GetObjekt"'),
        ("aws:SecureTransport", "aws:SecureTransports"),
    ],
)
def test_a_misspelt_guardrail_is_refused_as_by_s3(copy, old, new):
    path = copy / "guardrails.json"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(strict_s3.ProveError, match=r"guardrails\.json: S3 refuses it with Malfor"):
        strict_s3.prove(copy / "guardrails.prove.yaml")


def test_a_misspelt_permission_which_iam_accepts_is_named(copy):
    path = copy / "signer.json"
    path.write_text(path.read_text().replace("s3:PutObject", "s3:PutObjekt"))
    found = wrong(copy / "signer.prove.yaml")
    assert "S3 has no such action" in found["signer.json, statement SignForIncoming: spelling"]


def test_the_table_in_the_readme_is_a_table(copy):
    readme = (Path(strict_s3.__file__).parent / "README.md").read_text(encoding="utf-8")
    table = readme.partition("```yaml\n# signer.prove.yaml\n")[2].partition("```")[0]
    path = copy / "readme.prove.yaml"
    path.write_text("replace: {amzn-s3-demo-bucket: uploads-of-the-app}\n" + table)
    proof = strict_s3.prove(path)
    assert proof.passed, str(proof)
    assert f"{len(proof)} rows, 1 not as expected" in readme
