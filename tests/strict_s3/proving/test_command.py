"""``strict-s3 prove`` on a terminal, and tables collected by pytest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import strict_s3
from strict_s3.cli import main
from tests.strict_s3.proving.conftest import SIGNER

pytest_plugins = ["pytester"]
PLUGIN = ("-p", "strict_s3.pytest_plugin")  # which an installed wheel brings along
GOOD = (
    "bucket: shop\nidentities: {signer: {user: signer.json}}\n"
    "expect: {signer: {GET in/a: 200, GET out/a: 403}}\n"
)
WRONG = GOOD.replace("out/a: 403", "out/a: 200")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "signer.json").write_text(json.dumps(SIGNER))
    (tmp_path / "good.prove.yaml").write_text(GOOD)
    return tmp_path


def test_all_as_expected(folder, capsys):
    assert main(["prove", str(folder / "good.prove.yaml")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("good.prove.yaml: 2 rows, all as expected\n")
    assert "✓ GET in/a: 200\n      signer.json, statement Sign, allows s3:GetObject." in out
    assert err == ""


def test_a_folder_and_a_wrong_row(folder, capsys):
    (folder / "sub").mkdir()
    (folder / "sub" / "wrong.prove.yaml").write_text(WRONG.replace("signer.json", "../signer.json"))
    assert main(["prove", str(folder)]) == 1
    out, _ = capsys.readouterr()
    assert "wrong.prove.yaml: 2 rows, 1 not as expected" in out
    assert "✗ GET out/a: 403 AccessDenied (expected 200)" in out
    assert "does not match (Resource" in out


def test_quietly_only_what_is_wrong(folder, capsys):
    (folder / "wrong.prove.yaml").write_text(WRONG)
    assert main(["prove", "-q", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "good.prove.yaml: 2 rows, all as expected"
    assert lines[1] == "wrong.prove.yaml: 2 rows, 1 not as expected"
    assert lines[4].startswith("    ✗ GET out/a")
    assert "✓" not in "".join(lines)


def test_json_for_programs(folder, capsys):
    (folder / "wrong.prove.yaml").write_text(WRONG)
    assert main(["prove", str(folder), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [each["passed"] for each in found["proofs"]] == [True, False]
    assert found["proofs"][1]["results"][1]["said"] == "403 AccessDenied"
    assert found["problems"] == []


def test_what_cant_be_read_is_status_2(folder, capsys):
    (folder / "bad.prove.yaml").write_text("expect: 1")
    assert main(["prove", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert "good.prove.yaml: 2 rows" in out
    assert err == "bad.prove.yaml: expect is 1; it must be a mapping (name: value).\n"
    assert main(["prove", str(folder / "bad.prove.yaml"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["problems"] == [err.strip()]
    assert main(["prove", str(folder), "--region", "x y"]) == 2
    assert "region is 'x y'" in capsys.readouterr().err
    (folder / "empty").mkdir()
    assert main(["prove", str(folder / "empty")]) == 2
    assert "there is no file named *.prove.yaml" in capsys.readouterr().err
    assert main(["prove"]) == 2
    capsys.readouterr()
    (folder / "bad.prove.yaml").write_text("")
    assert main(["prove", str(folder / "bad.prove.yaml")]) == 2
    assert "bad.prove.yaml is empty. Write a table" in capsys.readouterr().err
    assert main(["prove", ""]) == 2  # not everything below this folder
    assert capsys.readouterr() == (
        "",
        "A path is empty. Name a table or a folder; . is this one.\n",
    )


def test_another_region(folder):
    proof = strict_s3.prove(folder / "good.prove.yaml", region="us-east-1")
    assert proof.passed


def test_pytest_collects_a_table_and_shows_rows_as_tests(pytester):
    pytester.makefile(".json", signer=json.dumps(SIGNER))
    for name, text in (("good", GOOD), ("wrong", WRONG), ("bad", "expect: 1")):
        (pytester.path / f"{name}.prove.yaml").write_text(text)
    result = pytester.runpytest_subprocess(*PLUGIN, "-v", "good.prove.yaml", "wrong.prove.yaml")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(
        [
            "good.prove.yaml::signer: GET in/a PASSED*",
            "wrong.prove.yaml: signer: GET out/a: expected 200, and S3 said 403 AccessDenied: *",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    result = pytester.runpytest_subprocess(*PLUGIN, "bad.prove.yaml")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*bad.prove.yaml: expect is 1; it must be a mapping*"])


def test_pytest_collects_all_tables_only_if_told_to(pytester):
    pytester.makefile(".json", signer=json.dumps(SIGNER))
    (pytester.path / "good.prove.yaml").write_text(GOOD)
    (pytester.path / "table.yaml").write_text(GOOD)
    assert pytester.runpytest_subprocess(*PLUGIN).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result = pytester.runpytest_subprocess(*PLUGIN, "-o", "strict_s3_prove=true")
    result.assert_outcomes(passed=3)


def test_each_row_can_be_a_test_of_your_own(pytester):
    pytester.makefile(".json", signer=json.dumps(SIGNER))
    (pytester.path / "table.yaml").write_text(GOOD)
    pytester.makepyfile(
        """
        import pytest, strict_s3

        @pytest.mark.parametrize("result", strict_s3.prove("table.yaml"), ids=str)
        def test_the_policies(result):
            assert result.passed, result.report()
        """
    )
    pytester.runpytest_subprocess("-v").assert_outcomes(passed=2)
