_RULES = """
APP = {
    "AllowedOrigins": ["https://app.example"],
    "AllowedMethods": ["PUT"],
    "AllowedHeaders": ["content-type", "x-amz-checksum-sha256"],
    "ExposeHeaders": ["ETag"],
}
GET = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
"""
_ASKED = """
ASKED = {
    "Origin": "https://app.example:8443",
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "content-type,x-amz-meta-author",
}
"""


def _rules(value: str) -> str:
    return f"{_RULES}\nmy_rules = {value}"


def _asked(value: str) -> str:
    return f"{_ASKED}\nasked = {value}"


def _mine(value: str) -> str:
    return f"{_RULES}\nmy_rule = {value}"


VARIATIONS = {
    "try_if_none_match": (
        [
            _mine("PAGE | {'AllowedHeaders': ['Content-Type', 'x-amz-*', 'If-None-Match']}"),
            _mine("PAGE | {'AllowedHeaders': ['*']}"),
            _mine("PAGE | {'AllowedHeaders': ['content-type', 'x-amz-*', 'if-*']}"),
        ],
        [
            (_mine(value), hint)
            for value, hint in (
                (
                    "PAGE | {'AllowedHeaders': ['Content-Type', 'x-amz-*, If-None-Match']}",
                    "contains invalid character",
                ),
                ("PAGE | {'AllowedHeaders': ['If-None-Match']}", "with content-type,x-amz-meta-a"),
                ("PAGE | {'AllowedHeaders': ['If-Match', 'x-amz-*', 'Content-Type']}", "if-none"),
                ("[PAGE]", "one rule, a dict"),
            )
        ],
    )
}
RIGHT = {
    "check_rules": [
        _rules("[GET, APP]"),
        _rules("[APP | {'AllowedHeaders': ['*'], 'MaxAgeSeconds': 600, 'ID': 'app'}, GET]"),
        _rules("[APP | {'AllowedHeaders': ['Content-*', 'X-Amz-*']}, GET | {'ID': 'all'}]"),
        _rules("(APP, GET)"),
        _rules("[APP | {'AllowedMethods': ['PUT', 'GET']}, GET]"),
        _rules("[APP | {'ExposeHeaders': ['x-amz-request-id', 'etag']}, GET]"),
    ],
    "check_preflight": [
        _asked("{name.lower(): value for name, value in ASKED.items()}"),
        _asked("ASKED | {'Access-Control-Request-Headers': 'X-Amz-Meta-Author, Content-Type'}"),
        _asked("ASKED | {'Accept': '*/*', 'Sec-Fetch-Mode': 'cors', 'User-Agent': 'Mozilla/5.0'}"),
        _asked("requests.structures.CaseInsensitiveDict(ASKED)"),
    ],
}
WRONG = {
    "check_rules": [
        (_rules(value), hint)
        for value, hint in (
            ("None", "your answer is None: replace the dots"),
            ("ARTICLE", "a list of rules"),
            ("[ARTICLE]", "with content-type is refused"),
            ("{'CORSRules': [APP, GET]}", "a list of rules"),
            ("[]", "S3 does not accept these rules"),
            ("[APP | {'AllowedMethods': 'PUT'}, GET]", "boto3 does not accept these rules"),
            ("[APP | {'AllowedMethods': ['OPTIONS']}, GET]", "Unsupported method is OPTIONS"),
            ("[APP]", "GET from https://app.example is refused"),
            ("[GET]", "PUT from https://app.example with no header of its own is refused"),
            ("[APP | {'AllowedMethods': ['GET', 'PUT']}]", "GET from https://anybody.example is"),
            ("[APP | {'AllowedHeaders': ['Content-Type']}, GET]", "sha256 is refused"),
            ("[APP | {'AllowedOrigins': ['https://app.example/']}, GET]", "is refused"),
            ("[APP | {'AllowedOrigins': ['*']}, GET]", "PUT from https://anybody.example is all"),
            ("[APP | {'AllowedOrigins': ['*://app.example']}, GET]", "PUT from http://app.exam"),
            ("[APP | {'AllowedOrigins': ['https://app.example*']}, GET]", "evil.example is allow"),
            ("[APP | {'AllowedMethods': ['PUT', 'POST']}, GET]", "POST from https://app.example"),
            ("[APP, GET | {'AllowedMethods': ['GET', 'DELETE']}]", "DELETE from"),
            (
                "[APP, GET | {'AllowedMethods': ['GET', 'HEAD']}]",
                "HEAD from https://app.example is",
            ),
            (
                "[APP, GET, APP | {'AllowedOrigins': ['https://partner.example']}]",
                "PUT from https://partner.example is allowed too",
            ),
            (
                "[APP, GET, {'AllowedOrigins': ['https://*.partner.example'],"
                " 'AllowedMethods': ['DELETE']}]",
                "DELETE from https://any.partner.example is allowed too",
            ),
            (
                "[APP, GET | {'AllowedOrigins': ['https://*']}]",
                "GET from http://other.example:8080 is refused",
            ),
            ("[{**APP, 'ExposeHeaders': []}, GET]", "cannot read the ETag"),
            ("[APP | {'ExposeHeaders': ['*']}, GET]", "do not support wildcard for ExposeHeader"),
            ("[APP | {'AllowedHeaders': ['content-type, x-amz-*']}, GET]", "invalid character"),
            ("[APP | {'AllowedOrigins': ['app.example']}, GET]", "no header of its own is refused"),
            (
                "[{**APP, 'ExposeHeaders': []}, APP, GET]",
                "S3 uses the first rule that allows",
            ),
        )
    ],
    "check_preflight": [
        (_asked(value), hint)
        for value, hint in (
            ("'PUT'", "a dict of texts"),
            ("{'Origin': 8443}", "a dict of texts"),
            ("{}", "Origin is missing"),
            ("{'Origin': ASKED['Origin']}", "Access-Control-Request-Method is missing"),
            ("dict(list(ASKED.items())[:2])", "Access-Control-Request-Headers is missing"),
            ("ASKED | {'Access-Control-Request-Method': 'OPTIONS'}", "Which method"),
            ("ASKED | {'Access-Control-Request-Method': 'GET'}", "Which method"),
            ("ASKED | {'Origin': 'https://app.example'}", "not the page's origin"),
            ("ASKED | {'Origin': 'https://app.example:8443/upload'}", "not the page's origin"),
            ("ASKED | {'Content-Type': 'application/pdf'}", "doesn't send Content-Type"),
            ("ASKED | {'x-amz-meta-author': 'ann'}", "doesn't send x-amz-meta-author"),
            ("ASKED | {'Origin': 'http://app.example:8443'}", "not the page's origin"),
            ("ASKED | {'Access-Control-Request-Method': 'put'}", "Which method"),
            ("ASKED | {'Access-Control-Allow-Origin': '*'}", "that is how S3 responds"),
            ("ASKED | {'Access-Control-Request-Headers': ['content-type']}", "a dict of texts"),
            (
                "ASKED | {'Access-Control-Request-Headers': 'content-type'}",
                "does not ask for x-amz-meta-author",
            ),
            (
                "ASKED | {'Access-Control-Request-Headers': 'x-amz-meta-author'}",
                "does not ask for content-type",
            ),
            (
                "ASKED | {'Access-Control-Request-Headers': 'content-type,x-amz-meta-author,"
                "authorization'}",
                "a header that the script does not set",
            ),
        )
    ],
}
