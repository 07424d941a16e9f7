_GALLERY = """
def sign(numbers=range(1000), expires=600, name="lesson-11/gallery/{:04}.jpg", query=None):
    query = {"response-content-disposition": "attachment"} if query is None else query
    keys = [name.format(number) for number in numbers]
    return lab.presigner().urls("GET", keys, expires=expires, query=query)

def but(number, **changed):
    links = list(sign())
    links[number] = list(sign(range(number, number + 1), **changed))[0]
    return links
"""
_PARTS = """
from urllib.request import Request, urlopen
from strict_s3.signing.upload_in_parts import upload
FINISH = {"Bucket": lab.bucket, "Key": "lesson-11/finish.mp4"}

def send(upload_id, *numbers, at=FINISH):
    for number in numbers:
        part = {**at, "UploadId": upload_id, "PartNumber": number}
        url = s3.generate_presigned_url("upload_part", part, 60)
        requests.put(url, data=parts[number - 1])

def complete(upload_id, names=("PartNumber", "ETag"), order=1):
    there = s3.list_parts(**FINISH, UploadId=upload_id).get("Parts", [])
    listed = [{name: part[name] for name in names} for part in there][::order]
    s3.complete_multipart_upload(
        **FINISH, UploadId=upload_id, MultipartUpload={"Parts": listed}
    )

def with_etags(upload_id):
    listed = [{"PartNumber": 2, "ETag": hashlib.md5(parts[1]).hexdigest()}]
    for number in (1, 3):
        url = s3.generate_presigned_url(
            "upload_part", {**FINISH, "UploadId": upload_id, "PartNumber": number}
        )
        etag = requests.put(url, data=parts[number - 1]).headers["ETag"]
        listed.append({"PartNumber": number, "ETag": etag})
    listed.sort(key=lambda part: part["PartNumber"])
    s3.complete_multipart_upload(
        **FINISH, UploadId=upload_id, MultipartUpload={"Parts": listed}
    )

def by_helper(upload_id):
    upload(s3, signer, file, FINISH["Key"], part_size=5 * MIB, progress=False)

def with_key(upload_id, *numbers):
    for number in numbers:
        s3.upload_part(
            **FINISH, UploadId=upload_id, PartNumber=number, Body=parts[number - 1]
        )

def listed(upload_id):
    there = s3.list_parts(**FINISH, UploadId=upload_id)["Parts"]
    return {part["PartNumber"]: part["ETag"] for part in there}

def finish_with(upload_id, etags):
    listed = [{"PartNumber": n, "ETag": etags[n]} for n in sorted(etags)]
    s3.complete_multipart_upload(
        **FINISH, UploadId=upload_id, MultipartUpload={"Parts": listed}
    )

def by_urllib(upload_id):
    etags = listed(upload_id)
    for number in (1, 3):
        part = {**FINISH, "UploadId": upload_id, "PartNumber": number}
        url = s3.generate_presigned_url("upload_part", part, 60)
        put = Request(url, data=parts[number - 1], method="PUT")
        with urlopen(put) as answer:
            etags[number] = answer.headers["ETag"].strip('"')
    finish_with(upload_id, etags)

def by_resource(upload_id):
    send(upload_id, 1, 3)
    s3_resource = boto3.resource("s3", **lab.boto3_args)
    there = s3_resource.MultipartUpload(FINISH["Bucket"], FINISH["Key"], upload_id)
    each = [{"PartNumber": p.part_number, "ETag": p.e_tag} for p in there.parts.all()]
    there.complete(MultipartUpload={"Parts": each})

def what_is_missing(upload_id):
    etags = listed(upload_id)
    with requests.Session() as session:
        for number in {1, 2, 3} - set(etags):
            query = {"partNumber": str(number), "uploadId": upload_id}
            url = lab.presigner().put(FINISH["Key"], expires=60, query=query)
            etags[number] = session.put(url, data=parts[number - 1]).headers["ETag"]
    finish_with(upload_id, etags)

def as_forms(upload_id):
    for number in (1, 3):
        part = {**FINISH, "UploadId": upload_id, "PartNumber": number}
        url = s3.generate_presigned_url("upload_part", part, 60)
        requests.put(url, files={"file": parts[number - 1]})
    complete(upload_id)

def put_whole(upload_id):
    requests.put(s3.generate_presigned_url("put_object", FINISH), data=film)

def begin_again(upload_id):
    other = s3.create_multipart_upload(**FINISH)["UploadId"]
    send(other, 1, 2, 3)
    complete(other)
"""


def _gallery(value: str) -> str:
    return f"{_GALLERY}\ngallery = {value}"


def _finish(value: str) -> str:
    return f"{_PARTS}\nfinish = {value}"


