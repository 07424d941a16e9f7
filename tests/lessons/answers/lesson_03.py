_FOUND = """
found = mystery(lab)
given = dict(parse_qsl(urlsplit(found).query))
start = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
method, end = "PUT", start + timedelta(seconds=int(given["X-Amz-Expires"]))
"""


def _found(change: str) -> str:
    return f"{_FOUND}{change}"


def _alive(value: str) -> str:
    return f"urls = pile(lab)\nalive = {value}"


RIGHT = {
    "check_reading": [
        _found(""),
        _found("method = 'put'"),
        _found("from datetime import timezone\nend = end.astimezone(timezone(timedelta(hours=9)))"),
        _found("import http\nmethod = http.HTTPMethod.PUT"),
        _found("end = ends(found)"),
        _found(
            "end = datetime.fromisoformat(given['X-Amz-Date']) "
            "+ timedelta(0, int(given['X-Amz-Expires']))"
        ),
    ],
    "check_alive": [
        _alive("{'b', 'e'}"),
        _alive("['e', 'b']"),
        _alive(
            "[letter for letter in urls if (answer := requests.get(urls[letter])).ok "
            "and answer.text.startswith('Quarterly')]"
        ),
        _alive("{letter: url for letter, url in urls.items() if letter in 'be'}"),
        _alive("filter('be'.__contains__, urls)"),
        _alive("frozenset('be')"),
    ],
}
WRONG = {
    "check_reading": [
        (_found("method = 'GET'"), "only signed: try the others"),
        (_found("method = 'DELETE'"), "only signed: try the others"),
        (_found("method = 42"), "name of an HTTP method"),
        (_found("method = 'GÉT'"), "name of an HTTP method"),
        (_found("end = given['X-Amz-Expires']"), "should be a datetime"),
        (_found("end = end.replace(tzinfo=None)"), "no time zone"),
        (_found("end = start"), "not in the next seven days"),
        (_found("end = start + timedelta(days=4500)"), "not in the next seven days"),
        (_found("end = end + timedelta(hours=1)"), "expired before the moment"),
        (_found("end = end - timedelta(minutes=1)"), "still works after the moment"),
        (_found("end = end.date()"), "should be a datetime"),
        (_found("end = start + timedelta(milliseconds=4500)"), "still works after the moment"),
        (_found("method = 'POST'"), "only signed: try the others"),
        (
            _found(
                "from datetime import tzinfo\n"
                "nowhere = type('Nowhere', (tzinfo,), {'utcoffset': lambda zone, when: None})\n"
                "end = end.replace(tzinfo=nowhere())"
            ),
            "no time zone",
        ),
    ],
    "check_alive": [
        (_alive(value), hint)
        for value, hint in (
            ("{'a', 'b', 'e'}", "a does not fetch the report: S3 answers 403 AccessDenied"),
            ("{'e'}", "b is missing: S3 answers 200"),
            ("{'b'}", "e is missing: S3 answers 200"),
            ("{'b', 'c', 'e'}", "200, but with a different file"),
            ("{'b', 'd', 'e'}", "d does not fetch the report: S3 answers 403 AccessDenied"),
            ("{'b', 'e', 'f'}", "f does not fetch the report: S3 answers 400"),
            ("{'b', 'e', 'g'}", "g does not fetch the report: S3 answers 400"),
            ("set()", "b is missing"),
            ("'be'", "should be a set of letters"),
            ("{'b', 'h'}", "should be a set of letters from a, b"),
            ("[urls['b'], urls['e']]", "should be a set of letters"),
            ("{'B', 'E'}", "should be a set of letters"),
            ("urls", "a does not fetch the report"),
            ("{'b', None}", "should be a set of letters"),
            ("True", "should be a set of letters"),
            ("set('be'); urls = list(urls.values())", "urls should be what pile(lab) returns"),
        )
    ],
}


def _link(seconds: str) -> str:
    return f"link = s3.generate_presigned_url('get_object', REPORT, ExpiresIn={seconds})"


VARIATIONS = {
    "try_five_minutes": (
        [_link("300"), _link("5 * 60")],
        [
            (_link("5"), "should still work after 4 minutes 50 seconds"),
            (_link("330"), "still works after 5 minutes 10 seconds"),
            (
                "link = s3.generate_presigned_url('put_object', REPORT, ExpiresIn=300)",
                "The URL was signed for PUT, but GET was sent",
            ),
            ("link = 300", "should be a URL"),
        ],
    ),
}
