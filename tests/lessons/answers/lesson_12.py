_CHANGES = """
LIMIT = (
    "def limit(kind: str) -> int:\\n"
    '    return 2**20 if kind == "text/csv" else MAX_BYTES\\n\\n\\n'
    "def new_upload"
)
CHANGES = {
    "type": ('"pdf"}', '"pdf", "text/csv": "csv"}'),
    "limit": ("def new_upload", LIMIT),
    "form": ("1, MAX_BYTES]", "1, limit(kind)]"),
    "start": ("upload.size > MAX_BYTES", "upload.size > limit(upload.type)"),
    "complete": ("if size > MAX_BYTES", "if size > limit(kind)"),
}

ANY_TYPE = 'rules = [["starts-with", "$Content-Type", ""],'
NO_SIGN_IN = 'raise HTTPException(401, "not_signed_in")', 'return "ann"'

def changed(*left_out, **instead):
    made = source
    for name, (old, new) in {**CHANGES, **instead}.items():
        assert old in made or name in left_out
        made = made if name in left_out else made.replace(old, new)
    return made
"""


def _app(value: str) -> str:
    return f"{_CHANGES}\nmy_app = {value}"


_TEST = """
SVG = {"type": "image/svg+xml", "size": 5}

def by_code(call):
    assert call("POST", "/uploads", SVG) == (415, {"error": "type_not_allowed"})

def by_uppy(call):
    asked = {"method": "PUT", "key": "x", "contentType": "image/svg+xml"}
    status, answer = call("POST", "/sign", asked)
    assert status == 415, answer

def by_raising(call):
    if call("POST", "/uploads", SVG)[0] < 400:
        raise AssertionError("SVG is signed")

def by_error(call):
    assert call("POST", "/uploads", SVG)[1]["error"] == "type_not_allowed"

def by_fail(call):
    import pytest
    if call("POST", "/uploads", SVG)[0] != 415:
        pytest.fail("SVG is signed")

def skips(call):
    import pytest
    if call("POST", "/uploads", SVG)[0] != 415:
        pytest.skip("SVG is signed")

def forgets_assert(call):
    call("POST", "/uploads", SVG)[0] == 415

def other_type(call):
    assert call("POST", "/uploads", {**SVG, "type": "text/html"})[0] == 415

def nobody(call):
    assert call("POST", "/uploads", SVG, user=None)[0] != 201

def upside_down(call):
    assert call("POST", "/uploads", SVG)[0] == 201

def only_three_types(call):
    assert call("POST", "/uploads", {**SVG, "type": "text/csv"})[0] == 415
    by_code(call)
"""


def _test(value: str) -> str:
    return f"{_TEST}\nmy_test = {value}"


RIGHT = {
    "check_csv": [
        _app("changed()"),
        _app("""changed(
    "limit",
    type=('"pdf"}', '"pdf", "text/csv": "csv"}\\nLIMITS = {"text/csv": 1024**2}'),
    form=("1, MAX_BYTES]", "1, LIMITS.get(kind, MAX_BYTES)]"),
    start=("upload.size > MAX_BYTES", "upload.size > LIMITS.get(upload.type, MAX_BYTES)"),
    complete=("if size > MAX_BYTES", "if size > LIMITS.get(kind, MAX_BYTES)"),
)"""),
    ],
    "check_svg": [
        _test("by_code"),
        _test("by_uppy"),
        _test("by_raising"),
        _test("by_error"),
        _test("by_fail"),
    ],
}
WRONG = {
    "check_csv": [
        (_app(value), hint)
        for value, hint in (
            ("7", "should be the backend's source"),
            ("'\\ud800'", "does not start: UnicodeEncodeError"),
            ("'def ('", "does not start: SyntaxError"),
            ("''", "has no attribute 'app'."),
            ("'raise SystemExit'", "this source does not start: SystemExit."),
            ("changed('limit')", "at POST /uploads this backend stopped: NameError"),
            ("changed().replace('return {\"id\": upload_id', 'return {\"ID\": upload_id')", "'id'"),
            ("source", "POST /uploads refuses text/csv of 5 bytes: 415"),
            ("""changed(type=('"pdf"}', '"pdf", "text/csv": "txt"}'))""", "ends with '.txt'"),
            ("changed('form')", "S3 stores text/csv of 1,048,577 bytes"),
            ("changed('start')", "POST /uploads signs text/csv of 1,048,577 bytes"),
            ("changed('complete')", "was sent in parts, and /complete answers 200"),
            ("changed(limit=('def new_upload', LIMIT.replace('2**20', '10**6')))", "1,048,576"),
            ("changed(limit=('def new_upload', LIMIT.replace('2**20', '2**21')))", "1,048,577"),
            (
                "changed('limit', 'form', 'start', 'complete', "
                "form=('10 * 1024 * 1024', '1024 * 1024'))"
                ".replace('10 * 1024 * 1024', '1024 * 1024')",
                "image/png of 10,485,760 bytes",
            ),
            (
                "changed(complete=('if size > MAX_BYTES', 'if size >= limit(kind)'))",
                "text/csv of 1,048,576 bytes was sent in parts",
            ),
            (
                """changed(type=('"application/pdf": "pdf"', '"text/csv": "csv"'))""",
                "POST /uploads refuses application/pdf of 10,485,760 bytes: 415",
            ),
            ("changed(form=('1, MAX_BYTES]', '0, limit(kind)]'))", "S3 stores a file of 0 bytes"),
            ("changed(form=(', MAX_BYTES]', '1, limit(kind)]'))", "S3 refuses a file of 1 bytes"),
            (
                """changed().replace('"url": s3', '"link": s3')""",
                "there should be 'url' in it",
            ),
            (
                "changed().replace('rules = [typed,', ANY_TYPE)",
                "a web page with the form for a CSV",
            ),
            (
                """changed(type=('"pdf"}', '"pdf", "text/csv": "csv", "text/html": "htm"}'))""",
                "it was 415",
            ),
            (
                "changed().replace(*NO_SIGN_IN)",
                "it was 401",
            ),
        )
    ],
    "check_svg": [
        (_test(value), hint)
        for value, hint in (
            ("'test'", "should be a function"),
            ("lambda call: None", "passes with a backend that signs image/svg+xml"),
            ("skips", "is skipped with a backend that signs image/svg+xml"),
            ("forgets_assert", "passes with a backend that signs image/svg+xml"),
            ("other_type", "passes with a backend that signs image/svg+xml"),
            ("nobody", "passes with a backend that signs image/svg+xml"),
            ("upside_down", "fails with the backend as it is: AssertionError"),
            ("only_three_types", "fails with a backend that also signs CSV"),
            ("lambda: None", "fails with the backend as it is: TypeError"),
        )
    ],
}
VARIATIONS = {
    "try_two_minutes": (
        [
            'shorter = source.replace("EXPIRES = 300", "EXPIRES = 120")',
            'shorter = source.replace("EXPIRES = 300", "EXPIRES = 2 * 60")',
        ],
        [
            ('shorter = source.replace("EXPIRES = 300", "EXPIRES = 2")', "after 110 seconds"),
            ('shorter = source.replace("rules, EXPIRES", "rules, 120")', "the link still works"),
            ('shorter = source.replace("parameters, EXPIRES", "parameters, 120")', "the form"),
            ("shorter = 120", "the backend's source"),
        ],
    ),
}
