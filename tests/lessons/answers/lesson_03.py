_FOUND = """
found = mystery(lab)
given = dict(parse_qsl(urlsplit(found).query))
start = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
end = start + timedelta(seconds=int(given["X-Amz-Expires"]))
method, ends = "PUT", end
"""
_HAND = """
def by_hand(method="PUT", key="lesson-03/R&D + more.txt", life=90, **other):
    target, _ = presign(method, base + key, life, now(), me | other)
    return origin + target

KEY_2 = "lesson-03/R&D + more.txt"
"""


def _found(change: str) -> str:
    return f"{_FOUND}{change}"


def _hand(value: str) -> str:
    return f"{_HAND}\nmy_url = {value}"


RIGHT = {
    "check_reading": [
        _found("method = 'put'"),
        _found(
            "from datetime import timezone\nends = end.astimezone(timezone(timedelta(hours=9)))"
        ),
    ],
    "check_by_hand": [
        _hand("by_hand()"),
        _hand("s3.generate_presigned_url('put_object', {'Bucket': lab.bucket, 'Key': KEY_2}, 90)"),
    ],
}
WRONG = {
    "check_reading": [
        (_found("method = 'GET'"), "only signed: try the others"),
        (_found("method = 'DELETE'"), "only signed: try the others"),
        (_found("method = 42"), "name of an HTTP method"),
        (_found("ends = given['X-Amz-Expires']"), "should be a datetime"),
        (_found("ends = end.replace(tzinfo=None)"), "no time zone"),
        (_found("ends = start"), "not in the next seven days"),
        (_found("ends = start + timedelta(days=4500)"), "not in the next seven days"),
        (_found("ends = end + timedelta(hours=1)"), "over before the moment"),
        (_found("ends = end - timedelta(minutes=1)"), "still works after the moment"),
    ],
    "check_by_hand": [
        (_hand(value), hint)
        for value, hint in (
            ("by_hand('GET')", "SignatureDoesNotMatch. For a PUT"),
            ("by_hand(secret='wrong')", "SignatureDoesNotMatch. For a PUT"),
            ("by_hand(key=quote('lesson-03/R&D + more.txt'))", "encoded once"),
            ("by_hand(key='lesson-03/r&d + more.txt')", "not under"),
            ("by_hand(life=9)", "after 1 minute 20 seconds"),
            ("by_hand(life=9000)", "after 1 minute 40 seconds"),
            ("by_hand(region='us-east-1')", "AuthorizationQueryParametersError"),
            ("by_hand().removeprefix(origin)", "should be a URL"),
            ("presign('PUT', base, 90, now(), me)", "should be a URL"),
        )
    ],
}
