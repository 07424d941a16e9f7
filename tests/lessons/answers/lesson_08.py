_SIGN = """
import random
import secrets
import time
import uuid

def signed(
    user, filename, size, *, key=None, least=None, fields=None, only=None, expires=900, free=()
):
    if fields is None:
        fields = {"Content-Type": "image/png", "success_action_status": "201"}
    length = [["content-length-range", size if least is None else least, size]]
    return s3.generate_presigned_post(
        lab.bucket,
        key or f"lesson-08/{user}/{uuid.uuid4()}",
        Fields=fields,
        Conditions=[
            ["starts-with", f"${n}", ""] if n in free else {n: v} for n, v in fields.items()
        ] + (length if only is None else only),
        ExpiresIn=expires,
    )
"""
_URL = """
import uuid

def signed(key="lesson-08/only-once.txt", **params):
    params = {"Bucket": lab.bucket, "Key": key, **params}
    return s3.generate_presigned_url("put_object", params, 300)

once_headers = {"If-None-Match": "*"}
"""


def _sign(value: str) -> str:
    return f"{_SIGN}\nsign = {value}"


def _once(value: str, headers: str = "once_headers") -> str:
    return f"{_URL}\nonce_url = {value}\nonce_headers = {headers}"


RIGHT = {
    "check_sign": [
        _sign("signed"),
        _sign(
            "lambda user, filename, size: signed(user, filename, size, "
            "key=f'lesson-08/{user}/{secrets.token_hex(8)}/{filename.rpartition(chr(47))[2]}')"
        ),
        _sign("lambda user, filename, size: signed(user, filename, size, expires=850)"),
        # Conditions that name the key a second time, and each field as a list of three.
        _sign(
            "lambda u, f, s: s3.generate_presigned_post(lab.bucket, "
            "(k := f'lesson-08/{u}/{secrets.token_urlsafe()}'), "
            "{'success_action_status': '201', 'content-type': 'image/png'}, "
            "[['eq', '$success_action_status', '201'], ['eq', '$Content-Type', 'image/png'], "
            "['eq', '$key', k], ['content-length-range', s, s]], 900)"
        ),
        _sign(
            "lambda user, filename, size: signed(user, filename, size, "
            "key=f'lesson-08/{user}/2026/11/{uuid.uuid4().hex}.png', fields={'Content-Type': "
            "'image/png', 'success_action_status': '201', 'x-amz-meta-name': filename})"
        ),
        _sign(
            "lambda user, filename, size: signed(user, filename, size, "
            "key=f'lesson-08/{user}/{secrets.token_urlsafe(8)}')"
        ),
        _sign("signed.__call__"),
    ],
    "check_once": [
        _once("signed(IfNoneMatch='*', ContentLength=5)", "{'IF-NONE-MATCH': '*'}"),
        _once(
            "s3.generate_presigned_url('put_object', {'Bucket': lab.bucket, "
            "'Key': 'lesson-08/only-once.txt', 'IfNoneMatch': '*'}, HttpMethod='PUT')"
        ),
        _once(
            "signed(IfNoneMatch='*', ContentType='text/plain')",
            "{'if-none-match': '*', 'content-type': 'text/plain'}",
        ),
        _once("signed(IfNoneMatch='*')", "{'If-None-Match': '*', 'Cache-Control': 'no-store'}"),
        _once(
            "lab.presigner().put('lesson-08/only-once.txt', expires=300,"
            " headers={'if-none-match': '*'})"
        ),
    ],
}
WRONG = {
    "check_sign": [
        (_sign(value), hint)
        for value, hint in (
            ("5", "should be a function"),
            ("lambda user: None", "raised TypeError"),
            ("lambda *asked: requests.get('http://127.0.0.1:1/a?X-Amz-Signature=0a1b')", "ure=…"),
            ("lambda user, filename, size: 'https://x'", "what sign returns should be"),
            ("lambda u, f, s: signed(u, f, s, key=f'lesson-08/{f}')", "should be under"),
            ("lambda u, f, s: signed(u, f, s, key=f'lesson-08/{u}/{uuid.uuid4()}{f}')", "Leave"),
            ("lambda u, f, s: signed(u, f, s, key=f'lesson-08/{u}/a.png')", "that are alike"),
            (
                "lambda u, f, s, n=iter(range(99)): "
                "signed(u, f, s, key=f'lesson-08/{u}/{next(n):03}.png')",
                "that are alike",
            ),
            *(
                (
                    f"lambda u, f, s: signed(u, f, s, key=f'lesson-08/{{u}}/{{{part}}}.png')",
                    "that are alike",
                )
                for part in (
                    "time.time_ns()",
                    "random.randint(0, 9999999)",
                    "uuid.uuid1()",
                    "uuid.uuid4().hex[:8]",
                    "uuid.uuid5(uuid.NAMESPACE_URL, f)",
                )
            ),
            ("lambda u, f, s: (signed(u, f, s),)", "what sign returns should be"),
            ("signed('ann', 'a.png', 5)", "should be a function"),
            (
                "lambda u, f, s: signed(u, f, s, fields={'Content-Type': 'image/png'})",
                "204, without a Location",
            ),
            ("lambda u, f, s: signed(u, f, s, only=[])", "Which condition counts"),
            (
                "lambda u, f, s: signed(u, f, s, free=('Content-Type',))",
                "text/html is accepted",
            ),
            (
                "lambda u, f, s: signed(u, f, s, fields={'Content-Type': 'image/jpeg', "
                "'success_action_status': '201'})",
                "the form's Content-Type is image/jpeg",
            ),
            (
                "lambda u, f, s: signed(u, f, s, fields={'success_action_status': '201'})",
                "the form's Content-Type is none",
            ),
            (
                "lambda u, f, s: s3.generate_presigned_post(lab.bucket, "
                "f'lesson-08/{u}/{uuid.uuid4()}', "
                "{'Content-Type': 'image/png', 'success_action_status': '201'}, "
                "[['starts-with', '$Content-Type', 'image/'], {'success_action_status': '201'}, "
                "['content-length-range', s, s]], 900)",
                "image/jpeg is accepted",
            ),
            (
                "lambda u, f, s: s3.generate_presigned_post(lab.bucket, "
                "f'lesson-08/{u}/{uuid.uuid4()}', "
                "{'Content-Type': 'image/png', 'success_action_status': '201'}, "
                "[['starts-with', '$Content-Type', 'image/png'], {'success_action_status': '201'}, "
                "['content-length-range', s, s]], 900)",
                "image/pngx is accepted",
            ),
            (
                "lambda u, f, s: (form := signed(u, f, s, key='${filename}'))['fields'].update("
                "key=f'lesson-08/{u}/{uuid.uuid4()}') or form",
                "also stores a file at lesson-08/bob/a.png",
            ),
            (
                "lambda u, f, s: (form := signed(u, f, s, key=f'lesson-08/{u}/${{filename}}'))"
                "['fields'].update(key=f'lesson-08/{u}/{uuid.uuid4()}') or form",
                "also stores a file at lesson-08/ann/a.png",
            ),
            (
                "lambda u, f, s: signed(u, f, s, "
                "key=f'lesson-08/{u}/{uuid.uuid4()}/${{filename}}')",
                "also stores a file at lesson-08/ann/",
            ),
            ("lambda u, f, s: signed(u, f, s, least=0)", "make the size exact"),
            (
                "lambda u, f, s, rules=[]: rules.append(['content-length-range', s, s]) "
                "or signed(u, f, s, only=[{'Content-Type': 'image/png'}, "
                "{'success_action_status': '201'}, *rules])",
                "the form of sign('ann', 'holiday.png', 10) should accept so many bytes",
            ),
            (
                "lambda u, f, s: signed(u, f, s, fields={'success_action_status': '201', "
                "'Content-Type': 'image/png'}, expires=1800)",
                "after 15 minutes 10",
            ),
            ("lambda u, f, s: signed(u, f, s, expires=60)", "after 14 minutes"),
            (
                "lambda u, f, s: signed(u, f, s, "
                "only=[['content-length-range', s, s], {'acl': 'private'}])",
                "Policy Condition failed",
            ),
        )
    ],
    "check_once": [
        (_once(*value), hint)
        for value, hint in (
            (("'no URL'",), "should be a URL"),
            (("signed(IfNoneMatch='*')", "'*'"), "should be a dict"),
            (("signed(IfNoneMatch='*')", "{}"), "if-none-match"),
            (("signed(IfNoneMatch='*')", "{'If-None-Match': ''}"), "the first PUT"),
            (("signed(IfMatch='*')", "{'If-Match': '*'}"), "the first PUT"),
            (("signed(IfNoneMatch='*', ContentType='text/plain')",), "content-type"),
            (("signed()", "{}"), "a second PUT is accepted too"),
            # Other limits, which the same file meets.
            (
                ("signed(ContentLength=5, ContentType='a/b')", "{'Content-Type': 'a/b'}"),
                "a second PUT is accepted too",
            ),
            (("signed(IfNoneMatch='*')", "{'IfNoneMatch': '*'}"), "if-none-match is signed, and"),
            (("signed() + '&If-None-Match=*'",), "SignatureDoesNotMatch"),
            (("signed()",), "the condition has to be signed"),
            (
                (
                    "signed(ContentType='a/b')",
                    "{'Content-Type': 'a/b', 'If-None-Match': '*'}",
                ),
                "without If-None-Match it overwrites: the condition has to be signed",
            ),
            (("signed('lesson-08/x-' + uuid.uuid4().hex, IfNoneMatch='*')",), "Which Key"),
        )
    ],
}
VARIATIONS = {
    "try_small": (
        [
            """small = s3.generate_presigned_post(
    lab.bucket, KEY, Conditions=[["content-length-range", 0, 1000]]
)"""
        ],
        [
            (f"small = s3.generate_presigned_post(lab.bucket, {arguments})", hint)
            for arguments, hint in (
                ("KEY, Conditions=[['content-length-range', 0, 1024]]", "1,001 bytes are accepted"),
                ("KEY, Conditions=[['content-length-range', 1, 1000]]", "an empty file"),
                ("KEY, Conditions=[['content-length-range', 0, 999]]", "EntityTooLarge"),
                ("'a', Conditions=[['content-length-range', 0, 1000]]", "the form is for 'a'"),
                ("KEY, Conditions=[{'content-length-range': [0, 1000]}]", "1,000 bytes should be"),
            )
        ],
    ),
}
