"""Configurations of a bucket: what is kept, what is read, and what S3 refuses in which words."""

from __future__ import annotations

import json

import pytest
import requests
from botocore.exceptions import ClientError

from tests.service import allow, document, error_of

MALFORMED = (
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)
NOT_THERE = {
    "cors": ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    "lifecycle": ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    "object-lock": (
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket",
    ),
    "policy": ("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "policyStatus": ("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "replication": (
        "ReplicationConfigurationNotFoundError",
        "The replication configuration was not found",
    ),
    "tagging": ("NoSuchTagSet", "The TagSet does not exist"),
    "website": (
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
    ),
}
UNSET = {
    "accelerate": "<AccelerateConfiguration/>",
    "logging": "<BucketLoggingStatus/>",
    "notification": "<NotificationConfiguration/>",
    "requestPayment": "<RequestPaymentConfiguration><Payer>BucketOwner</Payer>"
    "</RequestPaymentConfiguration>",
    "versioning": "<VersioningConfiguration/>",
    "ownershipControls": "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced"
    "</ObjectOwnership></Rule></OwnershipControls>",
    "publicAccessBlock": "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
    "<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>"
    "<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
    "encryption": "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
    "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>"
    "false</BucketKeyEnabled><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>"
    "</BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>",
}
XMLNS = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def get(service, configuration):
    return requests.get(service.sign("GET", f"/{service.bucket}", query=[(configuration, "")]))


def delete(service, configuration):
    url = service.sign("DELETE", f"/{service.bucket}", query=[(configuration, "")])
    return requests.delete(url)


def shown(answer):
    """The document of an answer, without its first line and namespace."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/xml"
    first, _, rest = answer.text.partition("\n")
    assert first == '<?xml version="1.0" encoding="UTF-8"?>'
    assert rest.count(XMLNS) == 1
    return rest.replace(XMLNS, "")


@pytest.mark.parametrize("configuration", NOT_THERE)
def test_what_a_new_bucket_does_not_have(service, configuration):
    answer = get(service, configuration)
    assert error_of(answer) == (404, *NOT_THERE[configuration])
    assert f"<BucketName>{service.bucket}</BucketName>" in answer.text


@pytest.mark.parametrize("configuration", UNSET)
def test_what_a_new_bucket_has(service, configuration):
    assert shown(get(service, configuration)) == UNSET[configuration]


@pytest.mark.parametrize(
    "configuration",
    [
        *("cors", "encryption", "lifecycle", "ownershipControls", "policy"),
        *("publicAccessBlock", "replication", "tagging", "website"),
    ],
)
def test_deleting_twice(service, configuration):
    assert [delete(service, configuration).status_code for _ in range(2)] == [204, 204]


TAGS = "<Tagging><TagSet><Tag><Key>b</Key><Value>1</Value></Tag><Tag><Key>a</Key><Value/>"
# Configurations that are kept; what is read after them, if it isn't the same.
KEPT = [
    ("accelerate", "<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>"),
    (
        "cors",
        "<CORSConfiguration><CORSRule><ID>one</ID><AllowedHeader>*</AllowedHeader><AllowedMethod>"
        "GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>https://a.example"
        "</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>30</MaxAgeSeconds>"
        "</CORSRule></CORSConfiguration>",
    ),
    (
        "ownershipControls",
        UNSET["ownershipControls"].replace("BucketOwnerEnforced", "ObjectWriter"),
    ),
    ("publicAccessBlock", UNSET["publicAccessBlock"].replace("true", "false", 2)),
    ("tagging", f"{TAGS}</Tag></TagSet></Tagging>"),
    ("versioning", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"),
    (
        "website",
        "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>"
        "<RoutingRules><RoutingRule><Condition><KeyPrefixEquals>a/</KeyPrefixEquals></Condition>"
        "<Redirect><ReplaceKeyPrefixWith>b/</ReplaceKeyPrefixWith></Redirect></RoutingRule>"
        "</RoutingRules></WebsiteConfiguration>",
    ),
]


@pytest.mark.parametrize(("configuration", "body"), KEPT)
def test_what_is_put_is_read(service, configuration, body):
    before = get(service, configuration)
    answer = service.put_document(configuration, body)
    assert answer.status_code == (204 if configuration == "tagging" else 200), answer.text
    assert answer.content == b""
    assert shown(get(service, configuration)) == body
    if delete(service, configuration).status_code == 204:
        after = get(service, configuration)
        gone = error_of(after)[1] if after.status_code == 404 else ""
        assert gone or after.text == before.text


def test_elements_are_read_in_s3s_order_without_blanks(service):
    sent = (
        f"<CORSConfiguration{XMLNS}>\n  <CORSRule>\n    <AllowedOrigin>*</AllowedOrigin>\n"
        "    <MaxAgeSeconds> 030 </MaxAgeSeconds><AllowedMethod>GET</AllowedMethod></CORSRule>"
        "</CORSConfiguration>"
    )
    assert service.put_document("cors", sent).status_code == 200
    assert shown(get(service, "cors")) == (
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*"
        "</AllowedOrigin><MaxAgeSeconds>30</MaxAgeSeconds></CORSRule></CORSConfiguration>"
    )


NESTED = {
    "accelerate": "AccelerateConfiguration",
    "encryption": "ServerSideEncryptionConfiguration",
    "cors": "CORSConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "logging": "BucketLoggingStatus",
    "notification": "NotificationConfiguration",
    "object-lock": "ObjectLockConfiguration",
    "ownershipControls": "OwnershipControls",
    "publicAccessBlock": "PublicAccessBlockConfiguration",
    "replication": "ReplicationConfiguration",
    "requestPayment": "RequestPaymentConfiguration",
    "tagging": "Tagging",
    "versioning": "VersioningConfiguration",
    "website": "WebsiteConfiguration",
}


@pytest.mark.parametrize("configuration", NESTED)
def test_documents_that_are_none(service, configuration):
    name = NESTED[configuration]
    for body in ("no xml", "<Other/>", f"<{name}><Other/></{name}>", f"<{name}>"):
        assert error_of(service.put_document(configuration, body)) == MALFORMED, body
    empty = service.put_document(configuration, "")
    assert error_of(empty) == (400, "MissingRequestBodyError", "Request Body is empty")


@pytest.mark.parametrize(
    "configuration", ["cors", "lifecycle", "object-lock", "replication", "tagging"]
)
def test_documents_that_need_a_digest(service, configuration):
    url = service.sign("PUT", f"/{service.bucket}", query=[(configuration, "")])
    assert error_of(requests.put(url, data="<Other/>")) == (
        400,
        "InvalidRequest",
        "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    )
    crc = {"x-amz-checksum-crc32": "bGHQXA=="}
    url = service.sign("PUT", f"/{service.bucket}", query=[(configuration, "")], headers=crc)
    assert error_of(requests.put(url, data="<Other/>", headers=crc))[1] != "InvalidRequest"


def put_retention(mode="GOVERNANCE", **period):
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in period.items())
    return (
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>"
        f"<DefaultRetention><Mode>{mode}</Mode>{inner}</DefaultRetention></Rule>"
        "</ObjectLockConfiguration>"
    )


NO_RETENTION = (
    "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
    "</ObjectLockConfiguration>"
)


def test_object_lock_needs_versions_and_then_keeps_them(service):
    for status in (None, "Suspended"):
        if status:
            service.put_document("versioning", KEPT[5][1])
        answer = service.put_document("object-lock", NO_RETENTION)
        assert error_of(answer) == (
            409,
            "InvalidBucketState",
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        )
    enabled = KEPT[5][1].replace("Suspended", "Enabled")
    service.put_document("versioning", enabled)
    assert service.put_document("object-lock", put_retention(Days=1)).status_code == 200
    assert shown(get(service, "object-lock")) == put_retention(Days=1)
    assert error_of(service.put_document("versioning", KEPT[5][1])) == (
        409,
        "InvalidBucketState",
        "An Object Lock configuration is present on this bucket, so the versioning state cannot "
        "be changed.",
    )
    assert service.put_document("versioning", enabled).status_code == 200
    # Without a rule there is no default retention any more, but still Object Lock.
    assert service.put_document("object-lock", NO_RETENTION).status_code == 200
    assert shown(get(service, "object-lock")) == NO_RETENTION


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        ("<ObjectLockConfiguration/>", MALFORMED),
        (NO_RETENTION.replace("</ObjectLockC", "<Rule/></ObjectLockC"), MALFORMED),
        (put_retention(), MALFORMED),
        (put_retention("BAD-VALUE", Days=1), MALFORMED),
        (put_retention(Days=1, Years=1), MALFORMED),
        (put_retention(Days="x"), MALFORMED),
        (
            put_retention(Days=0),
            (400, "InvalidArgument", "Default retention period must be a positive integer value."),
        ),
        (
            put_retention(Years=-1),
            (400, "InvalidArgument", "Default retention period must be a positive integer value."),
        ),
        (
            put_retention(Days=36501),
            (400, "InvalidArgument", "Default retention period too large."),
        ),
        (put_retention(Years=101), (400, "InvalidArgument", "Default retention period too large.")),
    ],
)
def test_object_lock_configurations_that_are_not_valid(service, body, facts):
    service.put_document("versioning", KEPT[5][1].replace("Suspended", "Enabled"))
    assert error_of(service.put_document("object-lock", body)) == facts


@pytest.mark.parametrize("period", [{"Days": 36500}, {"Years": 100}])
def test_the_longest_default_retention(service, period):
    service.put_document("versioning", KEPT[5][1].replace("Suspended", "Enabled"))
    assert service.put_document("object-lock", put_retention(**period)).status_code == 200


def test_mfa_delete_is_not_carried_out(service):
    body = (
        "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>{}</MfaDelete>"
        "</VersioningConfiguration>"
    )
    refused = service.put_document("versioning", body.format("Enabled"))
    assert error_of(refused)[:2] == (501, "NotImplemented")
    assert service.put_document("versioning", body.format("Disabled")).status_code == 200


def test_switches_that_are_not_named_are_off(service):
    body = (
        "<PublicAccessBlockConfiguration><BlockPublicAcls>TRUE</BlockPublicAcls>"
        "</PublicAccessBlockConfiguration>"
    )
    assert service.put_document("publicAccessBlock", body).status_code == 200
    expected = UNSET["publicAccessBlock"].replace("true", "false")
    expected = expected.replace("Acls>false</BlockPublicAcls", "Acls>true</BlockPublicAcls")
    assert shown(get(service, "publicAccessBlock")) == expected
    empty = service.put_document("publicAccessBlock", "<PublicAccessBlockConfiguration/>")
    message = "Must specify at least one configuration."
    assert error_of(empty) == (400, "InvalidRequest", message)
    delete(service, "publicAccessBlock")
    assert error_of(get(service, "publicAccessBlock")) == (
        404,
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
    )


def test_without_ownership_controls(service):
    delete(service, "ownershipControls")
    assert error_of(get(service, "ownershipControls")) == (
        404,
        "OwnershipControlsNotFoundError",
        "The bucket ownership controls were not found",
    )


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "<Rule/>",
        "<Rule><ObjectOwnership>RandomValue</ObjectOwnership></Rule>",
        "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>" * 2,
    ],
)
def test_ownership_controls_that_are_not_valid(service, rules):
    body = f"<OwnershipControls>{rules}</OwnershipControls>"
    assert error_of(service.put_document("ownershipControls", body)) == MALFORMED


# Encryption.


def put_encryption(service, key_id=None, bucket_key=None, algorithm="aws:kms", **rule):
    by_default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key_id} if key_id else {})
    rule["ApplyServerSideEncryptionByDefault"] = by_default
    if bucket_key is not None:
        rule["BucketKeyEnabled"] = bucket_key
    return service.client().put_bucket_encryption(
        Bucket=service.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def get_encryption(service):
    answer = service.client().get_bucket_encryption(Bucket=service.bucket)
    return answer["ServerSideEncryptionConfiguration"]["Rules"][0]


KEY_ID = "11111111-2222-3333-4444-555555555555"


def test_default_encryption_of_new_objects(service):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    put_encryption(service, f"arn:aws:kms:{service.region}:123456789012:key/{KEY_ID}", True)
    rule = get_encryption(service)
    assert rule["BucketKeyEnabled"] is True
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    for answer in (s3.put_object(**at, Body=b"x"), s3.head_object(**at)):
        assert answer["ServerSideEncryption"] == "aws:kms"
        assert answer["SSEKMSKeyId"].endswith(f"key/{KEY_ID}")
        assert answer["BucketKeyEnabled"] is True
    s3.delete_bucket_encryption(Bucket=service.bucket)
    assert s3.head_object(**at)["ServerSideEncryption"] == "aws:kms"
    assert s3.put_object(**at, Body=b"x")["ServerSideEncryption"] == "AES256"
    assert get_encryption(service)["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "AES256"
    }


def test_a_bucket_key_without_kms_is_kept_and_means_nothing(service):
    put_encryption(service, None, True, "AES256")
    assert get_encryption(service)["BucketKeyEnabled"] is True


@pytest.mark.parametrize(
    ("rules", "facts"),
    [
        ([], MALFORMED),
        ([{}], MALFORMED),
        ([{"BucketKeyEnabled": True}], MALFORMED),
        ([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}] * 2, MALFORMED),
        ([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "ROT13"}}], MALFORMED),
        (
            [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "AES256",
                        "KMSMasterKeyID": "x",
                    }
                }
            ],
            (
                400,
                "InvalidArgument",
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
                "aws:kms:dsse",
            ),
        ),
        ([{"BlockedEncryptionTypes": {"EncryptionType": ["NONE", "SSE-C"]}}], MALFORMED),
    ],
)
def test_encryptions_that_are_not_valid(service, rules, facts):
    with pytest.raises(ClientError) as caught:
        service.client().put_bucket_encryption(
            Bucket=service.bucket, ServerSideEncryptionConfiguration={"Rules": rules}
        )
    error = caught.value.response["Error"]
    status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert (status, error["Code"], error["Message"]) == facts


@pytest.mark.parametrize("blocked", ["SSE-C", "NONE"])
def test_blocking_or_allowing_sse_c_alone(service, blocked):
    rule = {"BlockedEncryptionTypes": {"EncryptionType": [blocked]}}
    service.client().put_bucket_encryption(
        Bucket=service.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    told = get_encryption(service)
    assert told["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert told["BlockedEncryptionTypes"] == {"EncryptionType": [blocked]}
    put_encryption(service, None, False, "AES256")  # which does not name it
    assert get_encryption(service)["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}


# Tags.


def test_an_empty_set_of_tags_is_none(service):
    service.put_document("tagging", KEPT[4][1])
    empty = "<Tagging><TagSet/></Tagging>"
    assert service.put_document("tagging", empty).status_code == 204
    assert error_of(get(service, "tagging"))[1] == "NoSuchTagSet"


@pytest.mark.parametrize(
    ("tags", "facts"),
    [
        (
            [("a", "1"), ("a", "2")],
            ("InvalidTag", "Cannot provide multiple Tags with the same key"),
        ),
        ([("a,b", "1")], ("InvalidTag", "The TagKey you have provided is invalid")),
        ([("a", "1,2")], ("InvalidTag", "The TagValue you have provided is invalid")),
        ([("aws:a", "1")], ("InvalidTag", "System tags cannot be added/updated by requester")),
        (
            [(str(n), "") for n in range(51)],
            ("BadRequest", "Bucket tags cannot be greater than 50"),
        ),
    ],
)
def test_tags_that_are_not_valid(service, tags, facts):
    listed = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in tags)
    answer = service.put_document("tagging", f"<Tagging><TagSet>{listed}</TagSet></Tagging>")
    assert error_of(answer) == (400, *facts)


# Website and acceleration: kept, as far as S3 takes them.

SUFFIX = "The IndexDocument Suffix is not well formed"


@pytest.mark.parametrize(
    ("inner", "code", "message"),
    [
        ("<IndexDocument><Suffix>/i.html</Suffix></IndexDocument>", "InvalidArgument", SUFFIX),
        ("<IndexDocument><Suffix></Suffix></IndexDocument>", "InvalidArgument", SUFFIX),
        (
            "<RedirectAllRequestsTo><HostName>a</HostName></RedirectAllRequestsTo><IndexDocument>"
            "<Suffix>/index.html</Suffix></IndexDocument>",
            "InvalidArgument",
            "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
        ),
        (
            "<ErrorDocument><Key>e.html</Key></ErrorDocument>",
            "InvalidArgument",
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
        ),
        (
            "<IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule><Redirect>"
            "<Protocol>ftp</Protocol></Redirect></RoutingRule></RoutingRules>",
            "InvalidRequest",
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be "
            "selected automatically.",
        ),
        (
            "<IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule><Redirect>"
            "<ReplaceKeyPrefixWith>a</ReplaceKeyPrefixWith><ReplaceKeyWith>b</ReplaceKeyWith>"
            "</Redirect></RoutingRule></RoutingRules>",
            "InvalidRequest",
            "You can only define ReplaceKeyPrefix or ReplaceKey but not both.",
        ),
        (
            "<IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule>"
            "<Condition/><Redirect><HostName>b</HostName></Redirect></RoutingRule></RoutingRules>",
            "InvalidRequest",
            "Condition cannot be empty. To redirect all requests without a condition, the "
            "condition element shouldn't be present.",
        ),
        (
            "<IndexDocument><Suffix>i</Suffix></IndexDocument><ErrorDocument><Key/></ErrorDocument>",
            "InvalidArgument",
            "The ErrorDocument Key is not well formed",
        ),
        (
            "<IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules/>",
            "MalformedXML",
            MALFORMED[2],
        ),
        *(
            (
                "<IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule>"
                f"<Redirect><HttpRedirectCode>{redirect}</HttpRedirectCode></Redirect>"
                "</RoutingRule></RoutingRules>",
                "InvalidRequest",
                f"The provided HTTP redirect code ({redirect}) is not valid. Valid codes are 3XX "
                "except 300.",
            )
            for redirect in ("300", "200", "314", "x")
        ),
        *(
            (
                "<IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule>"
                f"<Condition><HttpErrorCodeReturnedEquals>{error}</HttpErrorCodeReturnedEquals>"
                "</Condition><Redirect><HostName>b</HostName></Redirect></RoutingRule>"
                "</RoutingRules>",
                "InvalidRequest",
                f"The provided HTTP error code ({error}) is not valid. Valid codes are 4XX or 5XX.",
            )
            for error in ("302", "600", "x")
        ),
        (
            "<IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules>"
            + "<RoutingRule><Redirect><HostName>b</HostName></Redirect></RoutingRule>" * 51
            + "</RoutingRules>",
            "InvalidRequest",
            "51 routing rules provided, the number of routing rules in a website configuration is "
            "limited to 50.",
        ),
    ],
)
def test_websites_that_are_not_valid(service, inner, code, message):
    body = f"<WebsiteConfiguration>{inner}</WebsiteConfiguration>"
    assert error_of(service.put_document("website", body)) == (400, code, message)


def test_a_document_that_is_too_long(service):
    body = "<WebsiteConfiguration>" + " " * 2**21
    answer = service.put_document("website", body)
    told = (400, "MaxMessageLengthExceeded", "Your request was too big.")
    assert error_of(answer) == told
    assert "<MaxMessageLengthBytes>2097152<" in answer.text


def test_a_website_that_redirects_everything(service):
    body = (
        "<WebsiteConfiguration><RedirectAllRequestsTo><HostName>a.example</HostName><Protocol>"
        "https</Protocol></RedirectAllRequestsTo></WebsiteConfiguration>"
    )
    assert service.put_document("website", body).status_code == 200


def test_acceleration(service):
    body = "<AccelerateConfiguration><Status>{}</Status></AccelerateConfiguration>"
    assert error_of(service.put_document("accelerate", body.format("enabled"))) == MALFORMED
    where = {"CreateBucketConfiguration": {"LocationConstraint": service.region}}
    service.client().create_bucket(Bucket="with.a.dot", **where)
    url = service.sign("PUT", "/with.a.dot", query=[("accelerate", "")])
    for status in ("Enabled", "random"):
        assert error_of(requests.put(url, data=body.format(status))) == (
            400,
            "InvalidRequest",
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        )


# What would have to be done, and isn't.


def test_where_the_requester_pays_nobody_is_anonymous(service):
    service.put("k", b"body")
    delete(service, "publicAccessBlock")
    service.put_document("policy", public(service, Principal="*"))
    body = "<RequestPaymentConfiguration><Payer>{}</Payer></RequestPaymentConfiguration>"
    url = f"{service.endpoint}/{service.bucket}/k"
    for payer, status in (("Requester", 403), ("BucketOwner", 200)):
        answer = service.put_document("requestPayment", body.format(payer))
        assert answer.status_code == 200
        assert shown(get(service, "requestPayment")) == body.format(payer)
        assert requests.get(url).status_code == status
        assert requests.get(service.presign("get_object", "k")).status_code == 200
    assert error_of(service.put_document("requestPayment", body.format("Me"))) == MALFORMED


def logging(target, prefix="log"):
    return (
        f"<BucketLoggingStatus><LoggingEnabled><TargetBucket>{target}</TargetBucket>"
        f"<TargetPrefix>{prefix}</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
    )


def test_logging_is_not_carried_out(service):
    assert service.put_document("logging", "<BucketLoggingStatus/>").status_code == 200
    missing = service.put_document("logging", logging("not-there"))
    assert error_of(missing) == (
        400,
        "InvalidTargetBucketForLogging",
        "The target bucket for logging does not exist",
    )
    assert "<TargetBucket>not-there</TargetBucket>" in missing.text
    refused = service.put_document("logging", logging(service.bucket))
    assert error_of(refused)[:2] == (501, "NotImplemented")
    assert shown(get(service, "logging")) == UNSET["logging"]


def test_logs_stay_in_their_region(service):
    service.server.store.create_bucket("elsewhere", "us-west-2")
    answer = service.put_document("logging", logging("elsewhere"))
    assert error_of(answer) == (
        403,
        "CrossLocationLoggingProhibitted",
        "Cross S3 location logging not allowed. ",
    )
    assert f"<SourceBucketLocation>{service.region}</SourceBucketLocation>" in answer.text
    assert "<TargetBucketLocation>us-west-2</TargetBucketLocation>" in answer.text


def notification(rule):
    return (
        "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:eu-west-2:123456789012:q"
        "</Queue><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule>"
        f"{rule}</FilterRule></S3Key></Filter></QueueConfiguration></NotificationConfiguration>"
    )


def test_notifications_are_not_carried_out(service):
    assert service.put_document("notification", "<NotificationConfiguration/>").status_code == 200
    for rule in ("", "<Name>prefix</Name>", "<Value>a</Value>"):
        assert error_of(service.put_document("notification", notification(rule))) == MALFORMED
    wrong = service.put_document(
        "notification", notification("<Name>INVALID</Name><Value>a</Value>")
    )
    assert error_of(wrong) == (
        400,
        "InvalidArgument",
        "filter rule name must be either prefix or suffix",
    )
    assert "<ArgumentName>FilterRule.Name</ArgumentName><ArgumentValue>INVALID" in wrong.text
    right = notification("<Name>prefix</Name><Value>a</Value>")
    assert error_of(service.put_document("notification", right))[:2] == (501, "NotImplemented")
    bridge = "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
    assert error_of(service.put_document("notification", bridge))[:2] == (501, "NotImplemented")


def replication(target, status):
    return (
        "<ReplicationConfiguration><Role>arn:aws:iam::123456789012:role/r</Role><Rule><Priority>1"
        f"</Priority><Filter><Prefix>a</Prefix></Filter><Status>{status}</Status><Destination>"
        f"<Bucket>arn:aws:s3:::{target}</Bucket></Destination><DeleteMarkerReplication><Status>"
        "Disabled</Status></DeleteMarkerReplication></Rule></ReplicationConfiguration>"
    )


def test_only_replication_that_is_disabled_is_kept(service):
    body = replication("target", "Disabled")
    assert error_of(service.put_document("replication", body)) == (
        400,
        "InvalidRequest",
        "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    )
    store = service.server.store
    store.buckets[service.bucket].settings.versioning = "Enabled"
    target = None
    for _ in range(2):
        assert error_of(service.put_document("replication", body)) == (
            400,
            "InvalidRequest",
            "Destination bucket must have versioning enabled.",
        )
        target = store.create_bucket("target")
    target.settings.versioning = "Enabled"
    assert service.put_document("replication", body).status_code == 200
    read = shown(get(service, "replication"))
    rule_id = read.partition("<ID>")[2].partition("</ID>")[0]
    assert len(rule_id) == 48
    assert read.replace(f"<ID>{rule_id}</ID>", "") == body
    suspended = service.put_document("versioning", KEPT[5][1])
    assert error_of(suspended)[:2] == (409, "InvalidBucketState")
    enabled = service.put_document("replication", replication("target", "Enabled"))
    assert error_of(enabled)[:2] == (501, "NotImplemented")
    assert delete(service, "replication").status_code == 204
    assert service.put_document("versioning", KEPT[5][1]).status_code == 200


# Policies.


def public(service, **more):
    return document(allow("s3:GetObject", resource=f"arn:aws:s3:::{service.bucket}/*", **more))


def test_a_policy_is_read_as_s3_writes_it(service):
    delete(service, "publicAccessBlock")
    own = f"arn:aws:s3:::{service.bucket}/*"
    put = service.put_document("policy", public(service, Principal={"AWS": ["123456789012"]}))
    assert (put.status_code, put.content) == (204, b"")
    read = get(service, "policy")
    assert read.headers["content-type"] == "application/json"
    assert read.text == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":'
        f'"arn:aws:iam::123456789012:root"}},"Action":"s3:GetObject","Resource":"{own}"}}]}}'
    )
    assert delete(service, "policy").status_code == 204
    assert error_of(get(service, "policy"))[1] == "NoSuchBucketPolicy"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        ("invalid json", "Policies must be valid JSON and the first byte must be '{'"),
        (" {}", "Policies must be valid JSON and the first byte must be '{'"),
    ],
)
def test_policies_that_are_no_json(service, body, message):
    assert error_of(service.put_document("policy", body)) == (400, "MalformedPolicy", message)


def test_the_size_of_a_policy_is_counted_without_blanks(service):
    sid = "x" * 20000
    policy = json.loads(public(service, Principal={"AWS": "123456789012"}, Sid=sid))
    assert service.put_document("policy", json.dumps(policy, indent=99)).status_code == 204
    policy["Statement"][0]["Sid"] = sid + "x" * 480
    assert error_of(service.put_document("policy", json.dumps(policy))) == (
        400,
        "PolicyTooLarge",
        "Policy exceeds the maximum allowed document size.",
    )


def test_public_policies(service):
    s3, at = service.client(), {"Bucket": service.bucket}
    refused = service.put_document("policy", public(service, Principal="*"))
    assert error_of(refused)[:2] == (403, "AccessDenied")
    assert "BlockPublicPolicy setting" in refused.text
    delete(service, "publicAccessBlock")
    for principal, expected in (("*", True), ({"AWS": "123456789012"}, False)):
        s3.put_bucket_policy(**at, Policy=public(service, Principal=principal))
        assert s3.get_bucket_policy_status(**at)["PolicyStatus"]["IsPublic"] is expected


def test_principals_must_exist(service):
    iam, account = service.client("iam"), service.server.root.identity.account
    arn = iam.create_user(UserName="ann", Path="/team/")["User"]["Arn"]
    trust = document(allow("sts:AssumeRole", resource=None, Principal="*"))
    trust = trust.replace(', "Resource": null', "")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust)
    for principal, status in (
        (arn, 204),
        (f"arn:aws:iam::{account}:role/app", 204),
        (f"arn:aws:iam::{account}:user/ann", 400),
        (f"arn:aws:iam::{account}:user/app", 400),
        (f"arn:aws:iam::{account}:role/ann", 400),
        ("arn:aws:iam::111122223333:user/somebody", 204),
    ):
        answer = service.put_document("policy", public(service, Principal={"AWS": principal}))
        assert answer.status_code == status, principal
        if status == 400:
            assert error_of(answer)[1:] == ("MalformedPolicy", "Invalid principal in policy")
            assert f'<Detail>"AWS" : "{principal}"</Detail>' in answer.text


def test_locking_oneself_out_is_not_carried_out(service):
    headers = {"x-amz-confirm-remove-self-bucket-access": "true"}
    url = service.sign("PUT", f"/{service.bucket}", query=[("policy", "")], headers=headers)
    body = public(service, Principal={"AWS": "123456789012"})
    assert error_of(requests.put(url, data=body, headers=headers))[:2] == (501, "NotImplemented")


# ACLs.


def test_the_acl_of_a_bucket(service):
    answer = service.client().get_bucket_acl(Bucket=service.bucket)
    owner = answer["Owner"]
    grantee = owner | {"Type": "CanonicalUser"}
    assert answer["Grants"] == [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]
    assert service.client().list_buckets()["Owner"] == owner


GROUPS = "http://acs.amazonaws.com/groups"
ALL_USERS = f"{GROUPS}/global/AllUsers"


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        ({"ACL": "private"}, (400, "AccessControlListNotSupported")),
        ({"GrantRead": f'uri="{ALL_USERS}"'}, (400, "AccessControlListNotSupported")),
        ({}, (400, "MissingSecurityHeader")),
    ],
)
def test_acls_are_disabled(service, asked, facts):
    with pytest.raises(ClientError) as caught:
        service.client().put_bucket_acl(Bucket=service.bucket, **asked)
    assert caught.value.response["Error"]["Code"] == facts[1]


def acl(owner, *grants):
    return {
        "Owner": {"ID": owner},
        "Grants": [{"Grantee": grantee, "Permission": what} for grantee, what in grants],
    }


def group(uri=ALL_USERS):
    return {"Type": "Group", "URI": uri}


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        ({"ACL": "private"}, None),
        ({"ACL": "fake-acl"}, (400, "InvalidArgument")),
        ({"ACL": "public-read"}, (501, "NotImplemented")),
        ({"GrantWrite": f'uri="{ALL_USERS}"'}, (501, "NotImplemented")),
        (
            {"GrantReadACP": f"uri={GROUPS}/global/AuthenticatedUsers,emailAddress=me@example.com"},
            (405, "MethodNotAllowed"),
        ),
        ({"GrantWrite": "id=" + "0" * 64 + f", uri={ALL_USERS}"}, (501, "NotImplemented")),
        (
            {"GrantWrite": 'fakekey="1234"'},
            (400, "InvalidArgument", "Argument format not recognized"),
        ),
        ({"GrantWrite": 'id="wrong-id"'}, (400, "InvalidArgument", "Invalid id")),
        (
            {"GrantRead": f'uri="{GROUPS}/s3/FakeGroup"'},
            (400, "InvalidArgument", "Invalid group uri"),
        ),
        (
            {},
            (400, "MissingSecurityHeader", "Your request was missing a required header"),
        ),
        (
            {"ACL": "private", "GrantRead": f'uri="{ALL_USERS}"'},
            (
                400,
                "InvalidRequest",
                "Specifying both Canned ACLs and Header Grants is not allowed",
            ),
        ),
    ],
)
def test_acls_of_a_bucket_that_has_them(service, asked, facts):
    delete(service, "ownershipControls")
    delete(service, "publicAccessBlock")
    s3, at = service.client(), {"Bucket": service.bucket}
    if facts is None:
        s3.put_bucket_acl(**at, **asked)
        return
    with pytest.raises(ClientError) as caught:
        s3.put_bucket_acl(**at, **asked)
    error = caught.value.response["Error"]
    status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert (status, error["Code"], error["Message"])[: len(facts)] == facts


def test_acl_documents(service):
    delete(service, "ownershipControls")
    s3, at = service.client(), {"Bucket": service.bucket}
    owner = s3.list_buckets()["Owner"]["ID"]
    mine = ({"Type": "CanonicalUser", "ID": owner}, "FULL_CONTROL")
    mail = {"Type": "AmazonCustomerByEmail", "EmailAddress": "me@example.com"}
    s3.put_bucket_acl(**at, AccessControlPolicy=acl(owner, mine))
    for policy, code in (
        (acl(owner, mine, (group(), "READ")), "NotImplemented"),
        (acl(owner, mine, (group(f"{GROUPS}/s3/LogDelivery"), "WRITE")), "NotImplemented"),
        (acl(owner, mine, (mail, "READ")), "MethodNotAllowed"),
        (acl("wrong-id", mine), "InvalidArgument"),
        (acl(owner, ({"Type": "CanonicalUser", "ID": "wrong-id"}, "READ")), "InvalidArgument"),
        (acl(owner, (group(f"{GROUPS}/s3/Fake"), "READ")), "InvalidArgument"),
        (acl(owner, (group(), "WRONG-PERMISSION")), "MalformedACLError"),
        (acl(owner, ({"Type": "BadType", "ID": owner}, "READ")), "MalformedACLError"),
        ({"Grants": acl(owner, mine)["Grants"]}, "MalformedACLError"),
        ({}, "MalformedACLError"),
    ):
        with pytest.raises(ClientError) as caught:
            s3.put_bucket_acl(**at, AccessControlPolicy=policy)
        assert caught.value.response["Error"]["Code"] == code, policy
    with pytest.raises(ClientError, match="UnexpectedContent"):
        s3.put_bucket_acl(**at, ACL="private", AccessControlPolicy=acl(owner, mine))


def test_acls_of_objects_where_they_are_disabled(service):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    for acl in ("private", "bucket-owner-full-control"):
        s3.put_object(**at, ACL=acl)
    group = {"GrantRead": f"uri={ALL_USERS}"}
    for more in ({"ACL": "bucket-owner-read"}, {"ACL": "public-read"}, group):
        with pytest.raises(ClientError, match="AccessControlListNotSupported"):
            s3.put_object(**at, **more)


def test_acls_of_objects(service):
    """Where ACLs are enabled, those that give nobody else anything are taken."""
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    service.put()
    delete(service, "ownershipControls")
    for acl in ("private", "bucket-owner-read", "bucket-owner-full-control"):
        s3.put_object(**at, ACL=acl)
        s3.put_object_acl(**at, ACL=acl)
        assert len(s3.get_object_acl(**at)["Grants"]) == 1
    for function in (s3.put_object, s3.put_object_acl, s3.create_multipart_upload):
        with pytest.raises(ClientError, match="AccessDenied"):
            function(**at, ACL="public-read")
    delete(service, "publicAccessBlock")
    group = {"GrantRead": f"uri={ALL_USERS}"}
    for more in ({"ACL": "public-read"}, {"ACL": "aws-exec-read"}, group):
        for function in (s3.put_object, s3.put_object_acl, s3.create_multipart_upload):
            with pytest.raises(ClientError, match="NotImplemented"):
                function(**at, **more)
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.put_object(**at, ACL="log-delivery-write")


def test_public_acls_are_blocked(service):
    delete(service, "ownershipControls")
    s3, at = service.client(), {"Bucket": service.bucket}
    for acl in ("public-read", "public-read-write", "authenticated-read"):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_bucket_acl(**at, ACL=acl)
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.put_bucket_acl(**at, ACL="log-delivery-write")
