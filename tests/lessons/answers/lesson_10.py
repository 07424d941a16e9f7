_LINES = """
from strict_s3.explainer import read_error
signed, response = quarrel(lab)
raw = response.text.partition("<CanonicalRequest>")[2].partition("</")[0]
received = html.unescape(raw)
both = list(zip(signed.splitlines(), received.splitlines()))
pairs = [(a, b) for a, b in both if a != b]
"""
_HAND = """
def by_hand(method="PUT", key="lesson-10/R&D + more.txt", life=90, **other):
    return origin + presign(method, base + key, life, now(), me | other)

KEY_2 = "lesson-10/R&D + more.txt"
"""


def _lines(value: str) -> str:
    return f"{_LINES}\ndiffering = {value}"


def _hand(value: str) -> str:
    return f"{_HAND}\nmy_url = {value}"


RIGHT = {
    "check_lines": [
        _lines("pairs"),
        _lines("tuple(reversed(pairs))"),
        _lines(
            "[list(p) for p in zip(signed.split('\\n'), "
            "read_error(response.text).fields['CanonicalRequest'].split('\\n')) if p[0] != p[1]]"
        ),
        _lines("filter(lambda pair: pair[0] != pair[1], both)"),
        _lines("dict(pairs)"),
        _lines("set(pairs)"),
    ],
    "check_by_hand": [
        _hand("by_hand()"),
        _hand("s3.generate_presigned_url('put_object', {'Bucket': lab.bucket, 'Key': KEY_2}, 90)"),
        _hand("lab.presigner().put(KEY_2, expires=90)"),
        _hand("f\"{origin}{presign('PUT', f'{base}{KEY_2}', '90', now(), {**me})}\""),
        _hand("by_hand(life=60 + 30, token='')"),
        _hand("by_hand(life=85)"),
    ],
}
WRONG = {
    "check_lines": [
        (_lines(value), hint)
        for value, hint in (
            ("pairs[:1]", "one more line differs: line 4"),
            ("pairs[1:]", "one more line differs: line 3"),
            ("[]", "one more line differs: line 3"),
            ("[p[::-1] for p in pairs]", "the wrong way round"),
            ("both", "the same line twice"),
            ("[p for p in zip(signed.splitlines(), raw.splitlines()) if p[0] != p[1]]", "&amp;"),
            ("[('content-type:image/png', 'content-type:image/gif')]", "not a whole line"),
            ("[(signed, received)]", "not a whole line"),
            ("'image/png, image/jpeg'", "should be a list of pairs"),
            ("[('image/png', 'image/jpeg')]", "not a whole line"),
            ("list(zip(signed, received))", "the same line twice"),
            ("[3, 4]", "should be a list of pairs"),
            ("2", "should be a list of pairs"),
            ("[line for pair in pairs for line in pair]", "should be a list of pairs"),
            *(
                (f"pairs; {change}", "needs what quarrel(lab) returned, as it is")
                for change in (
                    "signed = signed.splitlines()",
                    "signed = ''",
                    "response = response.text",
                    "response = received",
                    "signed, response = response, signed",
                )
            ),
            ("pairs; response = requests.Response()", "doesn't tell the canonical request"),
        )
    ],
    "check_by_hand": [
        (_hand(value), hint)
        for value, hint in (
            ("by_hand('GET')", "The URL was signed for GET, but PUT was sent"),
            ("by_hand(secret='wrong')", "S3's canonical request begins PUT"),
            ("by_hand().replace('%20', '+')", "S3's canonical request begins PUT"),
            ("by_hand(key=quote('lesson-10/R&D + more.txt'))", "encoded once"),
            ("by_hand(key='lesson-10/r&d + more.txt')", "not under"),
            ("by_hand(key='lesson-10/R&D + more.txt2')", "not under"),
            ("by_hand(life=9)", "after 1 minute 20 seconds"),
            ("by_hand(life=9000)", "after 1 minute 40 seconds"),
            ("by_hand('POST')", "The URL was signed for POST, but PUT was sent"),
            ("by_hand(life=90.0)", "X-Amz-Expires should be a number"),
            ("by_hand(key='R&D + more.txt')", "not under"),
            ("origin + presign('PUT', base + KEY_2, 90, '20200101T000000Z', me)", "has expired"),
            ("by_hand(life=999999)", "less than a week"),
            ("by_hand(region='us-east-1')", "the region 'us-east-1' is wrong"),
            ("by_hand().removeprefix(origin)", "should be a URL"),
            ("presign('PUT', base, 90, now(), me)", "should be a URL"),
        )
    ],
}


def _read(method: str) -> str:
    return f"report_url = origin + presign({method!r}, base + KEY, 60, now(), me)"


VARIATIONS = {
    "try_reading": (
        [_read("GET")],
        [
            (_read("HEAD"), "GET should read the report. S3 answered 403 SignatureDoesNotMatch"),
            (_read("get"), "GET should read the report. S3 answered 403 SignatureDoesNotMatch"),
        ],
    ),
}
