_SIGN = """
def sign(operation="get_object", expires=600, key=REPORT["Key"], **params):
    params = {"Bucket": lab.bucket, "Key": key, **params}
    return s3.generate_presigned_url(operation, params, expires)

NAME = "%E5%A3%B2%E4%B8%8A%20Q3.txt"

def saved(value, **more):
    return sign(ResponseContentDisposition=value, **more)

GOOD = f"attachment; filename*=UTF-8''{NAME}"
"""


def _answer(name: str, value: str) -> str:
    return f"{_SIGN}\n{name} = {value}"


VARIATIONS = {
    "try_five_minutes": (
        [
            _answer("short_url", "sign(expires=300)"),
            _answer("short_url", "s3.generate_presigned_url('get_object', REPORT, 5 * 60)"),
        ],
        [
            (_answer("short_url", value), hint)
            for value, hint in (
                ("...", "replace the dots"),
                ("sign(expires=5)", "X-Amz-Expires is 5, and should be 300: 5 minutes in seconds"),
                ("sign('put_object', 300)", "The URL was signed for PUT, but GET was sent"),
                ("sign(expires=300, key='lesson-04/none')", "404 NoSuchKey: The specified key"),
            )
        ],
    )
}
RIGHT = {
    "check_download": [
        _answer("my_url", "saved(GOOD)"),
        _answer("my_url", "saved(f\"ATTACHMENT; filename*=utf-8'ja'{NAME}\")"),
        # A name for old browsers too; a parameter that was not asked for.
        _answer(
            "my_url",
            'saved(f"attachment; filename=\\"Q3.txt\\"; filename*=UTF-8\'\'{NAME}",'
            " ResponseContentType='text/plain')",
        ),
        _answer(
            "my_url",
            "lab.presigner().get(REPORT['Key'], expires=600,"
            " query={'response-content-disposition': GOOD})",
        ),
        _answer(
            "my_url", "saved(f\"attachment ; filename* = UTF-8''{NAME.replace('%E5', '%e5')}\")"
        ),
        _answer("my_url", "saved(GOOD + '; filename=\"q3.txt\"', ResponseCacheControl='no-store')"),
        _answer(
            "my_url",
            "boto3.resource('s3', **lab.boto3_args, config=v4).meta.client.generate_presigned_url("
            "'get_object', {**REPORT, 'ResponseContentDisposition': GOOD}, 10 * 60)",
        ),
    ],
    "check_head": [
        _answer("size_url", "sign('head_object', 3600)"),
        _answer("size_url", "next(lab.presigner().urls('HEAD', [REPORT['Key']], expires=3600))"),
        _answer(
            "size_url",
            "s3.generate_presigned_url('head_object', REPORT, 3600, 'HEAD')",
        ),
        _answer("size_url", "s3.generate_presigned_url('get_object', REPORT, 3600, 'HEAD')"),
        _answer(
            "size_url",
            "boto3.Session().client('s3', **lab.boto3_args, config=v4)"
            ".generate_presigned_url('head_object', Params=REPORT, ExpiresIn=60 * 60)",
        ),
    ],
}
WRONG = {
    "check_download": [
        (_answer("my_url", value), hint)
        for value, hint in (
            ("None", "your answer is None: replace the dots"),
            # The name, or saving at all.
            ("sign()", "ResponseContentDisposition"),
            ("saved(f\"inline; filename*=UTF-8''{NAME}\")", "so a browser shows the file"),
            (
                "saved('attachment')",
                "would save it as what the key ends in and not as '売上 Q3.txt'",
            ),
            ("saved(GOOD.replace('%20', '+'))", "would save it as '売上+Q3.txt'"),
            ("saved(GOOD.replace('%', '%25'))", "would save it as '%E5%A3%B2"),
            ("saved(GOOD.replace(';', ''))", "so a browser shows the file"),
            ("sign() + '&response-content-disposition=attachment'", "SignatureDoesNotMatch"),
            (
                "careless.generate_presigned_url('get_object', REPORT, 600)",
                "this URL has Signature Version 2",
            ),
            ("saved('attachment; filename=\"Q3.txt\"')", "would save it as 'Q3.txt'"),
            ("saved('attachment; filename=Q3.txt')", "would save it as 'Q3.txt'"),
            ("saved(f'{GOOD}.exe')", "would save it as '売上 Q3.txt.exe'"),
            ("saved(GOOD.replace('%20', ''))", "would save it as '売上Q3.txt'"),
            (
                "saved('attachment; filename=\"売上 Q3.txt\"')",
                "cannot be represented using ISO-8859",
            ),
            (
                "saved(f'attachment; filename=\"{NAME}\"')",
                "Write filename*=UTF-8'' and quote(name)",
            ),
            # The time.
            ("saved(GOOD, expires=300)", "X-Amz-Expires is 300, and should be 600"),
            ("saved(GOOD, expires=10)", "X-Amz-Expires is 10"),
            ("saved(GOOD, expires=601)", "X-Amz-Expires is 601"),
            # The object.
            ("saved(GOOD, key='lesson-04/salaries.txt')", "Which Key"),
            ("saved(GOOD, key='lesson-04/Report.txt')", "404 NoSuchKey: The specified key does"),
            # A URL that downloads.
            ("sign('put_object')", "The URL was signed for PUT, but GET was sent"),
            ("sign()[:-1]", "SignatureDoesNotMatch"),
            ("f'{lab.endpoint_url}/{lab.bucket}/lesson-04/report.txt'", "no X-Amz-Signature"),
            ("42", "should be a URL"),
            ("b'https://'", "should be a URL"),
            ("'http://[?X-Amz-Signature'", "could not be sent"),
            ("f'http://{64 * chr(97)}.example/?X-Amz-Signature'", "could not be sent"),
            ("sign().replace('Signature=', 'Signature=é')", "SignatureDoesNotMatch"),
        )
    ],
    "check_head": [
        (_answer("size_url", value), hint)
        for value, hint in (
            ("sign(expires=3600)", "the URL answers GET. The method is part of what is signed"),
            ("sign('put_object', 3600)", "HEAD is refused; boto3 has an operation"),
            ("sign('delete_object', 3600)", "signed for DELETE, but HEAD was sent"),
            ("sign('head_object', 3600, ChecksumMode='ENABLED')", "x-amz-checksum-mode is signed"),
            (
                "s3.generate_presigned_url('list_objects_v2', {'Bucket': lab.bucket}, 3600)",
                "the URL answers GET",
            ),
            ("sign('head_object', 300)", "X-Amz-Expires is 300, and should be 3600: 1 hour in"),
            ("sign('head_object', 8 * 86400)", "X-Amz-Expires must be less than a week"),
            (
                "sign('head_object', 3600, key='lesson-04/salaries.txt')",
                "HEAD says 11 bytes, not 16",
            ),
            (
                "sign('head_object', 3600, key='lesson-04/none')",
                "S3 answered 404: nothing is stored",
            ),
            (
                "s3.generate_presigned_url('head_bucket', {'Bucket': lab.bucket}, 3600)",
                "Was it signed for the object",
            ),
            ("'no URL at all'", "should be a URL"),
        )
    ],
}
