"""Refusals that concern buckets and their configurations."""

from __future__ import annotations

from .cause import Cause

_LOCATION_FIX = (
    "Send CreateBucketConfiguration with LocationConstraint set to the client's region; for "
    "us-east-1 leave it out."
)
_UNSET_FIX = 'Put the configuration first, or treat this answer as "there is none".'
_ACL_FIX = "Leave the ACL out, and give access with a bucket policy."

BUCKETS = (
    # The bucket.
    Cause("InvalidBucketName", "", "This is no name that a bucket can have: {BucketName}.",
     "A name has 3 to 63 of a-z, 0-9, dots and hyphens, and begins and ends with a letter or "
     "digit; an IP address and names that AWS reserves aren't allowed.",
     "Choose a name such as my-team-uploads-2026."),
    Cause("BucketAlreadyOwnedByYou", "", "You have this bucket already.",
     "Only in us-east-1 creating it again is no error, if nothing about it would change.",
     "Go on with the bucket that is there, or choose a different name."),
    Cause("BucketNotEmpty", "versions", "The bucket still has versions or delete markers.",
     "With versioning, deleting an object only hides it; S3 deletes a bucket when nothing is left "
     "in it.",
     "List the object versions and delete each by its VersionId, delete markers too.",
          "The bucket you tried to delete is not empty. You must delete all versions in the"
          " bucket."),
    Cause("BucketNotEmpty", "", "The bucket still has objects.",
     "S3 deletes a bucket when nothing is left in it.", "Delete the objects first."),
    Cause("IllegalLocationConstraintException", "",
     "The bucket's location isn't the endpoint's region.",
     "The endpoint of a region creates buckets in that region only; only us-east-1's endpoint "
     "creates them elsewhere.", _LOCATION_FIX,
          "The unspecified location constraint is incompatible for the region specific "
          "endpoint this request was sent to."),
    Cause("InvalidLocationConstraint", "", "There is no such location: {LocationConstraint}.",
     "us-east-1 is written by leaving the LocationConstraint out; all others by their region "
     "codes.", _LOCATION_FIX),
    Cause("InvalidBucketState", "", "The bucket's other settings don't allow this.",
     "Object Lock and replication need versioning, and keep it enabled.",
     "Enable versioning first; it can't be suspended while one of them is there."),
    Cause("PolicyTooLarge", "", "The bucket policy is too large.",
     "It may have 20 KB, blanks not counted.",
     "Join statements, or use a condition on aws:PrincipalArn or aws:PrincipalOrgID in place of "
     "long lists."),
    # ACLs.
    Cause("InvalidBucketAclWithObjectOwnership", "", "New buckets have ACLs disabled.",
     "An ACL that gives access to others needs Object Ownership of BucketOwnerPreferred or "
     "ObjectWriter.", _ACL_FIX),
    Cause("InvalidBucketAclWithBlockPublicAccessError", "", "New buckets block public ACLs.",
     "Block Public Access is on in every new bucket.", _ACL_FIX),
    Cause("MalformedACLError", "", "The ACL's XML isn't as S3 expects it.",
     "It needs an Owner and an AccessControlList, whose grants have a grantee with a type and a "
     "permission.", _ACL_FIX),
    Cause("MissingSecurityHeader", "^MissingHeaderName: (?!x-amz-acl)",
     "A header is missing that S3 needs: {MissingHeaderName}.",
     "A request that is signed in its Authorization header has to carry it.",
     "Let an SDK sign the request, and send every header that it signed.",
     fields=(("MissingHeaderName", "x-amz-content-sha256"),),
     source="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html"),
    Cause("MissingSecurityHeader", "", "The request says nothing: {MissingHeaderName} is missing.",
     "An ACL comes in that header, in x-amz-grant-* headers or in the body.", "Send one of them."),
    Cause("UnexpectedContent", "", "The request has a body, and none belongs there.",
     "The ACL is in a header already.", "Send either the header or the body."),
    # Logging.
    Cause("InvalidTargetBucketForLogging", "", "The logs' bucket isn't there: {TargetBucket}.",
     "Access logs go to a bucket of the same account and region.", "Create that bucket first."),
    Cause("CrossLocationLoggingProhibitted", "", "The logs' bucket is in a different region.",
     "S3 delivers access logs within a region only ({TargetBucketLocation} is the target's).",
     "Choose a bucket in the same region."),
    # What a bucket doesn't have.
    Cause("NoSuchBucketPolicy", "", "The bucket has no policy.",
     "Nobody has put one, or it has been deleted.", _UNSET_FIX),
    Cause("NoSuchConfiguration", "", "The bucket has no such configuration.",
     "Analytics, inventories, intelligent tiering and metrics have an id each; none has this one.",
     "List them to see which ids there are."),
    Cause("NoSuchCORSConfiguration", "", "The bucket has no CORS rules.",
     "Without them browsers let no page of another origin read its answers.", _UNSET_FIX),
    Cause("NoSuchLifecycleConfiguration", "", "The bucket has no lifecycle rules.",
     "So nothing in it ends by itself.", _UNSET_FIX),
    Cause("NoSuchPublicAccessBlockConfiguration", "", "The bucket blocks no public access.",
     "Its configuration has been deleted; the account's own may still block it.", _UNSET_FIX),
    Cause("NoSuchTagSet", "", "The bucket has no tags.",
     "An empty set of tags counts as none.", _UNSET_FIX),
    Cause("NoSuchWebsiteConfiguration", "", "The bucket is no website.",
     "It has no website configuration.", _UNSET_FIX),
    Cause("ObjectLockConfigurationNotFoundError", "", "The bucket has no Object Lock.",
     "It is enabled at creation, or later on a bucket with versioning.", _UNSET_FIX),
    Cause("OwnershipControlsNotFoundError", "", "The bucket has no ownership controls.",
     "They have been deleted, and with that its ACLs are enabled.", _UNSET_FIX),
    Cause("ReplicationConfigurationNotFoundError", "", "The bucket replicates nothing.",
     "It has no replication configuration.", _UNSET_FIX),
)  # fmt: skip
