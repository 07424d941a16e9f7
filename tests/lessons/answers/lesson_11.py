_GALLERY = """
def sign(numbers=range(1000), expires=600, name="lesson-11/gallery/{:04}.jpg", query=None):
    query = {"response-content-disposition": "attachment"} if query is None else query
    keys = [name.format(number) for number in numbers]
    return lab.presigner().urls("GET", keys, expires=expires, query=query)
"""
_PARTS = """
import tempfile
from pathlib import Path
from strict_s3.signing.upload_in_parts import upload
FINISH = {"Bucket": lab.bucket, "Key": "lesson-11/finish.mp4"}

def send(upload_id, *numbers, at=FINISH):
    for number in numbers:
        part = {**at, "UploadId": upload_id, "PartNumber": number}
        url = s3.generate_presigned_url("upload_part", part, 60)
        requests.put(url, data=parts[number - 1])

def complete(upload_id):
    there = s3.list_parts(**FINISH, UploadId=upload_id).get("Parts", [])
    listed = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in there]
    s3.complete_multipart_upload(
        **FINISH, UploadId=upload_id, MultipartUpload={"Parts": listed}
    )

def by_helper(upload_id):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "film").write_bytes(film)
        upload(s3, signer, Path(folder) / "film", FINISH["Key"], part_size=5 * MIB)

def with_key(upload_id):
    for number in (1, 3):
        s3.upload_part(
            **FINISH, UploadId=upload_id, PartNumber=number, Body=parts[number - 1]
        )
    complete(upload_id)
"""


def _gallery(value: str) -> str:
    return f"{_GALLERY}\ngallery = {value}"


def _finish(value: str) -> str:
    return f"{_PARTS}\nfinish = {value}"


RIGHT = {
    "check_gallery": [
        _gallery("list(sign())"),
        _gallery("""[
    s3.generate_presigned_url("get_object", {
        "Bucket": lab.bucket, "Key": f"lesson-11/gallery/{number:04}.jpg",
        "ResponseContentDisposition": f"attachment; filename={number}.jpg"}, 600)
    for number in range(1000)
]"""),
    ],
    "check_finish": [
        _finish("lambda upload_id: (send(upload_id, 3, 1), complete(upload_id))"),
        _finish("by_helper"),
    ],
}
WRONG = {
    "check_gallery": [
        (_gallery(value), hint)
        for value, hint in (
            ("sign(range(999))", "there are 999 links"),
            ("sign(range(1, 1001))", "link 0 is for"),
            ("sign(name='lesson-11/gallery/{}.jpg')", "link 0 is for"),
            ("reversed(list(sign()))", "link 0 is for"),
            ("sign(expires=60)", "after 9 minutes 50"),
            ("sign(expires=900)", "still works after 10 minutes 10"),
            ("sign(query={})", "a browser would show photo 0"),
            ("sign(query={'response-content-disposition': 'inline'})", "a browser would show"),
            ("[link + '0' for link in sign()]", "SignatureDoesNotMatch"),
            ("[*list(sign())[:500], *[link[:-1] for link in list(sign())[500:]]]", "Link 999"),
            ("'https://'", "1000 URLs"),
            ("7", "1000 URLs"),
            ("range(1000)", "should be a URL"),
        )
    ],
    "check_finish": [
        (_finish(value), hint)
        for value, hint in (
            ("'done'", "should be a function"),
            ("lambda upload_id: None", "no object yet"),
            ("lambda upload_id: send(upload_id, 1, 3)", "no object yet"),
            ("complete", "5,242,880 bytes"),
            ("lambda upload_id: (send(upload_id, 1, 2, 3), complete(upload_id))", "3 parts were"),
            ("with_key", "sent with the key"),
            ("lambda: None", "TypeError"),
            ("lambda upload_id: complete(upload_id[:-1])", "NoSuchUpload"),
        )
    ],
}
