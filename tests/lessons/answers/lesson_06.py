_SIGN = """
FOLDER = "lesson-06/ann/${filename}"
IMAGES = ["starts-with", "$Content-Type", "image/"]
SIZE = ["content-length-range", 1, 5000]
AUTHOR = {"x-amz-meta-author": "ann"}
NEXT = {"success_action_redirect": "https://example.com/thanks"}
REPORT = "lesson-06/report.pdf"

def sign(key, *conditions, fields=None, expires=1800):
    return s3.generate_presigned_post(
        lab.bucket, key, Fields=fields, Conditions=list(conditions), ExpiresIn=expires
    )

def report(key=REPORT, author=AUTHOR, redirect=NEXT, conditions=None):
    fields = {**author, **redirect}
    conditions = [{n: v} for n, v in fields.items()] if conditions is None else conditions
    return sign(key, *conditions, fields=fields)
"""


def _folder(value: str) -> str:
    return f"{_SIGN}\nmy_form = {value}"


def _thanks(value: str) -> str:
    return f"{_SIGN}\nthanks_form = {value}"


RIGHT = {
    "check_folder": [
        _folder("sign(FOLDER, SIZE, IMAGES)"),
        # Filled in with a type that the page will replace, and a condition written twice.
        _folder(
            "sign(FOLDER, SIZE, IMAGES, ['starts-with', '$key', 'lesson-06/ann/'],"
            " fields={'Content-Type': 'image/png'})"
        ),
    ],
    "check_thanks": [
        _thanks("report()"),
        _thanks(
            "report(conditions=[['eq', '$x-amz-meta-author', 'ann'],"
            " ['eq', '$success_action_redirect', 'https://example.com/thanks'],"
            " ['content-length-range', 0, 10**6]])"
        ),
    ],
}
WRONG = {
    "check_folder": [
        (_folder(value), hint)
        for value, hint in (
            ("None", "replace the dots"),
            ("form_html(form)", "should be what generate_presigned_post returns"),
            ("{'url': form['url'], 'fields': {}}", "no field x-amz-signature"),
            ("{'url': form['url'], 'fields': []}", "'fields' a dict"),
            ("sign(FOLDER, SIZE)", "Extra input fields: content-type"),
            ("sign('lesson-06/ann/one.png', SIZE, IMAGES)", '["eq", "$key"'),
            ("sign('lesson-06/ann${filename}', SIZE, IMAGES)", "lesson-06/anna/one.png is taken"),
            ("sign('lesson-06/${filename}', SIZE, IMAGES)", "lesson-06/bob/one.png is taken"),
            ("sign(FOLDER, IMAGES)", "a file of 0 bytes is taken too"),
            (
                "sign(FOLDER, IMAGES, ['content-length-range', 1, 5001])",
                "a file of 5001 bytes is taken too",
            ),
            (
                "sign(FOLDER, IMAGES, ['content-length-range', 1, 4999])",
                "A file of 5000 bytes should be taken. S3 answered 400 EntityTooLarge",
            ),
            ("sign(FOLDER, SIZE, ['starts-with', '$Content-Type', 'image'])", "imagery/png is"),
            ("sign(FOLDER, SIZE, ['starts-with', '$Content-Type', 'i'])", "icon/png is taken"),
            (
                "sign(FOLDER, SIZE, ['starts-with', '$Content-Type', ''])",
                "the type text/html is taken too",
            ),
            (
                "sign(FOLDER, SIZE, {'Content-Type': 'image/png'})",
                "image/gif should be taken. S3 says",
            ),
            ("sign(FOLDER, SIZE, IMAGES, expires=30)", "after 29 minutes 50"),
            ("sign(FOLDER, SIZE, IMAGES, expires=3600)", "still works after 30 minutes 10"),
        )
    ],
    "check_thanks": [
        (_thanks(value), hint)
        for value, hint in (
            ("report(conditions=[])", "Extra input fields: x-amz-meta-author"),
            ("sign(REPORT, AUTHOR, NEXT)", "every condition its field"),
            ("report('lesson-06/other.pdf')", "Which key did you sign for"),
            ("report(author={})", "the metadata kept is none"),
            ("report(author={'x-amz-meta-author': 'bob'})", "the metadata kept is {'author': 'b"),
            ("report(redirect={})", "the browser is not sent"),
            (
                "report(conditions=[['starts-with', '$x-amz-meta-author', ''], NEXT])",
                "can change x-amz-meta-author",
            ),
            (
                "report(conditions=[['starts-with', '$x-amz-meta-author', 'ann'], NEXT])",
                "can change x-amz-meta-author",
            ),
            (
                "report(conditions=[AUTHOR, ['starts-with', '$success_action_redirect', "
                "'https://example.com/thanks']])",
                "can change success_action_redirect",
            ),
        )
    ],
}
