_SIGN = """
import secrets
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
    ],
    "check_once": [
        _once(
            "signed(IfNoneMatch='*', ContentType='text/plain')",
            "{'if-none-match': '*', 'content-type': 'text/plain'}",
        ),
    ],
}
WRONG = {
    "check_sign": [
        (_sign(value), hint)
        for value, hint in (
            ("5", "should be a function"),
            ("lambda user: None", "raised TypeError"),
            ("lambda user, filename, size: 'https://x'", "what sign returns should be"),
            ("lambda u, f, s: signed(u, f, s, key=f'lesson-08/{f}')", "should be under"),
            ("lambda u, f, s: signed(u, f, s, key=f'lesson-08/{u}/{uuid.uuid4()}{f}')", "Leave"),
            ("lambda u, f, s: signed(u, f, s, key=f'lesson-08/{u}/a.png')", "that are alike"),
            (
                "lambda u, f, s, n=iter(range(99)): "
                "signed(u, f, s, key=f'lesson-08/{u}/{next(n):03}.png')",
                "that are alike",
            ),
            ("lambda u, f, s: signed(u, f, s, fields={'Content-Type': 'image/png'})", "204"),
            ("lambda u, f, s: signed(u, f, s, only=[])", "Which condition counts"),
            (
                "lambda u, f, s: signed(u, f, s, free=('Content-Type',))",
                "text/html is taken",
            ),
            ("lambda u, f, s: signed(u, f, s, least=0)", "should be exact"),
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
            (("signed(IfNoneMatch='*')", "{}"), "do the headers match"),
            (("signed()", "{}"), "a second PUT is taken too"),
            (("signed()",), "the condition has to be signed"),
            (("signed('lesson-08/x-' + uuid.uuid4().hex, IfNoneMatch='*')",), "Which Key"),
        )
    ],
}
