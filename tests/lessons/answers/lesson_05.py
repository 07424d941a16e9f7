_SIGN = """
import base64, hashlib, zlib

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


def _vary(name: str, value: str) -> str:
    return f"{_SIGN}\n{name} = {value}"


VARIATIONS = {
    "try_jpeg": (
        [
            _vary("jpeg_url", "sign(ContentType='image/jpeg')"),
            _vary(
                "jpeg_url",
                "s3.generate_presigned_url('put_object', TARGET | {'ContentType': 'image/jpeg'})",
            ),
        ],
        [
            (_vary("jpeg_url", value), hint)
            for value, hint in (
                ("sign()", "image/png is accepted too"),
                ("sign(ContentType='image/jpg')", "Signed content-type:image/jpg, sent image/jpeg"),
                ("sign(operation='get_object')", "The URL was signed for GET, but PUT was sent"),
                (
                    "sign(ContentType='image/jpeg', Metadata={'a': 'b'})",
                    "x-amz-meta-a is signed, and was",
                ),
            )
        ],
    ),
    "try_size": (
        [
            _vary("size_url", "sign(ContentLength=250)"),
            _vary(
                "size_url",
                "s3.generate_presigned_url('put_object', TARGET | {'ContentLength': 250}, 60)",
            ),
        ],
        [
            (_vary("size_url", value), hint)
            for value, hint in (
                ("sign()", "249 bytes are accepted too. Sign ContentLength"),
                ("sign(ContentLength=205)", "Signed content-length:205, sent 250"),
                ("sign(ContentLength=250)[:-1]", "SignatureDoesNotMatch"),
            )
        ],
    ),
}
RIGHT = {
    "check_avatar": [
        _avatar("sign(**PNG, **SIZE)"),
        _avatar(
            "boto3.client('s3', **lab.boto3_args, config=Config(signature_version='s3v4'))"
            ".generate_presigned_url(ClientMethod='put_object', HttpMethod='PUT', ExpiresIn=600,"
            " Params=dict(Bucket=lab.bucket, Key='lesson-05/avatar.png', **PNG, **SIZE))"
        ),
        _avatar(
            "lab.presigner().put('lesson-05/avatar.png', expires=600,"
            " headers={'content-type': 'image/png', 'content-length': '2048'})"
        ),
        _avatar(
            "boto3.resource('s3', **lab.boto3_args, config=v4).meta.client"
            ".generate_presigned_url('put_object', {'Bucket': lab.bucket,"
            " 'Key': 'lesson-05/avatar.png', **PNG, **SIZE}, 10 * 60)"
        ),
        _avatar(
            "boto3.Session().client('s3', **lab.boto3_args, config=Config("
            "signature_version='s3v4', s3={'addressing_style': 'path'})).generate_presigned_url("
            "'put_object', Params={'Bucket': lab.bucket, 'Key': 'lesson-05/avatar.png', **PNG,"
            " **SIZE}, ExpiresIn=600)"
        ),
    ],
    "check_contract": [
        _contract("contract(ChecksumCRC32=CRC, **NEW)", "{'x-amz-checksum-crc32': CRC, **SENT}"),
        _contract("contract(ContentMD5=MD5, **NEW)", "{'content-md5': MD5, **SENT}"),
        _contract(
            "contract(ChecksumSHA256=SHA, ContentType='text/plain', **NEW)",
            "{'X-Amz-Checksum-Sha256': SHA, 'Content-Type': 'text/plain', 'if-none-match': '*'}",
        ),
        # The length too, which every client sends by itself.
        _contract(
            "contract(ChecksumSHA256=SHA, ContentLength=len(CONTRACT), **NEW)",
            "{'x-amz-checksum-sha256': SHA, **SENT, 'Content-Length': str(len(CONTRACT))}",
        ),
        # More headers than are signed limit nothing, and harm nothing.
        _contract(
            "contract(ChecksumSHA256=SHA, **NEW)",
            "{'x-amz-checksum-sha256': SHA, **SENT, 'Content-Type': 'text/plain'}",
        ),
        _contract(
            "contract(ChecksumSHA256=SHA, ChecksumAlgorithm='SHA256', **NEW)",
            "{'x-amz-checksum-sha256': SHA, 'x-amz-sdk-checksum-algorithm': 'SHA256', **SENT}",
        ),
        _contract(
            "contract(ChecksumSHA256=SHA, Metadata={'by': 'us'}, **NEW)",
            "requests.structures.CaseInsensitiveDict("
            "{'x-amz-checksum-sha256': SHA, 'x-amz-meta-by': 'us', **SENT})",
        ),
        _contract(
            "contract(ChecksumSHA1=b64(hashlib.sha1(CONTRACT).digest()), **NEW)",
            "{'x-amz-checksum-sha1': b64(hashlib.sha1(CONTRACT).digest()), **SENT}",
        ),
    ],
}
WRONG = {
    "check_avatar": [
        (_avatar(value), hint)
        for value, hint in (
            ("None", "your answer is None: replace the dots"),
            # The key.
            ("url", "Which key did you sign for"),
            ("sign('lesson-05/other.png', **PNG, **SIZE)", "Which key did you sign for"),
            # The time.
            ("sign(expires=10, **PNG, **SIZE)", "X-Amz-Expires is 10, and should be 600"),
            ("sign(expires=1800, **PNG, **SIZE)", "X-Amz-Expires is 1800"),
            ("sign(expires=8 * 86400, **PNG, **SIZE)", "must be less than a week"),
            # The type.
            ("sign(**SIZE)", "an upload with text/html is accepted too"),
            (
                "sign(ContentType='image/jpeg', **SIZE)",
                "Signed content-type:image/jpeg, sent image",
            ),
            ("sign(ContentType='image/*', **SIZE)", "Signed content-type:image/*, sent image/png"),
            (
                "sign(ContentType='image/PNG', **SIZE)",
                "Signed content-type:image/PNG, sent image/png",
            ),
            # The size.
            ("sign(**PNG)", "0 bytes are accepted too"),
            ("sign(ContentLength=2047, **PNG)", "Signed content-length:2047, sent 2048"),
            ("sign(ContentLength=2000, **PNG)", "Signed content-length:2000, sent 2048"),
            ("sign()", "an upload with text/html is accepted too"),
            # An upload, signed.
            ("sign(operation='get_object')", "The URL was signed for GET, but PUT was sent"),
            ("sign(**PNG, **SIZE)[:-1]", "SignatureDoesNotMatch"),
            ("sign(**PNG) + '&Content-Length=2048'", "SignatureDoesNotMatch"),
            ("sign('/lesson-05/avatar.png', **PNG, **SIZE)", "Which key did you sign for"),
            ("s3.generate_presigned_post(lab.bucket, 'lesson-05/avatar.png')", "should be a URL"),
            ("sign(ACL='private', **PNG, **SIZE)", "x-amz-acl is signed, and was not sent"),
            ("42", "should be a URL"),
        )
    ],
    "check_contract": [
        (_contract(url, headers), hint)
        for url, headers, hint in (
            # These bytes and no others.
            ("contract(**NEW)", "SENT", "other bytes of the same length"),
            ("contract(ContentLength=29, **NEW)", "SENT", "other bytes of the same length"),
            # Never over one that is there.
            ("contract()", "{}", "a second upload should be refused with 412"),
            (
                "contract(ChecksumSHA256=SHA)",
                "{'x-amz-checksum-sha256': SHA}",
                "a second upload should be refused with 412",
            ),
            (
                "contract(ChecksumSHA256=SHA)",
                "{'x-amz-checksum-sha256': SHA, **SENT}",
                "can leave out the header If-None-Match",
            ),
            ("contract(**NEW)", "{'content-md5': MD5, **SENT}", "were not signed (content-md5)"),
            # The headers.
            (
                "contract(ChecksumSHA256=SHA, **NEW)",
                "SENT",
                "x-amz-checksum-sha256 is signed, and was not sent",
            ),
            (
                "contract(ChecksumSHA256=SHA, **NEW)",
                "{'x-amz-checksum-sha265': SHA, **SENT}",
                "which were not signed (x-amz-checksum-sha265)",
            ),
            (
                "contract(ChecksumSHA256=b64(b'x' * 32), **NEW)",
                "{'x-amz-checksum-sha256': b64(b'x' * 32), **SENT}",
                "BadDigest: The SHA256 you specified did not match",
            ),
            ("contract(ChecksumSHA256=SHA, **NEW)", "'none'", "a dict of texts"),
            ("contract(ChecksumSHA256=SHA, **NEW)", "{'If-None-Match': 1}", "a dict of texts"),
            *(
                (
                    f"contract(ChecksumSHA256={wrong}, **NEW)",
                    f"{{'x-amz-checksum-sha256': {wrong}, **SENT}}",
                    hint,
                )
                for wrong, hint in (
                    ("hashlib.sha256(CONTRACT).hexdigest()", "is the base64 of digest(), as text"),
                    ("b64(hashlib.md5(CONTRACT).digest())", "is the base64 of digest(), as text"),
                )
            ),
            (
                "contract(ChecksumSHA256=SHA, **NEW)",
                "{'ChecksumSHA256': SHA, 'IfNoneMatch': '*'}",
                "if-none-match is signed, and was not sent",
            ),
            ("contract(ChecksumSHA256=SHA, **NEW)", "[('If-None-Match', '*')]", "a dict of texts"),
            # The key.
            (
                "sign('lesson-05/else.txt', ChecksumSHA256=SHA)",
                "{'x-amz-checksum-sha256': SHA}",
                "Which key did you sign for",
            ),
        )
    ],
}
