"""GET and PUT without a browser: the code shown, the URL, and every way to misuse it."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import FormProblem
from helpers.forms import cards, code, fields
from helpers.forms.attempts import WAITING, Attempts, carry_out
from helpers.forms.sending import Outgoing, send
from helpers.forms.signed_url import GetModel, PutModel
from helpers.forms.url_attacks import attacks
from strict_s3.explainer import inspect_url
from strict_s3.redact import redact

# Of the text that the form uploads unless another is written: "Hello from the form".
CHECKSUM = "pM21wIyV8H+2mHSNqsRTFVbQoT6TxQSylNW2ojwtjZk="

_values = st.recursive(
    st.text(alphabet=st.characters(), max_size=20) | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(_values)
def test_code_says_exactly_the_value(value):
    shown = code.call("x = ", "dict", value=value)
    assert ast.literal_eval(code.literal(value)) == value
    # The call, however it is broken into lines, is one statement with that one value.
    (assignment,) = ast.parse(shown).body
    assert ast.literal_eval(assignment.value.keywords[0].value) == value
    assert ast.literal_eval(ast.parse(code.assign("x", value)).body[0].value) == value


@pytest.mark.parametrize(
    "model",
    [
        lambda lab: GetModel(lab, Key="a b/ü'\"\\.txt"),
        lambda lab: GetModel(lab, Key="k", operation="head_object", ExpiresIn="1"),
        lambda lab: GetModel(
            lab,
            Key="k",
            ResponseContentDisposition='attachment; filename="a.txt"',
            ResponseContentType="text/plain",
        ),
        lambda lab: PutModel(lab, Key="{lab.secret_key}"),
        lambda lab: PutModel(
            lab, Key="k", ContentType="text/plain", ContentLength="19", IfNoneMatch="*"
        ),
        lambda lab: PutModel(lab, Key="k", ChecksumSHA256=CHECKSUM),
    ],
)
def test_the_code_shown_makes_the_url(lab, real_lab, model, stopped_clock):
    for where in (lab, real_lab):
        form = model(where)
        names = {"lab": where}
        exec(form.code(), names)
        names["s3"].close()
        assert names["url"] == form.sign().url
        # And it is boto3's own answer to those parameters, made without any of this code.
        s3 = names["boto3"].client(
            "s3",
            **where.boto3_args,
            config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
        )
        params = {"Bucket": where.bucket, **form.parameters()}
        life = int(form.fields["ExpiresIn"])
        assert names["url"] == s3.generate_presigned_url(form.operation(), params, life)
        s3.close()


def test_a_wrong_field_is_told_and_nothing_is_signed(lab):
    form = GetModel(lab, ExpiresIn="604801")
    assert len(form.problems()) == 2
    with pytest.raises(FormProblem) as problem:
        form.sign()
    assert "Key of the object: an object needs a key" in str(problem.value)
    assert "Lifetime in seconds: 604801 seconds are more than seven days" in str(problem.value)


def test_a_refusal_is_explained_beside_what_was_signed(lab):
    signed = PutModel(lab, Key="k", ContentLength="20", ContentType="a/b").sign()
    html = cards.answer(PutModel(lab, Key="k").try_it(signed), signed.meant())
    assert "What differs" in html and "content-length" in html
    differs = html.partition("What differs")[2].partition("</table>")[0]
    assert "20" in differs and "19" in differs and "a/b" not in differs
    head = GetModel(lab, Key="nothing", operation="head_object")
    assert "404" in cards.answer(head.try_it(head.sign()), head.sign().meant())


def test_no_secret_in_a_repr(lab):
    signed = GetModel(lab, Key="k").sign()
    signature = signed.parameters["X-Amz-Signature"]
    for thing in (signed, signed.outgoing(), GetModel(lab)):
        assert signature not in repr(thing)


def test_sizes_are_compared_before_s3_does(lab):
    form = PutModel(lab, Key="k", body="ü", ContentLength="2")
    assert form.remark("body").text == "2 bytes (UTF-8)"
    assert form.remark("ContentLength").text == "Signed: no byte more, no byte less."
    form.fields["ContentLength"] = "3"
    assert form.remark("ContentLength").text == "The text below has 2: S3 will refuse it."
    assert not form.problems()  # it is no mistake to try
    assert form.try_it(form.sign()).refused
    form.fields["ContentLength"] = "two"
    assert form.remark("ContentLength").problem


def test_checksums_are_compared_before_s3_does(lab):
    form = PutModel(lab, Key="k")
    assert form.remark("ChecksumSHA256").text == (
        f"Any content. The checksum of the text below is {CHECKSUM}"
    )
    form.fields["ChecksumSHA256"] = CHECKSUM
    assert form.remark("ChecksumSHA256").text.startswith("Signed: this content and no other.")
    form.fields["body"] = ""
    assert form.remark("ChecksumSHA256").text == (
        "The checksum of the text below is 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=: "
        "S3 will refuse it."
    )
    assert not form.problems()  # it is no mistake to try
    form.fields["body"] = "half a character: \ud800"
    assert form.remark("ChecksumSHA256").text == ""
    form.fields["ChecksumSHA256"] = CHECKSUM[:-1]
    assert form.remark("ChecksumSHA256").problem
    with pytest.raises(FormProblem, match=r"SHA-256, base64: 'pM21.*' isn't base64"):
        form.sign()


def test_a_signed_checksum_lets_one_content_in(lab):
    """Lesson 05's rule: the header is signed, the body is compared with it."""
    form = PutModel(lab, Key="k", ChecksumSHA256=CHECKSUM)
    signed = form.sign()
    assert signed.signed_headers == ["host", "x-amz-checksum-sha256"]
    assert signed.headers == {"x-amz-checksum-sha256": CHECKSUM}
    assert form.try_it(signed).status == 200
    form.fields["body"] = "Hello from the forM"
    answer = form.try_it(form.sign())
    assert (answer.status, answer.error.code) == (400, "BadDigest")
    # Nor does it help to declare another checksum, or none: the header was signed.
    for headers in ({"x-amz-checksum-sha256": fields.sha256_of(form.body())}, {}):
        answer = send(lab, replace(signed.outgoing(), headers=headers, body=form.body()))
        assert (answer.status, answer.error.code) == (403, "SignatureDoesNotMatch")
    stored = lab.client().get_object(Bucket=lab.bucket, Key="k")
    assert stored["Body"].read() == b"Hello from the form"


