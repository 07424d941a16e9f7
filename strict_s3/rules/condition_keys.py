"""The condition keys of AWS: which of them requests here have, and for which actions.

Sources: "AWS global condition context keys"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html) and
"Actions, resources, and condition keys for Amazon S3"
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
Those of IAM and STS are in the lists beside that one. `context` and `iam_operations` fill them in.
A test has a Deny and an Allow for each key in `GIVEN`.
"""

from __future__ import annotations

_GIVEN = """
    aws:CurrentTime aws:EpochTime aws:MultiFactorAuthPresent aws:PrincipalAccount aws:PrincipalArn
    aws:PrincipalIsAWSService aws:PrincipalTag/ aws:PrincipalType aws:referer aws:RequestTag/
    aws:RequestedRegion aws:ResourceAccount aws:ResourceTag/ aws:SecureTransport aws:SourceIdentity
    aws:SourceIp aws:TagKeys aws:TokenIssueTime aws:UserAgent aws:userid aws:username
    aws:ViaAWSService
    s3:authType s3:delimiter s3:ExistingObjectTag/ s3:if-match s3:if-none-match
    s3:locationconstraint s3:max-keys s3:object-lock-legal-hold s3:object-lock-mode
    s3:object-lock-remaining-retention-days s3:object-lock-retain-until-date
    s3:ObjectCreationOperation s3:prefix s3:RequestObjectTag/ s3:RequestObjectTagKeys
    s3:ResourceAccount s3:signatureAge s3:signatureversion s3:VersionId s3:x-amz-acl
    s3:x-amz-bucket-namespace s3:x-amz-content-sha256 s3:x-amz-copy-source
    s3:x-amz-grant-full-control s3:x-amz-grant-read s3:x-amz-grant-read-acp s3:x-amz-grant-write
    s3:x-amz-grant-write-acp s3:x-amz-metadata-directive s3:x-amz-object-ownership
    s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-aws-kms-key-id
    s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-storage-class
    s3:x-amz-website-redirect-location

    iam:PermissionsBoundary iam:PolicyARN iam:ResourceTag/ sts:ExternalId sts:RoleSessionName
    sts:SourceIdentity sts:TransitiveTagKeys"""
GIVEN = frozenset(_GIVEN.split())
# No request here has these, as on AWS none has them that is of this kind.
NEVER = {
    "no AWS service acts for somebody": """
        aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:ChatbotSourceArn
        aws:IsMcpServiceRequest aws:PrincipalServiceName aws:PrincipalServiceNamesList
        aws:SourceAccount aws:SourceArn aws:SourceOrgID aws:SourceOrgPaths aws:SourceOwner""",
    "the account is in no organization": """
        aws:AssumedRoot aws:PrincipalOrgID aws:PrincipalOrgPaths aws:ResourceOrgID
        aws:ResourceOrgPaths""",
    "requests come from no VPC": """
        aws:Ec2InstanceSourcePrivateIPv4 aws:Ec2InstanceSourceVpc aws:SourceVpc aws:SourceVpcArn
        aws:SourceVpce aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths aws:VpcSourceIp""",
    "there are no MFA devices": "aws:MultiFactorAuthAge",
    "nobody is federated by another provider": "aws:FederatedProvider",
    "TLS, where there is any, ends before this S3": "s3:TlsVersion",
    "buckets are not controlled by their tags": "s3:BucketTag/",
    "there are no access points": """
        s3:AccessPointNetworkOrigin s3:AccessPointTag/ s3:DataAccessPointAccount
        s3:DataAccessPointArn""",
    "there are no access grants": """
        s3:AccessGrantScope s3:AccessGrantsInstanceArn s3:AccessGrantsLocationScope""",
    "there are no batch jobs": """
        s3:ExistingJobOperation s3:ExistingJobPriority s3:JobSuspendedCause
        s3:RequestJobOperation s3:RequestJobPriority""",
    "nothing is replicated": "s3:destinationRegion s3:isReplicationPauseRequest",
    "inventories are not carried out": "s3:InventoryAccessibleOptionalFields",
}
_ALL = {key.lower() for key in (*GIVEN, *" ".join(NEVER.values()).split())}
_TAG_KEYS = tuple(key for key in _ALL if key.endswith("/"))  # a tag's key follows


def is_known(key: str) -> bool:
    """Is this a condition key of AWS or S3, or one of another service?

    >>> is_known("s3:prefix"), is_known("s3:prefixes"), is_known("s3:ExistingObjectTag/a")
    (True, False, True)
    """
    key = key.lower()
    vendor, colon, _ = key.partition(":")
    if not colon:
        return False
    # Keys of other services (ec2:SourceInstanceArn, a web identity's) are for them to know.
    return vendor not in ("aws", "s3") or key in _ALL or key.startswith(_TAG_KEYS)


# Actions that have the key; all others don't, whatever the request.

# "When granting permissions for the PUT Object and DELETE Object operations, this condition key is
# not supported": https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
_EXISTING_TAG = """
    s3:DeleteObjectTagging s3:DeleteObjectVersionTagging s3:GetObject s3:GetObjectAcl
    s3:GetObjectAttributes s3:GetObjectTagging s3:GetObjectVersion s3:GetObjectVersionAcl
    s3:GetObjectVersionAttributes s3:GetObjectVersionTagging s3:PutObjectAcl s3:PutObjectTagging
    s3:PutObjectVersionAcl s3:PutObjectVersionTagging"""
EXISTING_TAG = frozenset(_EXISTING_TAG.split())
LISTING = frozenset(("s3:ListBucket", "s3:ListBucketVersions"))
# With another action they are refused in a bucket policy, as
# https://github.com/humanmade/S3-Uploads/issues/239 quotes AWS. Of other keys no answer is known.
LISTING_KEYS = frozenset(("s3:delimiter", "s3:max-keys", "s3:prefix"))
LOCKING = frozenset(("s3:PutObject", "s3:PutObjectLegalHold", "s3:PutObjectRetention"))
WRITING_OR_DELETING = frozenset(("s3:DeleteObject", "s3:PutObject"))
# Operations that obey the headers for tags and locks; others ignore them, and so do policies.
DESCRIBES_OBJECTS = frozenset(("CopyObject", "CreateMultipartUpload", "PostObject", "PutObject"))
# "For multipart uploads you must specify the s3:ObjectCreationOperation condition key to exempt
# the CreateMultipartUpload, UploadPart, and UploadPartCopy operations":
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
CREATES_OBJECTS = frozenset(("CompleteMultipartUpload", "CopyObject", "PostObject", "PutObject"))


def may_be_listing(action: str) -> bool:
    """Can this action of a policy be one that has the keys of listings?

    >>> may_be_listing("s3:listbucket"), may_be_listing("s3:*"), may_be_listing("s3:GetObject")
    (True, True, False)
    """
    return "*" in action or "?" in action or action.lower() in {name.lower() for name in LISTING}


def has_version(action: str) -> bool:
    """Has the action the key ``s3:VersionId``?"""
    return "ObjectVersion" in action
