"""What is wrong with a table, in one sentence that names file, value, rule and fix."""

from __future__ import annotations

import re
import time

import pytest

from strict_s3 import ProveError

ROOT = "expect: {root: {GET a.txt: 200}}\n"
SIGNER = "identities: {a: {user: signer.json}}\n"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "is empty. Write a table: bucket, identities and expect."),
        ("- a", "the table is ['a']"),
        ("expect:", "expect is None"),
        ("expect: {}", "there is nothing under expect"),
        ("exspect: {}", "there is no key 'exspect' here. Did you mean expect?"),
        ("Statement: []", "is a policy or a template, not a table.*such as table.prove.yaml."),
        ("expect: {}\nexpect: {}", "line 2, column 1: .*the key 'expect' is there twice"),
        ("expect:\n\troot: 1", "line 2, column 1: this is not valid YAML"),
        ("a: &a [x]\nb: [*a, *a]\n", "line 2: *a is an alias"),
        ("expect: " + "[" * 61 + "]" * 61, "more than 60 lists and mappings"),
        ("expect: " + "[" * 90000, "nesting depth|more than 60"),
        ("{a: b}: c", "a key must be text"),
        ("expect: !!python/object:os.system {}", "could not determine a constructor"),
        ("now: " + "9" * 6000, "a value cannot be read"),
        ("expect: {root: {1: 200}}", "the key 1 is not text"),
        ("expect: {rot: {GET a: 200}}", "'rot' is neither an identity of .*Did you mean root?"),
        ("expect: {root: {GRT a: 200}}", "'GRT' is not a request.* Did you mean GET?"),
        ("expect: {root: {GetObjectTaging a: 200}}", "Did you mean GetObjectTagging?"),
        ("expect: {root: {GET: 200}}", "GET needs a key"),
        ("expect: {root: {PutBucketPolicy a: 200}}", "is about the bucket and has no key"),
        ("expect: {root: {'GET a, aftr 5 min': 200}}", "'aftr 5 min' is not .*Did you mean after?"),
        ("expect: {root: {'GET a, after five min': 200}}", "'five min' is not a length of time"),
        ("expect: {root: {'GET a, after 999999999 d': 200}}", "more than 3650 d"),
        ("expect: {root: {'PUT a, size 5 GB': 200}}", "'5 GB' is not a size; write 100 KB"),
        ("expect: {root: {'PUT a, size 101 MB': 200}}", "100,000,000 bytes"),
        ("expect: {root: {'PUT a, limit 5 MB': 200}}", "only a form (POST) can have a limit"),
        ("expect: {root: {'POST a, by header': 200}}", "signed by its policy"),
        ("expect: {root: {'PUT a, header x': 200}}", "needs a name and a value"),
        ("expect: {root: {'PUT a, header host=b': 200}}", "header host is made by the request"),
        ("expect: {root: {GET a: maybe}}", "'maybe' is not an answer. Write yes, no, a status"),
        ("expect: {root: {GET a: 999}}", "999 is not an answer"),
        ("expect: {root: {GET a: }}", "None is not an answer"),
        ("expect: {root: nothing}", "root can do anything that no policy denies"),
        ("expect: {anonymous: {anything else: 200}}", "can only be: no"),
        ("expect: {root: {ASSUME x: 200}}", "'x' is not a role. There is none"),
        ("expect: {origin x: {PUT: yes}}", "'x' is not an origin, such as https"),
        ("expect: {'origin https://a.example': {PATCH: yes}}", "a page's request is GET, PUT"),
        ("expect: {'origin https://a.example': {exposes: yes}}", "exposes and a header's name"),
        (ROOT + "bucket-policy: nope.json", "nope.json cannot be read (No such file"),
        (ROOT + "bucket-policy: .", "is a folder"),
        (ROOT + "bucket-policy: 5", "bucket-policy is 5; name a file"),
        (ROOT + "bucket-policy: bad.json", "bad.json, line 1, column 2: this is not valid JSON"),
        (
            ROOT + "bucket-policy: signer.json",
            "signer.json: S3 refuses it with MalformedPolicy: Missing",
        ),
        (ROOT + "cors: signer.json", "signer.json is not a CORSConfiguration: Missing"),
        (
            ROOT + "cors: {CORSRules: [{AllowedMethods: [PATCH], AllowedOrigins: ['*']}]}",
            "Unsupported method is PATCH",
        ),
        (ROOT + "bucket: A B", "bucket is 'A B'; S3 creates no such bucket"),
        (ROOT + "bucket: amzn-s3-demo-bucket", "AWS reserves names"),
        (ROOT + "region: x y", "region is 'x y'"),
        (ROOT + "now: 2026-11-26T12:00:00", "write a time in UTC such as"),
        (ROOT + "replace: {a: 5}", "'a' is to become 5; write text"),
        (ROOT + "parameters: {a: 1}", "parameters needs template"),
        (ROOT + "identities: {a: {usr: signer.json}}", "no key 'usr' here. Did you mean user?"),
        (ROOT + "identities: {a/b: {user: signer.json}}", "IAM takes names"),
        (ROOT + "identities: {root: {user: signer.json}}", "has a meaning of its own"),
        (ROOT + "identities: {a: {user: signer.json}, A: {user: signer.json}}", "IAM ignores case"),
        (ROOT + "identities: {a: {user: [], trust: signer.json}}", "only a role has 'trust'"),
        (ROOT + "identities: {a: {role: signer.json, lasts: 13 h}}", "lasts 15 min to 12 h"),
        (ROOT + "identities: {a: {user: 'arn:nope'}}", "is not one of AWS's policies"),
        (ROOT + "identities: {a: {user: 'arn:aws:iam::aws:policy/Nope'}}", "NoSuchEntity"),
        (ROOT + "identities: {a: {user: {Statement: 5}}}", "a: user: IAM refuses it with Malf"),
        (
            "expect:\n  root:\n" + "".join(f"    PUT a{i}: 200\n" for i in range(1001)),
            "at most 1000",
        ),
        (ROOT + "#" + "x" * 1_000_000, "more than 1,000,000 bytes"),
    ],
)
def test_one_sentence_says_what_is_wrong(prove, table, said):
    begun = time.monotonic()
    with pytest.raises(ProveError) as problem:
        prove(table, bad__json="{x")
    text = str(problem.value)
    assert "\n" not in text
    pattern = "|".join(map(re.escape, said.split("|"))).replace(re.escape(".*"), ".*")
    assert re.search(pattern, text), text
    assert time.monotonic() - begun < 20


def test_a_table_that_is_not_there(tmp_path):
    import strict_s3

    with pytest.raises(ProveError, match=r"none\.yaml cannot be read"):
        strict_s3.prove(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"expect: \xe9")
    with pytest.raises(ProveError, match=r"latin\.yaml is not UTF-8"):
        strict_s3.prove(tmp_path / "latin.yaml")


def test_a_deeply_nested_policy_is_refused_and_nothing_hangs(prove):
    deep = '{"a":' * 100_000
    with pytest.raises(ProveError, match="more than 60 lists"):
        prove(ROOT + "bucket-policy: deep.json", deep__json=deep)