RIGHT = {
    "check_gallery": [
        _gallery("list(sign())"),
        _gallery("tuple(sign(expires=599))"),
        _gallery("sign(query={'response-content-disposition': 'Attachment; filename=\"a.jpg\"'})"),
        _gallery("{link: None for link in sign()}"),
        _gallery("map(str, sign(expires=10 * 60))"),
        _gallery("""[
    s3.generate_presigned_url("get_object", {
        "Bucket": lab.bucket, "Key": f"lesson-11/gallery/{number:04}.jpg",
        "ResponseContentDisposition": f"attachment; filename={number}.jpg"}, 600)
    for number in range(1000)
]"""),
    ],
    "check_finish": [
        _finish("lambda upload_id: (send(upload_id, 3, 1), complete(upload_id))"),
        _finish("with_etags"),
        _finish("by_helper"),
        _finish("by_urllib"),
        _finish("by_resource"),
        _finish("what_is_missing"),
    ],
}
WRONG = {
    "check_gallery": [
        (_gallery(value), hint)
        for value, hint in (
            ("sign(range(999))", "there are 999 links"),
            ("(1 / 0 for _ in range(9))", "your answer ended with ZeroDivisionError"),
            ("sign(range(1, 1001))", "link 0 is for"),
            ("sign(name='lesson-11/gallery/{}.jpg')", "link 0 is for"),
            ("sign(name='gallery/{:04}.jpg')", "link 0 is for"),
            ("reversed(list(sign()))", "link 0 is for"),
            ("sign(expires=60)", "link 0 is signed for 60 seconds"),
            ("sign(expires=900)", "link 0 is signed for 900 seconds"),
            ("but(700, expires=3600)", "link 700 is signed for 3600"),
            ("sign(query={})", "a browser would show photo 0"),
            ("sign(query={'response-content-disposition': 'inline'})", "a browser would show"),
            ("but(700, query={})", "a browser would show photo 700"),
            (
                "sign(query={'response-content-disposition': 'attachment.jpg'})",
                "would show photo 0",
            ),
            ("sign(query={'Content-Disposition': 'attachment'})", "would show photo 0"),
            ("[next(iter(sign()))] * 1000", "link 1 is for"),
            ("[link + '0' for link in sign()]", "link 0 isn't signed right"),
            ("[link[:-4] + 'beef' if n == 500 else link for n, link in enumerate(sign())]", "500"),
            ("[link.replace('=600', '=605') for link in sign()]", "link 0 isn't signed right"),
            ("'https://'", "should be URLs"),
            ("iter(lambda: f'{lab.where}?X-Amz-Signature', '')", "Does its generator ever end?"),
            ("['http://[?X-Amz-Signature'] * 1000", "link 0 can't be read as a URL"),
            (
                "[link.replace('Signature=', 'Signature=é') for link in sign()]",
                "link 0 isn't signed right",
            ),
            ("[link.rpartition('=')[0] + '=' for link in sign()]", "link 0 isn't signed right"),
            ("[link.replace('=600', '=%C2%B2') for link in sign()]", "link 0 is signed for ²"),
            ("7", "should be URLs"),
            ("range(1000)", "should be a URL"),
        )
    ],
    "check_finish": [
        (_finish(value), hint)
        for value, hint in (
            ("'done'", "should be a function"),
            ("lambda upload_id: None", "no object yet"),
            ("lambda upload_id: send(upload_id, 1, 3)", "no object yet"),
            ("as_forms", "bytes and is not the film"),
            ("lambda: None", "finish ended with TypeError"),
            (
                "lambda upload_id: s3.abort_multipart_upload(**FINISH, UploadId=upload_id)",
                "no object yet",
            ),
            ("complete", "5,242,880 bytes"),
            ("lambda upload_id: (send(upload_id, 1), complete(upload_id))", "10,485,760 bytes"),
            ("lambda upload_id: (send(upload_id, 1, 2, 3), complete(upload_id))", "3 parts were"),
            ("lambda upload_id: (send(upload_id, 1, 3, 3), complete(upload_id))", "3 parts were"),
            ("lambda upload_id: (with_key(upload_id, 1, 3), complete(upload_id))", "with the key"),
            (
                "lambda upload_id: (send(upload_id, 1), with_key(upload_id, 3), "
                "complete(upload_id))",
                "with the key",
            ),
            ("put_whole", "does not end in -3"),
            ("lambda upload_id: s3.put_object(**FINISH, Body=film)", "does not end in -3"),
            ("begin_again", "3 parts were sent"),
            (
                "lambda upload_id: (send(upload_id, 1, 3), complete(upload_id, order=-1))",
                "InvalidPartOrder",
            ),
            (
                "lambda upload_id: (send(upload_id, 1, 3), "
                "complete(upload_id, ('PartNumber', 'ETag', 'Size')))",
                "each part has its PartNumber and ETag",
            ),
            ("lambda: None", "TypeError"),
            ("lambda upload_id: complete(upload_id[:-1])", "NoSuchUpload"),
        )
    ],
}
VARIATIONS = {
    "try_five_minutes": (
        ["five = list(signer.urls('GET', photos, expires=300))"],
        [
            ("five = list(signer.urls('GET', photos, expires=5))", "signed for 5 seconds"),
            ("five = []", "no links"),
        ],
    ),
}
