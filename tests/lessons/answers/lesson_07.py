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


RIGHT = {
    "check_rules": [
        _rules("[GET, APP]"),
        _rules("[APP | {'AllowedHeaders': ['*'], 'MaxAgeSeconds': 600, 'ID': 'app'}, GET]"),
        _rules("[APP | {'AllowedHeaders': ['Content-*', 'X-Amz-*']}, GET | {'ID': 'all'}]"),
    ],
    "check_preflight": [
        _asked("{name.lower(): value for name, value in ASKED.items()}"),
        _asked("ASKED | {'Access-Control-Request-Headers': 'X-Amz-Meta-Author, Content-Type'}"),
    ],
}
WRONG = {
    "check_rules": [
        (_rules(value), hint)
        for value, hint in (
            ("None", "replace the dots"),
            ("ARTICLE", "a list of rules"),
            ("{'CORSRules': [APP, GET]}", "a list of rules"),
            ("[]", "S3 does not take these rules"),
            ("[APP | {'AllowedMethods': 'PUT'}, GET]", "boto3 does not take these rules"),
            ("[APP | {'AllowedMethods': ['OPTIONS']}, GET]", "Unsupported method is OPTIONS"),
            ("rules_from(ARTICLE)", "with content-type is refused"),
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
            ("[{**APP, 'ExposeHeaders': []}, GET]", "cannot read the ETag"),
            (
                "[{**APP, 'ExposeHeaders': []}, APP, GET]",
                "The rule that answers is the first",
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