@pytest.mark.parametrize("text", ["", "Hello from the form", "Hello from the for!", "?", "."])
@pytest.mark.parametrize("last", ["!", "?", "."])
def test_the_other_content_is_never_the_one_signed(lab, text, last):
    checksum = fields.sha256_of((text[:-1] + last).encode())
    signed = PutModel(lab, Key="k", ChecksumSHA256=checksum, body=text).sign()
    attack = next(a for a in attacks(signed, lab) if a.label == "Other content")
    body = attack.make().body
    assert body not in (text.encode(), (text[:-1] + last).encode())
    assert len(body) == max(len(text), 1)
    assert carry_out(attack, lab).error.code == "BadDigest"


def test_the_end(lab, stopped_clock):
    signed = GetModel(lab, Key="k", ExpiresIn="90").sign()
    assert signed.ends == stopped_clock.replace(tzinfo=UTC) + timedelta(seconds=90)


FORMS = {
    "get": lambda lab: GetModel(lab, Key="a b/c.txt"),
    "get longest": lambda lab: GetModel(lab, Key="a b/c.txt", ExpiresIn="604800"),
    "head": lambda lab: GetModel(lab, Key="a b/c.txt", operation="head_object"),
    "get as": lambda lab: GetModel(lab, Key="a b/c.txt", ResponseContentType="text/html"),
    "put": lambda lab: PutModel(lab, Key="p"),
    "put all": lambda lab: PutModel(
        lab, Key="p", ContentType="text/plain", ContentLength="19", IfNoneMatch="*"
    ),
    "put once": lambda lab: PutModel(lab, Key="p", IfNoneMatch="*"),
    "put this content": lambda lab: PutModel(lab, Key="p", ChecksumSHA256=CHECKSUM),
    "put one more": lambda lab: PutModel(lab, Key="p", ContentLength="19"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_attack_ends_as_it_says(lab, form):
    lab.client().put_object(Bucket=lab.bucket, Key="a b/c.txt", Body=b"body")
    signed = form(lab).sign()
    offered = attacks(signed, lab)
    names = [attack.label for attack in offered]
    assert len(names) == len(set(names)) >= 11
    assert not form(lab).try_it(signed).refused
    for attack in offered:
        answer = carry_out(attack, lab)
        assert answer.refused == attack.refused, (attack.label, answer.text)
        assert not answer.refused or answer.decided, attack.label
    # No attack moved the clock for good, and the URL still does what it is for.
    if "if-none-match" not in signed.headers:
        assert not form(lab).try_it(signed).refused


@pytest.mark.parametrize(
    ("label", "code", "check"),
    [
        ("Too late", "AccessDenied", "time"),
        ("Other method", "SignatureDoesNotMatch", "signature"),
        ("Other region", "AuthorizationQueryParametersError", "credential"),
        ("Drop parameter", "AuthorizationQueryParametersError", "parameters"),
        ("No signature", "AccessDenied", "permission"),
        ("Add x-amz header", "AccessDenied", "signed headers"),
    ],
)
def test_the_deciding_check(lab, label, code, check):
    attack = next(a for a in attacks(GetModel(lab, Key="k").sign(), lab) if a.label == label)
    answer = carry_out(attack, lab)
    assert (answer.error.code, answer.decided.partition(":")[0]) == (code, check)


def test_a_refused_upload_stores_nothing(lab):
    signed = PutModel(lab, Key="p", ContentType="text/plain", ContentLength="19").sign()
    for attack in attacks(signed, lab):
        if attack.refused:
            carry_out(attack, lab)
    assert lab.client().list_objects_v2(Bucket=lab.bucket)["KeyCount"] == 0


def test_a_real_s3_has_no_clock_to_move(real_lab):
    offered = attacks(GetModel(real_lab, Key="k").sign(), real_lab)
    assert [a.label for a in offered if a.disabled] == ["Too late"]
    with pytest.raises(FormProblem, match="Only the local S3's clock"):
        carry_out(offered[0], real_lab)
    html = str(Attempts(offered, real_lab).html())
    assert WAITING in html.replace("&#39;", "'") and " disabled " in html


def test_attempts_are_told_and_kept(lab):
    def unreachable() -> Outgoing:
        raise FormProblem("The request could not be sent.")

    offered = [
        replace(attack, make=unreachable) if attack.label == "Other method" else attack
        for attack in attacks(GetModel(lab, Key="k").sign(), lab)
    ]
    tried = Attempts(offered, lab)
    assert tried.asked("break:nonsense") == ""
    assert "SignatureDoesNotMatch" in tried.asked("break:Other key")
    assert tried.asked("break:Other method") == "The request could not be sent."
    assert "11 attempts made" in tried.asked("break-all")
    html = tried.html()
    assert "The request could not be sent." in html and "✗ Refused" in html
    assert redact(html) == html
    places = [html.index(f"<strong>{attack.label}</strong>") for attack in offered]
    assert places == sorted(places), "in the order of the buttons"


def test_nobody_there_is_one_sentence_without_the_url(lab):
    with pytest.raises(FormProblem) as problem:
        send(lab, Outgoing("GET", "http://127.0.0.1:9/?X-Amz-Signature=" + "a" * 64))
    assert "could not be sent" in str(problem.value) and "aaa" not in str(problem.value)
    assert problem.value.__suppress_context__


def test_anatomy_is_the_url_without_its_secrets(lab, real_lab):
    for where in (lab, real_lab):
        signed = GetModel(where, Key="a b/c.txt", ResponseContentType="text/html").sign()
        pieces = inspect_url(signed.url).segments
        html = cards.anatomy(pieces)
        assert signed.parameters["X-Amz-Signature"] not in html
        assert signed.parameters["X-Amz-Credential"].partition("/")[0] not in html
        for piece in pieces:
            assert cards.label(piece) in html and f"s3-{cards.colour(piece)}" in html
        assert "s3-signature" in html and "s3-bucket" in html and "s3-other" in html
