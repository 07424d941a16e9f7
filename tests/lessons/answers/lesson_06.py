_SIGN = """
FOLDER = "lesson-06/ann/${filename}"
SIZE = ["content-length-range", 1, 5000]
AUTHOR = {"x-amz-meta-author": "ann"}
NEXT = {"success_action_redirect": "https://example.com/thanks"}
PDF = {"Content-Type": "application/pdf"}
PDF_TYPE = "application/pdf"
REPORT = "lesson-06/report.pdf"

def sign(key, *conditions, fields=None, expires=1800):
    return s3.generate_presigned_post(
        lab.bucket, key, Fields=fields, Conditions=list(conditions), ExpiresIn=expires
    )

def report(key=REPORT, author=AUTHOR, redirect=NEXT, kind=PDF, more=(), **conditions):
    fields = {**author, **redirect, **kind}
    by_name = {n: {n: v} for n, v in fields.items()} | conditions
    return sign(key, *by_name.values(), *more, fields=fields)
"""


def _folder(value: str) -> str:
    return f"{_SIGN}\nmy_form = {value}"


def _bob(value: str) -> str:
    return f"{_SIGN}\nbobs_form = {value}"


def _thanks(value: str) -> str:
    return f"{_SIGN}\nthanks_form = {value}"


VARIATIONS = {
    "try_bobs_folder": (
        [
            _bob("sign('lesson-06/bob/${filename}')"),
            _bob("sign('lesson-06/bob/${filename}', ['starts-with', '$key', 'lesson-06/'])"),
        ],
        [
            (_bob(value), hint)
            for value, hint in (
                ("sign('lesson-06/bob${filename}')", "lesson-06/bobby/one.png is accepted too"),
                ("sign('lesson-06/${filename}')", "lesson-06/ann/one.png is accepted too"),
                ("sign('lesson-06/bob/')", "another key only itself"),
                ("sign('lesson-06/bob/one.png')", "lesson-06/bob/2026/two.gif should be accepted"),
            )
        ],
    )
}
RIGHT = {
    "check_folder": [
        _folder("sign(FOLDER, SIZE)"),
        # A condition written twice; a field that the uploader cannot change.
        _folder(
            "sign(FOLDER, SIZE, ['starts-with', '$key', 'lesson-06/ann/'], {'Content-Type': 'a/b'},"
            " fields={'Content-Type': 'a/b'})"
        ),
        _folder(
            "sign(FOLDER, SIZE, ['eq', '$x-amz-meta-tag', 'a'], fields={'x-amz-meta-tag': 'a'})"
        ),
        # S3 doesn't look at such a field.
        _folder("sign(FOLDER, SIZE, fields={'x-ignore-note': 'ann'})"),
        # Two ranges, which both have to hold.
        _folder(
            "sign(FOLDER, ['content-length-range', 1, 10**6], ['content-length-range', 0, 5000])"
        ),
        _folder("sign('${filename}', SIZE, ['starts-with', '$key', 'lesson-06/ann/'])"),
        _folder("sign(FOLDER, ('content-length-range', 1, 5000), {'bucket': lab.bucket})"),
        _folder(
            "sign(FOLDER, SIZE, {'success_action_status': '201'},"
            " fields={'success_action_status': '201'})"
        ),
    ],
    "check_thanks": [
        _thanks("report()"),
        _thanks(
            "sign(REPORT, ['eq', '$x-amz-meta-author', 'ann'], ['eq', '$content-type',"
            " 'application/pdf'], ['eq', '$success_action_redirect', 'https://example.com/thanks'],"
            " ['content-length-range', 0, 10**6], fields={**PDF, **NEXT, **AUTHOR})"
        ),
        _thanks("report(redirect=NEXT | {'Cache-Control': 'no-store'})"),
        _thanks("report(author={'X-Amz-Meta-Author': 'ann'}, kind={'content-type': PDF_TYPE})"),
        _thanks("report(more=[['content-length-range', 1, 10**7], ['eq', '$bucket', lab.bucket]])"),
        _thanks("report(kind=PDF | {'Content-Disposition': 'attachment'})"),
    ],
}
WRONG = {
    "check_folder": [
        (_folder(value), hint)
        for value, hint in (
            ("None", "your answer is None: replace the dots"),
            ("str(plain)", "should be what generate_presigned_post returns"),
            ("{'url': 'http://a', 'fields': {}}", "no field x-amz-signature"),
            ("{'url': 'http://a', 'fields': []}", "'fields' a dict"),
            # Any key in her folder, and no other.
            ("sign('lesson-06/ann/one.png', SIZE)", "2026/two.gif should be accepted"),
            ("sign('lesson-06/ann/', SIZE)", "A key that ends in ${filename} allows any name"),
            ("sign('lesson-06/ann/*', SIZE)", "A policy has no wildcard *"),
            ("sign(FOLDER, SIZE, ['starts-with', 'key', 'lesson-06/ann/'])", "begins with $"),
            ("sign('lesson-06/ann${filename}', SIZE)", "the key lesson-06/anna/one.png is"),
            ("sign('lesson-06/${filename}', SIZE)", "the key lesson-06/bob/one.png is accepted"),
            ("sign('${filename}', SIZE)", "the key lesson-06/bob/one.png is accepted"),
            (
                "sign('lesson-06/ann/x/${filename}', SIZE)",
                "The keys that the form allows begin like that",
            ),
            # 1 to 5000 bytes.
            ("sign(FOLDER)", "a file of 0 bytes is accepted too"),
            ("sign(FOLDER, ['content-length-range', 0, 5000])", "a file of 0 bytes is accepted"),
            ("sign(FOLDER, ['content-length-range', 2, 5000])", "400 EntityTooSmall"),
            ("sign(FOLDER, ['content-length-range', 1, 5001])", "a file of 5001 bytes is"),
            (
                "sign(FOLDER, ['content-length-range', 1, 4999])",
                "a file of 5000 bytes should be accepted. S3 answered 400 EntityTooLarge",
            ),
            (
                "sign(FOLDER, {'content-length-range': [1, 5000]})",
                "400 InvalidPolicyDocument: Invalid Policy: ",
            ),
            ("sign(FOLDER, *SIZE)", "in it, each condition is a list of three or a dict of one"),
            ("sign(FOLDER, ['content-length-range', 5000, 1])", "Invalid content-length-range"),
            ("sign(FOLDER, ['content-length-range', 1, 5 * 1024])", "a file of 5001 bytes is"),
            # Half an hour.
            ("sign(FOLDER, SIZE, expires=30)", "after 29 minutes 50"),
            ("sign(FOLDER, SIZE, expires=3600)", "still works after 30 minutes 10"),
            ("sign(FOLDER, SIZE, expires=-1)", "Policy expired. ExpiresIn is in seconds"),
            # Nothing else is her choice.
            (
                "sign(FOLDER, SIZE, ['starts-with', '$Content-Type', ''], fields=PDF)",
                "can change Content-Type (text/html)",
            ),
            (
                "sign(FOLDER, SIZE, ['starts-with', '$x-amz-meta-author', ''], fields=AUTHOR)",
                "can change x-amz-meta-author (bob)",
            ),
            ("sign(FOLDER, SIZE, {'acl': 'bucket-owner-full-control'})", "should be accepted"),
            # Also what the check can't know by name.
            (
                "sign(FOLDER, SIZE, ['starts-with', '$x-amz-meta-tag', ''],"
                " fields={'x-amz-meta-tag': 'a'})",
                "can change x-amz-meta-tag (ax)",
            ),
            (
                "sign(FOLDER, SIZE, ['starts-with', '$Content-Type', 'image/'],"
                " fields={'Content-Type': 'image/png'})",
                "can change Content-Type (image/pngx)",
            ),
        )
    ],
    "check_thanks": [
        (_thanks(value), hint)
        for value, hint in (
            # Complete as it stands.
            (
                "sign(REPORT, fields={**AUTHOR, **NEXT, **PDF})",
                "Extra input fields: x-amz-meta-author",
            ),
            ("sign(REPORT, AUTHOR, NEXT, PDF)", "every condition its field"),
            ("sign(REPORT, {'Content-Type': 'x'}, fields=PDF)", "every condition its field"),
            ("sign('lesson-06/${filename}')", "but there is no lesson-06/report.pdf"),
            ("report('lesson-06/other.pdf')", "Which key did you sign for"),
            # What S3 keeps, and where it sends the browser.
            ("report(author={})", "the metadata kept is none"),
            ("report(author={'x-amz-meta-author': 'bob'})", "the metadata kept is {'author': 'b"),
            ("report(author=AUTHOR | {'x-amz-meta-b': '1'})", "'b': '1'}"),
            ("report(kind={})", "S3 keeps the type binary/octet-stream"),
            ("report(kind={'Content-Type': 'text/plain'})", "S3 keeps the type text/plain"),
            ("report(redirect={})", "the browser isn't sent"),
            *(
                (f"report(redirect={{'success_action_redirect': '{place}'}})", f"location {place}")
                for place in ("https://example.com/thanks/", "https://example.com/thanks?to=ann")
            ),
            ("report(author={'author': 'ann'})", "the metadata kept is none"),
            (
                "report(redirect={'success_action_redirect': 'https://example.com/thank'})",
                "location https://example.com/thank?",
            ),
            # The uploader changes nothing.
            (
                "report(**{'x-amz-meta-author': ['starts-with', '$x-amz-meta-author', '']})",
                "can change x-amz-meta-author (bob)",
            ),
            (
                "report(**{'x-amz-meta-author': ['starts-with', '$x-amz-meta-author', 'ann']})",
                "can change x-amz-meta-author (annx)",
            ),
            (
                "report(**{'Content-Type': ['starts-with', '$Content-Type', 'application/pdf']})",
                "can change Content-Type (application/pdfx)",
            ),
            (
                "report(success_action_redirect=['starts-with', '$success_action_redirect', "
                "'https://example.com/thanks'])",
                "can change success_action_redirect (https://example.com/thanksx",
            ),
            (
                "{**report('lesson-06/${filename}'), 'fields': report('lesson-06/${filename}')"
                "['fields'] | {'key': REPORT}}",
                "the key lesson-06/report.pdfx is accepted",
            ),
            (
                "report(author=AUTHOR | {'Content-Language': 'en'},"
                " **{'Content-Language': ['starts-with', '$Content-Language', '']})",
                "can change Content-Language (enx)",
            ),
            # And adds nothing.
            (
                "report(more=[['starts-with', '$x-amz-meta-extra', '']])",
                "every condition its field",
            ),
            (
                "report(author=AUTHOR | {'Cache-Control': 'a'},"
                " **{'Cache-Control': ['starts-with', '$Cache-Control', '']})",
                "can change Cache-Control (no-store)",
            ),
        )
    ],
}
