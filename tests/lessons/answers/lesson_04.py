_SIGN = """
def sign(operation="get_object", expires=300, key=KEY, **params):
    params = {"Bucket": lab.bucket, "Key": key, **params}
    return s3.generate_presigned_url(operation, params, expires)

SAVED = {"ResponseContentDisposition": 'attachment; filename="report.txt"'}
"""


def _answer(name: str, value: str) -> str:
    return f"{_SIGN}\n{name} = {value}"


RIGHT = {
    "check_download": [
        _answer("my_url", "sign(ResponseContentDisposition='attachment; filename=report.txt')"),
        _answer("my_url", "sign(ResponseContentType='text/plain', **SAVED)"),
    ],
    "check_head": [_answer("size_url", "sign('head_object', expires=60)")],
}
WRONG = {
    "check_download": [
        (_answer("my_url", value), hint)
        for value, hint in (
            ("None", "replace the dots"),
            ("sign()", "ResponseContentDisposition"),
            ("sign(expires=5, **SAVED)", "after 4 minutes 50"),
            ("sign(expires=1800, **SAVED)", "still works after 5 minutes 10"),
            ("sign(key='lesson-04/salaries.txt', **SAVED)", "Which Key"),
            ("sign('put_object')", "SignatureDoesNotMatch"),
            ("sign()[:-1]", "SignatureDoesNotMatch"),
            ("f'{lab.endpoint_url}/{lab.bucket}/{KEY}'", "no X-Amz-Signature"),
            ("42", "should be a URL"),
            ("b'https://'", "should be a URL"),
            ("'http://[?X-Amz-Signature'", "could not be sent"),
        )
    ],
    "check_head": [
        (_answer("size_url", value), hint)
        for value, hint in (
            ("sign()", "The method is part of what is signed"),
            ("sign('head_object', key='lesson-04/salaries.txt')", "Which Key"),
            ("'no URL at all'", "should be a URL"),
        )
    ],
}
