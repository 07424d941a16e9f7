"""The template and the Terraform of notebooks/examples: linted, parsed, and proved by requests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import hcl2
import pytest

import strict_s3

EXAMPLES = Path(__file__).parents[2] / "notebooks" / "examples"
TEMPLATE = EXAMPLES / "deploy" / "template.yaml"
TABLE = EXAMPLES / "deploy" / "template.prove.yaml"
GIVEN = {"bucket": "uploads-of-the-app", "origin": "https://app.example.com"}


def test_cfn_lint_has_nothing_to_say_of_the_template():
    run = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = [sys.executable, "-c", run, "--regions", "eu-west-2", "--", str(TEMPLATE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("region", ["eu-west-2", "us-east-1"])
def test_the_template_does_what_its_table_says(region):
    proof = strict_s3.prove(TABLE, region=region)
    assert proof.passed, str(proof)
    assert any("Api (AWS::Serverless::HttpApi)" in note for note in proof.notes)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / "policies", tmp_path / "policies")
    return Path(shutil.copytree(TEMPLATE.parent, tmp_path / "deploy"))


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("/incoming/*", "/*", "Signer: PUT reports/a.txt"),
        ("[s3:PutObject, s3:GetObject]", "[s3:PutObject]", "Signer: GET incoming/*"),
        ("[s3:PutObject, s3:GetObject]", "s3:*", "Signer: anything else"),
        ('"600000"', '"6000000"', "Signer: GET incoming/*, after 11 min"),
        (
            "DaysAfterInitiation: 1",
            "DaysAfterInitiation: 10",
            "root: ListParts incoming/a.txt, by header, after 3 d",
        ),
        (
            "Id: DeleteOldVersions\n            Status: Enabled",
            "Id: x\n            Status: Enabled\n            ExpirationInDays: 7",
            "root: GET incoming/a.txt, by header, after 400 d",
        ),
        (
            "[!Ref Origin]\n            AllowedM",
            "['*']\n            AllowedM",
            "origin https://evil.example: POST",
        ),
        (
            "ExposedHeaders: [ETag]",
            "ExposedHeaders: [x-a]",
            "origin https://app.example.com: exposes ETag",
        ),
    ],
)
def test_a_slip_in_the_template_fails_its_row(copy, old, new, row):
    path = copy / "template.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert row in {str(each) for each in strict_s3.prove(copy / TABLE.name) if not each.passed}


def test_terraforms_file_is_proved_by_the_same_rows(copy):
    template = TABLE.read_text().partition("\nexpect:\n")[2].replace("Signer:", "signer:")
    table = copy / "terraform.yaml"
    text = table.read_text()
    assert text.partition("\nexpect:\n")[2] == template
    (copy / "terraform.json").write_text(json.dumps(as_json(parsed())))
    text = text.replace(
        "terraform: terraform.json", f"terraform: terraform.json\nvariables: {GIVEN}"
    )
    table.write_text(text)
    proof = strict_s3.prove(table)
    assert proof.passed, str(proof)


def parsed() -> Any:
    with (EXAMPLES / "deploy" / "main.tf").open(encoding="utf-8") as file:
        return hcl2.load(file)


def as_json(value: Any) -> Any:
    """What python-hcl2 reads, in the form that Terraform has for JSON: without marks and quotes."""
    if isinstance(value, dict):
        return {
            as_json(key): as_json(each)
            for key, each in value.items()
            if not (key.startswith("__") and key.endswith("__"))
        }
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        return json.loads(value)
    return value
