"""Making, finding and deleting buckets, as recorded on AWS."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import requests
from botocore.exceptions import ClientError

from strict_s3.options import Options
from strict_s3.server.server import LocalS3
from tests.service import Service, allow, error_of

OWNED = "Your previous request to create the named bucket succeeded and you already own it."
INCOMPATIBLE = (
    "The {} location constraint is incompatible for the region specific endpoint this request was "
    "sent to."
)


@pytest.fixture(scope="module")
def virginia():
    """The same in us-east-1, whose endpoint is the global one."""
    service = Service(LocalS3(Options(region="us-east-1")))
    yield service
    service.close_clients()
    service.server.stop()


def create(service, name="new-bucket", location=None, **more):
    """CreateBucket in the service's own region, or in another."""
    location = service.region if location is None else location
    if location not in ("", "us-east-1"):
        more["CreateBucketConfiguration"] = {"LocationConstraint": location}
    return service.client().create_bucket(Bucket=name, **more)


def refusal(function, *arguments, **keywords):
    """Status, code and message of a call that is refused, and its error's other fields."""
    with pytest.raises(ClientError) as caught:
        function(*arguments, **keywords)
    error = dict(caught.value.response["Error"])
    status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return (status, error.pop("Code"), error.pop("Message")), error


@pytest.mark.parametrize(
    "name",
    [
        *("Upper", "under_score", "a..b", "a.", "-ab", "ab-", "192.168.5.4", "ab"),
        *("a" * 64, "xn--abc", "sthree-x", "amzn-s3-demo-x", "abc-s3alias", "abc--ol-s3"),
    ],
)
def test_a_name_that_is_not_valid(service, name):
    url = service.sign("PUT", f"/{name}")
    answer = requests.put(url)
    assert error_of(answer) == (400, "InvalidBucketName", "The specified bucket is not valid.")
    assert f"<BucketName>{name}</BucketName>" in answer.text


@pytest.mark.parametrize("name", ["ab", "a" * 256, "${bucket}", "a b", "arn:aws:s3:::b"])
@pytest.mark.parametrize("path", ["/", "/key"])
def test_a_name_that_no_bucket_can_have_is_never_unknown(service, name, path):
    answer = requests.get(service.sign("GET", f"/{quote(name)}{path}"))
    assert error_of(answer)[:2] == (400, "InvalidBucketName")
    answer = requests.get(service.sign("GET", f"/Old_Name{path}"))
    assert error_of(answer)[:2] == (404, "NoSuchBucket")


@pytest.mark.parametrize("name", ["abc", "a" * 63, "a.b", "1-2", "192.168.5", "xn-abc"])
def test_a_name_that_is_just_valid(service, name):
    assert create(service, name)["BucketArn"] == f"arn:aws:s3:::{name}"


def test_what_create_bucket_answers(service, virginia):
    assert create(service)["Location"] == f"{service.endpoint}/new-bucket/"
    assert create(virginia)["Location"] == "/new-bucket"
    virginia.client().delete_bucket(Bucket="new-bucket")


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("", INCOMPATIBLE.format("unspecified")),
        ("us-east-1", INCOMPATIBLE.format("us-east-1")),
        ("EU", INCOMPATIBLE.format("EU")),
        ("nowhere", INCOMPATIBLE.format("nowhere")),
    ],
)
def test_a_regions_endpoint_creates_buckets_of_that_region_alone(service, location, message):
    where = f"<LocationConstraint>{location}</LocationConstraint>" if location else ""
    body = f"<CreateBucketConfiguration>{where}</CreateBucketConfiguration>"
    answer = requests.put(service.sign("PUT", "/new-bucket"), data=body)
    assert error_of(answer) == (400, "IllegalLocationConstraintException", message)


@pytest.mark.parametrize("location", ["us-east-1", "nowhere", "aws-global"])
def test_the_global_endpoint_knows_no_such_location(virginia, location):
    facts, fields = refusal(
        virginia.client().create_bucket,
        Bucket="new-bucket",
        CreateBucketConfiguration={"LocationConstraint": location},
    )
    assert facts == (
        400,
        "InvalidLocationConstraint",
        "The specified location-constraint is not valid",
    )
    assert fields == {"LocationConstraint": location}


