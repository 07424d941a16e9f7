_SIGN = """
import zlib

def sign(key="lesson-05/avatar.png", expires=600, operation="put_object", **params):
    params = {"Bucket": lab.bucket, "Key": key, **params}
    return s3.generate_presigned_url(operation, params, expires)

CONTRACT = b"We agree. Signed: both of us."
PNG = {"ContentType": "image/png"}
SIZE = {"ContentLength": 2048}
NEW = {"IfNoneMatch": "*"}
SENT = {"If-None-Match": "*"}

def b64(raw):
    return base64.b64encode(raw).decode()

def contract(**params):
    return sign("lesson-05/contract.txt", **params)

SHA = b64(hashlib.sha256(CONTRACT).digest())
CRC = b64(zlib.crc32(CONTRACT).to_bytes(4, "big"))
MD5 = b64(hashlib.md5(CONTRACT).digest())
"""


def _avatar(value: str) -> str:
    return f"{_SIGN}\navatar_url = {value}"


def _contract(url: str, headers: str) -> str:
    return f"{_SIGN}\ncontract_url = {url}\ncontract_headers = {headers}"


RIGHT = {
    "check_avatar": [
        _avatar("sign(**PNG, **SIZE)"),
        _avatar(
            "boto3.client('s3', **lab.boto3_args, config=Config(signature_version='s3v4'))"
            ".generate_presigned_url(ClientMethod='put_object', HttpMethod='PUT', ExpiresIn=600,"
            " Params=dict(Bucket=lab.bucket, Key='lesson-05/avatar.png', **PNG, **SIZE))"
        ),
    ],
    "check_contract": [
        _contract("contract(ChecksumCRC32=CRC, **NEW)", "{'x-amz-checksum-crc32': CRC, **SENT}"),
        _contract("contract(ContentMD5=MD5, **NEW)", "{'content-md5': MD5, **SENT}"),
        _contract(
            "contract(ChecksumSHA256=SHA, ContentType='text/plain', **NEW)",
            "{'X-Amz-Checksum-Sha256': SHA, 'Content-Type': 'text/plain', 'if-none-match': '*'}",
        ),
    ],
}
WRONG = {
    "check_avatar": [
        (_avatar(value), hint)
        for value, hint in (
            ("None", "replace the dots"),
            ("url", "Which key did you sign for"),
            ("sign()", "an upload with text/html is taken too"),
            ("sign(**PNG)", "2047 bytes are taken too"),
            ("sign(**SIZE)", "an upload with text/html is taken too"),
            ("sign(ContentType='image/jpeg', **SIZE)", "compare the CanonicalRequest"),
            ("sign(ContentLength=2047, **PNG)", "compare the CanonicalRequest"),
            ("sign(operation='get_object')", "Is it signed for PUT"),
            ("sign('lesson-05/other.png', **PNG, **SIZE)", "Which key did you sign for"),
            ("sign(expires=10, **PNG, **SIZE)", "after 9 minutes 50"),
            ("sign(expires=1800, **PNG, **SIZE)", "still works after 10 minutes 10"),
            ("42", "should be a URL"),
        )
    ],
    "check_contract": [
        (_contract(url, headers), hint)
        for url, headers, hint in (
            ("contract(**NEW)", "SENT", "other bytes of the same length"),
            ("contract()", "{}", "other bytes of the same length"),
            (
                "contract(ChecksumSHA256=SHA)",
                "{'x-amz-checksum-sha256': SHA}",
                "a second upload replaces the first",
            ),
            ("contract(ChecksumSHA256=SHA, **NEW)", "SENT", "are all signed headers sent"),
            ("contract(ChecksumSHA256=SHA, **NEW)", "'none'", "a dict of texts"),
            ("contract(ChecksumSHA256=SHA, **NEW)", "{'If-None-Match': 1}", "a dict of texts"),
            (
                "contract(ChecksumSHA256=SHA)",
                "{'x-amz-checksum-sha256': SHA, **SENT}",
                "can leave the header If-None-Match out",
            ),
            (
                "sign('lesson-05/else.txt', ChecksumSHA256=SHA)",
                "{'x-amz-checksum-sha256': SHA}",
                "Which key did you sign for",
            ),
        )
    ],
}
