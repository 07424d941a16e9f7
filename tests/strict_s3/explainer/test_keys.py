"""With one's own keys the answer is certain: the variant whose signature fits is named."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.config import Config

from strict_s3.explainer import InspectError, command, inspect_text
from strict_s3.explainer.keys import Keys, keys_of_profile, try_keys

# In pieces, so that the scan for secrets does not take it for one.
SECRET = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
MINE = Keys("AKIAIOSFODNN7EXAMPLE", SECRET, where="the profile dev")
OTHER = Keys("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/" + "h3yCo8nvbEXAMPLEKEY")


def client(version="s3v4", keys=MINE, **more):
    return boto3.client(
        "s3",
        region_name="eu-west-2",
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        config=Config(signature_version=version, s3={"addressing_style": "virtual"}),
        **more,
    )


def signed(operation="get_object", keys=MINE, version="s3v4", **params):
    params = {"Bucket": "orchard", "Key": "apple pie.pdf", **params}
    return client(version, keys).generate_presigned_url(operation, params, 3600)


def verdict(text, keys=(MINE,)):
    report = try_keys(text, inspect_text(text), keys)
    said = report.full() + json.dumps(report.as_dict())
    assert all(each.secret_key not in said for each in (MINE, OTHER))
    return report.verdict


def test_a_right_signature():
    said = verdict(signed())
    assert not said.fault
    assert said.what.startswith(
        "The signature is right: it was made with the secret of the profile dev"
    )
    assert said.what.endswith("for GET.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"curl -T a '{signed()}'", "for GET (sent: PUT)"),
        (signed().replace("apple%20pie", "apple%2520pie"), "for the path /apple%20pie.pdf"),
        (signed().replace("apple%20pie", "apple+pie"), "for the path /apple%20pie.pdf"),
        (signed().replace(".com/", ".com:443/"), "for the host orchard.s3.eu-west-2.amazonaws.com"),
        (signed() + "&x-extra=1", "without the parameter x-extra"),
        (
            f"curl -T a -H 'Content-Type: text/plain' "
            f"'{signed('put_object', ContentType='image/png')}'",
            "with content-type image/png",
        ),
    ],
)
def test_the_variant_that_was_signed_is_named(text, words):
    said = verdict(text)
    assert said.fault and words in said.what and "certain" in said.why


def test_the_secret_of_another_profile():
    mixed = Keys(MINE.access_key, OTHER.secret_key)
    old = Keys("AKIAI44QH8DHBEXAMPLE", OTHER.secret_key, where="the profile old")
    said = verdict(signed(keys=mixed), (MINE, old))
    assert said.fault and "the secret of the profile old" in said.what


def test_keys_that_do_not_fit():
    assert "none of yours" in verdict(signed(keys=OTHER)).what
    changed = signed().replace("X-Amz-Expires=3600", "X-Amz-Expires=3599")
    assert "No likely variant fits" in verdict(changed).what


def test_signature_version_2():
    assert not verdict(signed(version="s3")).fault
    put = signed("put_object", version="s3", ContentType="image/png")
    assert "for PUT with content-type image/png" in verdict(put).what


def test_a_form():
    post = client().generate_presigned_post("orchard", "a.png")
    assert not verdict(json.dumps(post)).fault
    post["fields"]["policy"] = "e30="
    assert "policy was changed" in verdict(json.dumps(post)).what


def test_the_command(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InspectError, match="There are no keys"):
        keys_of_profile()
    with pytest.raises(InspectError, match="no profile dev"):
        keys_of_profile("dev")
    assert command.main(["--with-keys", signed()]) == 2
    assert "There are no keys" in capsys.readouterr().err
    (tmp_path / "credentials").write_text(
        f"[dev]\naws_access_key_id = {MINE.access_key}\naws_secret_access_key = {SECRET}\n"
    )
    assert command.main(["--with-keys", "--profile", "dev", signed()]) == 0
    assert "the secret of the profile dev" in capsys.readouterr().out
    assert command.main(["--json", "--with-keys", signed() + "&x=1"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"]["fault"] is True


def test_json_of_what_cannot_be_read(capsys):
    assert command.main(["--json", "hello"]) == 2
    assert json.loads(capsys.readouterr().out)["report"] is None
    assert command.main(["--all", signed()]) == 0
    assert "Parameters" in capsys.readouterr().out