def test_a_bucket_of_another_region_is_signed_for_there(virginia):
    made = create(virginia, "in-oregon", "us-west-2")
    assert made["Location"] == f"{virginia.endpoint}/in-oregon/"
    url = virginia.sign("GET", "/in-oregon", query=[("versioning", "")])
    refused = requests.get(url)
    assert error_of(refused)[:2] == (400, "AuthorizationQueryParametersError")
    assert "<Region>us-west-2</Region>" in refused.text
    there = virginia.sign("GET", "/in-oregon", query=[("versioning", "")], region="us-west-2")
    assert requests.get(there).status_code == 200
    # boto3 signs again for the region that it is told.
    assert virginia.client().head_bucket(Bucket="in-oregon")["BucketRegion"] == "us-west-2"
    s3 = virginia.client()
    assert s3.get_bucket_location(Bucket="in-oregon")["LocationConstraint"] == "us-west-2"
    listed = s3.list_buckets(BucketRegion="us-west-2")["Buckets"]
    assert [bucket["Name"] for bucket in listed] == ["in-oregon"]
    s3.delete_bucket(Bucket="in-oregon")


def test_an_old_name_of_a_region_stays(virginia):
    create(virginia, "in-ireland", "EU")
    s3 = virginia.client()
    assert s3.get_bucket_location(Bucket="in-ireland")["LocationConstraint"] == "EU"
    assert s3.head_bucket(Bucket="in-ireland")["BucketRegion"] == "eu-west-1"
    s3.delete_bucket(Bucket="in-ireland")


def test_the_same_bucket_again(service, virginia):
    facts, fields = refusal(create, service, service.bucket)
    assert facts == (409, "BucketAlreadyOwnedByYou", OWNED)
    assert fields == {"BucketName": service.bucket}
    assert create(virginia, virginia.bucket)["Location"] == f"/{virginia.bucket}"


@pytest.mark.parametrize(
    "more",
    [
        {"CreateBucketConfiguration": {"LocationConstraint": "us-west-1"}},
        {"CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}},
        {"ObjectLockEnabledForBucket": True},
        {"ObjectOwnership": "ObjectWriter"},
    ],
)
def test_the_same_bucket_again_with_a_change(virginia, more):
    facts, _ = refusal(virginia.client().create_bucket, Bucket=virginia.bucket, **more)
    assert facts == (409, "BucketAlreadyOwnedByYou", OWNED)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ACL": "public-read"}, "InvalidBucketAclWithObjectOwnership"),
        ({"GrantRead": f"id={'0' * 64}"}, "InvalidBucketAclWithObjectOwnership"),
        ({"GrantRead": "id=x"}, "InvalidArgument"),
        ({"ACL": "nonsense"}, "InvalidArgument"),
        (
            {"ACL": "public-read", "ObjectOwnership": "ObjectWriter"},
            "InvalidBucketAclWithBlockPublicAccessError",
        ),
        ({"ObjectOwnership": "RandomValue"}, "InvalidArgument"),
        ({"ObjectOwnership": ""}, "InvalidArgument"),
    ],
)
def test_acls_that_a_new_bucket_does_not_take(service, more, code):
    assert refusal(create, service, **more)[0][:2] == (400, code)
    assert "new-bucket" not in service.server.store.buckets


def test_a_new_bucket_may_be_private_and_is(service):
    for name, more in (("new-a", {}), ("new-b", {"ObjectOwnership": "BucketOwnerPreferred"})):
        create(service, name, ACL="private", **more)
    facts, _ = refusal(create, service, ACL="private", GrantRead="id=x")
    assert facts[:2] == (400, "InvalidRequest")


def test_an_acl_that_gives_others_access_is_not_carried_out(service):
    users = "uri=http://acs.amazonaws.com/groups/global/AllUsers"
    facts, fields = refusal(create, service, GrantRead=users, ObjectOwnership="ObjectWriter")
    assert facts[:2] == (501, "NotImplemented")
    assert fields == {"Header": "x-amz-grant-read"}


def test_what_a_new_bucket_can_be_told_to_be(service):
    create(
        service,
        ACL="private",
        ObjectOwnership="BucketOwnerPreferred",
        ObjectLockEnabledForBucket=True,
    )
    s3, at = service.client(), {"Bucket": "new-bucket"}
    rule = s3.get_bucket_ownership_controls(**at)["OwnershipControls"]["Rules"]
    assert rule == [{"ObjectOwnership": "BucketOwnerPreferred"}]
    assert s3.get_bucket_versioning(**at)["Status"] == "Enabled"
    locked = s3.get_object_lock_configuration(**at)["ObjectLockConfiguration"]
    assert locked == {"ObjectLockEnabled": "Enabled"}


def test_what_a_new_bucket_is_if_nothing_is_said(service):
    for headers in ({}, {"ObjectLockEnabledForBucket": False}):
        create(service, f"new-bucket-{len(headers)}", **headers)
        s3, at = service.client(), {"Bucket": f"new-bucket-{len(headers)}"}
        rule = s3.get_bucket_ownership_controls(**at)["OwnershipControls"]["Rules"]
        assert rule == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert "Status" not in s3.get_bucket_versioning(**at)
        facts, _ = refusal(s3.get_object_lock_configuration, **at)
        assert facts[:2] == (404, "ObjectLockConfigurationNotFoundError")


@pytest.mark.parametrize("values", [("false", "true"), ("true", "false"), ("false", "false")])
def test_a_parameter_that_is_there_twice_is_read_once(service, values):
    """What is authorised is what is carried out: the first counts for both."""
    keys = service.user("ann", allow("s3:CreateBucket"))
    query = [("x-amz-bucket-object-lock-enabled", value) for value in values]
    signer = {"access_key": keys["AccessKeyId"], "secret_key": keys["SecretAccessKey"]}
    url = service.sign("PUT", "/new-bucket", query=query, **signer)
    body = (
        "<CreateBucketConfiguration><LocationConstraint>eu-west-2</LocationConstraint>"
        "</CreateBucketConfiguration>"
    )
    answer = requests.put(url, data=body)
    assert answer.status_code == (403 if values[0] == "true" else 200)
    made = service.server.store.buckets.get("new-bucket")
    assert made is None or not made.settings.object_lock


def test_tags_of_a_new_bucket(service):
    tags = [{"Key": "team", "Value": "blue"}]
    where = {"LocationConstraint": service.region, "Tags": tags}
    s3 = service.client()
    s3.create_bucket(Bucket="new-bucket", CreateBucketConfiguration=where)
    assert s3.get_bucket_tagging(Bucket="new-bucket")["TagSet"] == tags
    where["Tags"] = [{"Key": "aws:x", "Value": ""}]
    facts, _ = refusal(s3.create_bucket, Bucket="another", CreateBucketConfiguration=where)
    assert facts[:2] == (400, "InvalidTag")
    assert facts[2].startswith("User-defined tag keys can't start with")


def test_tags_of_a_new_bucket_need_a_permission(service):
    where = {"LocationConstraint": service.region, "Tags": [{"Key": "a", "Value": "b"}]}
    for number, actions in enumerate((["s3:CreateBucket"], ["s3:CreateBucket", "s3:TagResource"])):
        s3 = service.client(keys=service.user(f"ann{number}", allow(*actions)))
        if number == 0:
            s3.create_bucket(
                Bucket="untagged",
                CreateBucketConfiguration={"LocationConstraint": service.region},
            )
            facts, _ = refusal(s3.create_bucket, Bucket="mine", CreateBucketConfiguration=where)
            assert (facts[0], "s3:TagResource" in facts[2]) == (403, True)
        else:
            s3.create_bucket(Bucket="mine", CreateBucketConfiguration=where)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<CreateBucketConfiguration/>", "IllegalLocationConstraintException"),
        ("<Other/>", "MalformedXML"),
        ("<CreateBucketConfiguration><Other/></CreateBucketConfiguration>", "MalformedXML"),
        (
            "<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket>"
            "</CreateBucketConfiguration>",
            "NotImplemented",
        ),
        (
            "<CreateBucketConfiguration><Location><Name>euw2-az1</Name></Location>"
            "</CreateBucketConfiguration>",
            "NotImplemented",
        ),
    ],
)
def test_documents_that_create_no_bucket(service, body, code):
    answer = requests.put(service.sign("PUT", "/new-bucket"), data=body)
    assert error_of(answer)[1] == code


def test_a_namespace_of_ones_own_is_not_carried_out(service):
    for value, expected in (("account-regional", 501), ("global", 200)):
        headers = {"x-amz-bucket-namespace": value}
        body = (
            f"<CreateBucketConfiguration><LocationConstraint>{service.region}"
            "</LocationConstraint></CreateBucketConfiguration>"
        )
        url = service.sign("PUT", "/new-bucket", headers=headers)
        assert requests.put(url, data=body, headers=headers).status_code == expected


def test_a_bucket_that_is_not_empty_is_not_deleted(service):
    s3, at = service.client(), {"Bucket": service.bucket}
    service.put("k")
    facts, fields = refusal(s3.delete_bucket, **at)
    assert facts == (409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
    assert fields == {"BucketName": service.bucket}
    s3.put_bucket_versioning(**at, VersioningConfiguration={"Status": "Enabled"})
    assert refusal(s3.delete_bucket, **at)[0] == (
        409,
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
    )


def test_a_delete_marker_alone_keeps_a_bucket(service):
    bucket = service.server.store.buckets[service.bucket]
    bucket.settings.versioning = "Enabled"
    marker = bucket.delete("k", service.server.clock.now())
    assert refusal(service.client().delete_bucket, Bucket=service.bucket)[0][0] == 409
    bucket.remove("k", marker.version_id)
    service.client().delete_bucket(Bucket=service.bucket)


def test_uploads_under_way_end_with_their_bucket(service):
    s3, at = service.client(), {"Bucket": service.bucket}
    s3.create_multipart_upload(**at, Key="k")
    assert s3.delete_bucket(**at)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(s3.delete_bucket, **at)[0][:2] == (404, "NoSuchBucket")
    create(service, service.bucket)
    assert "Uploads" not in s3.list_multipart_uploads(**at)


def test_a_deleted_buckets_settings_are_gone(service):
    create(service)
    s3, at = service.client(), {"Bucket": "new-bucket"}
    s3.put_bucket_tagging(**at, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_bucket(**at)
    create(service)
    assert refusal(s3.get_bucket_tagging, **at)[0][:2] == (404, "NoSuchTagSet")


def test_head_bucket(service):
    answer = requests.head(service.sign("HEAD", f"/{service.bucket}"))
    shown = {name: value for name, value in answer.headers.items() if name.startswith("x-amz-")}
    del shown["x-amz-request-id"], shown["x-amz-id-2"]
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert shown == {
        "x-amz-bucket-arn": f"arn:aws:s3:::{service.bucket}",
        "x-amz-bucket-region": service.region,
        "x-amz-access-point-alias": "false",
    }
    denied = requests.head(f"{service.endpoint}/{service.bucket}")
    assert (denied.status_code, denied.headers["x-amz-bucket-region"]) == (403, service.region)
    missing = requests.head(service.sign("HEAD", "/not-there"))
    assert "x-amz-bucket-region" not in missing.headers
    assert (missing.status_code, missing.content) == (404, b"")


def test_location(service, virginia):
    for where, expected in ((service, service.region), (virginia, None)):
        answer = where.client().get_bucket_location(Bucket=where.bucket)
        assert answer["LocationConstraint"] == expected


def names(answer):
    return [bucket["Name"] for bucket in answer["Buckets"]]


def test_list_buckets(service):
    for name in ("zoo", "ant", "ape"):
        create(service, name)
    s3 = service.client()
    everything = s3.list_buckets()
    assert names(everything) == ["ant", "ape", service.bucket, "zoo"]
    assert set(everything["Owner"]) == {"ID"}
    assert len(everything["Owner"]["ID"]) == 64
    assert set(everything["Buckets"][0]) == {"Name", "CreationDate", "BucketArn"}
    some = s3.list_buckets(Prefix="a")
    assert (names(some), some["Prefix"]) == (["ant", "ape"], "a")
    assert some["Buckets"][0]["BucketRegion"] == service.region
    assert names(s3.list_buckets(Prefix="A")) == []
    assert names(s3.list_buckets(BucketRegion=service.region)) == names(everything)


def test_the_endpoint_for_every_region_lists_those_of_one(virginia):
    assert names(virginia.client().list_buckets(BucketRegion="us-east-1")) == [virginia.bucket]
    assert names(virginia.client().list_buckets(BucketRegion="eu-central-1")) == []


def test_list_buckets_page_by_page(service):
    for name in ("ant", "ape", "zoo"):
        create(service, name)
    s3, found, token = service.client(), [], ""
    while True:
        page = s3.list_buckets(MaxBuckets=1, ContinuationToken=token)
        found += names(page)
        if "ContinuationToken" not in page:
            break
        token = page["ContinuationToken"]
    assert found == ["ant", "ape", service.bucket, "zoo"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("bucket-region=eu-east-1", "Argument value eu-east-1 is not a valid AWS Region"),
        (
            "bucket-region=us-east-1",
            "Requests with bucket-region specified must be made to the corresponding regional "
            "endpoint",
        ),
        ("max-buckets=0", "Argument max-buckets must be an integer between 1 and 10000"),
        ("max-buckets=10001", "Argument max-buckets must be an integer between 1 and 10000"),
        ("max-buckets=all", "Provided max-buckets not an integer or within integer range"),
        ("max-buckets=-01", "Argument max-buckets must be an integer between 1 and 10000"),
        ("continuation-token=~", "The continuation token provided is incorrect"),
    ],
)
def test_what_list_buckets_does_not_understand(service, asked, message):
    answer = requests.get(service.sign("GET", "/", query=[tuple(asked.split("="))]))
    assert error_of(answer) == (400, "InvalidArgument", message)
    assert f"<ArgumentName>{asked.partition('=')[0]}</ArgumentName>" in answer.text
