"""Refusals that concern who asked, and whether it is allowed."""

from __future__ import annotations

from ...rules.sigv4 import MAX_EXPIRES
from .cause import Cause
from .fixes import SIGN_AGAIN

ACCESS = (
    Cause("AccessDenied", "Request has expired", "The URL has expired.",
          "It was valid until {Expires}; S3's clock says {ServerTime}. S3 checks this only when a "
          "request begins, so a download that is under way continues.",
          f"Sign a new URL. ExpiresIn is in seconds, at most {MAX_EXPIRES:,} (7 days).",
          "Request has expired"),
    Cause("AccessDenied", "not yet valid", "The URL is not valid yet.",
          "It was signed for a later time than S3's ({ServerTime}): the signer's clock is more "
          "than 15 minutes ahead.",
          "Set the clock of the computer that signs (NTP does it), then sign again.",
          "Request is not yet valid"),
    Cause("AccessDenied", r"HeadersNotSigned: (?:.*, ?)?host\b", "The signature does not cover "
                                                                 "the header host.",
          "X-Amz-SignedHeaders does not name host, or names it encoded twice "
          "(content-type%253Bhost). Every client sends Host, so it must be signed.",
          "Let an SDK sign; by hand, X-Amz-SignedHeaders must include host.",
          "There were headers present in the request which were not signed",
          (("HeadersNotSigned", "host"),), "https://github.com/brendanhay/amazonka/issues/272"),
    Cause("AccessDenied", "not signed", "A header was sent that isn't signed: {HeadersNotSigned}.",
          "Host, Content-MD5 and every x-amz-* header change what a request does, so S3 accepts "
          "them only if the signature covers them.",
          "Sign it (give its value when signing, for example ACL=… or Metadata=…), or leave it "
          "out.",
          "There were headers present in the request which were not signed",
          (("HeadersNotSigned", "x-amz-acl"),)),
    Cause("AccessDenied", "Policy expired", "The form has expired.",
          "The policy's expiration has passed.",
          "Make a new form: generate_presigned_post(…, "
          "ExpiresIn=seconds).",
          "Invalid according to Policy: Policy expired."),
    Cause("AccessDenied", r'Policy Condition failed: \["starts-with", "\$([^"]+)", '
                          r'""\]',
          "The form has no field {1}, which its policy demands: {1} is missing.",
          "The condition allows any value, but even such a condition needs the field in the form, "
          "before the file.",
          "Add the field {1} to the form, or leave the condition out when signing.",
          'Invalid according to Policy: Policy Condition failed: ["starts-with", "$Content-Type", '
          '""]',
          source="https://github.com/waynehoover/s3_direct_upload/issues/29"),
    Cause("AccessDenied", "Policy Condition failed$",
          "A condition of the form's policy isn't met.",
          "MinIO answers so and does not say which: a field has a different value, or isn't in the "
          "form at all. A condition only checks a field; it does not add it.",
          "Paste the form too: its fields are then compared with its policy.",
          "Invalid according to Policy: Policy Condition failed",
          source="https://github.com/minio/minio/issues/9382"),
    Cause("AccessDenied", r"Policy Condition failed: (.*)",
          "A condition of the form's policy isn't met: {sentence}.",
          "The field has a different value, or isn't in the form at all. A condition only checks a "
          "field; it does not add it. Date and credential must be the signed ones.",
          "Send the field with a value that the condition allows (add it to Fields too), or sign a "
          "different condition.",
          'Invalid according to Policy: Policy Condition failed: ["eq", "$acl", "private"]'),
    Cause("AccessDenied", r"Extra input fields: bucket\b",
          "The form's policy does not name the bucket.",
          "Every form has the bucket that it is sent to, whether it is among the fields or not, so "
          "the policy needs a condition for it.",
          'Add {"bucket": "my-bucket"} to the conditions; SDKs do so themselves.',
          "Invalid according to Policy: Extra input fields: bucket",
          source="https://github.com/aws/aws-sdk-php/issues/3292"),
    Cause("AccessDenied", r"Extra input fields: (.*)",
          "The form has a field that the policy does not name: {1}.",
          "Every field except file, policy, x-amz-signature and x-ignore-* needs a condition.",
          'Add one when signing (Conditions=[["starts-with", "${1}", ""]] or an exact one), or '
          "leave the field out. boto3 does not turn Fields into conditions.",
          "Invalid according to Policy: Extra input fields: acl"),
    Cause("AccessDenied", r"blocked by the (\w+) block public access setting",
          "Block Public Access refuses it: {1} is on.",
          "The policy or ACL would make something public, and this setting of the bucket or of the "
          "account forbids that, whatever the user is allowed to do.",
          'Name principals instead of "*" (or add a condition such as aws:SourceVpce). To publish '
          "on purpose, turn the setting off for this bucket first.",
          'User: arn:aws:iam::111122223333:user/ci is not authorized to perform: '
          's3:PutBucketPolicy on resource: "arn:aws:s3:::films" because public policies are '
          "blocked by the BlockPublicPolicy block public access setting.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"),
    Cause("AccessDenied",
          r"User: (\S+) is not authorized to perform: (\S+) on resource: (\S+) with an explicit",
          "{1} is not allowed to perform {2} on {3}: a statement denies it.",
          "The signature is right. A Deny in a policy beats every Allow ({policy}).",
          "Find the Deny and look at its Condition: network, https, age of the signature.",
          "User: arn:aws:iam::111122223333:user/signer is not authorized to perform: "
          's3:GetObject on resource: "arn:aws:s3:::films/a.mp4" with an explicit deny in a '
          "resource-based policy"),
    Cause("AccessDenied",
          r"User: (\S+) is not authorized to perform: (\S+) on resource: (\S+)",
          "{1} is not allowed to perform {2} on {3}.",
          "The signature is right. But a request, presigned or not, can do only what its signer is "
          "allowed to do, and S3 checks that at every use. No policy allows it ({policy}).",
          "Allow {2} on {3} to the signer, or sign with a key that is allowed to. A key that "
          "worked before may have lost the permission since.",
          "User: arn:aws:iam::111122223333:user/signer is not authorized to perform: "
          's3:PutObject on resource: "arn:aws:s3:::films/a.mp4" because no identity-based '
          "policy allows the s3:PutObject action"),
    Cause("AccessDenied", "object lock", "The object is protected by Object Lock.",
          "The signature is right. A retention period or a legal hold keeps this version from "
          "being deleted or changed, also for its owner.",
          "Wait until it ends; in governance mode s3:BypassGovernanceRetention and the header "
          "x-amz-bypass-governance-retention can lift it.",
          "Access Denied because object protected by object lock.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html"),
    Cause("AccessDenied", "(?i)mfa auth", "The bucket wants multi-factor authentication for this.",
          "MFA delete is on: deleting a version, or changing the versioning, needs a code. A "
          "presigned URL has none.",
          "Send x-amz-mfa with the device's serial number and code, over https, as the root user.",
          "Mfa Authentication must be used for this request",
          source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html"),
    Cause("AccessDenied", r"Not authorized to perform (sts:AssumeRole\w*)",
          "The role does not let this caller assume it: {1}.",
          "This is the answer of AWS's Security Token Service: the role's trust policy names "
          "another principal, or its Condition (audience, repository, branch) isn't met.",
          "Compare the trust policy with the caller; for OpenID Connect with the token's sub and "
          "aud, letter by letter.",
          "Not authorized to perform sts:AssumeRoleWithWebIdentity",
          source="https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"),
    Cause("AccessDenied", "valid Date", "The request has no time that S3 can read.",
          "Neither x-amz-date nor Date is there in the right format.",
          "Let an SDK sign the request.",
          "AWS authentication requires a valid Date or x-amz-date header"),
    Cause("AccessDenied", "Query-string authentication requires", "The URL is incomplete.",
          "Signature Version 2 needs Signature, Expires and AWSAccessKeyId.", SIGN_AGAIN,
          "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
          "parameters"),
    Cause("AccessDenied", "", "Access is denied.",
          "Three causes look alike. The request isn't signed (the query is missing) and the object "
          "is private. Or the signer lacks the permission. Or the key does not exist, and S3 "
          "doesn't say so because the signer isn't allowed to list the bucket. (A Requester Pays "
          "bucket answers so too, to requests that lack x-amz-request-payer.)",
          "Check that the whole URL arrived, that the signer's policy allows the action on this "
          "key, and how the key is spelled (upper and lower case differ)."),
    Cause("MissingAuthenticationToken", r"^Missing Authentication Token",
          "This is API Gateway's answer: it has no such path and method.",
          "It is not S3 that was asked. API Gateway says this of a path or method without a route.",
          "Check the path (with the stage) and the method; for S3 use the presigned URL itself.",
          "Missing Authentication Token",
          source="https://repost.aws/knowledge-center/api-gateway-authentication-token-errors"),
    Cause("MissingAuthenticationToken", "", "The request carries no signature that this host "
                                            "accepts.",
          "S3 Object Lambda answers so to Signature Version 2 and to a scope that names s3.",
          'Sign with Config(signature_version="s3v4"), for the access point\'s ARN as the bucket.',
          "Missing authentication token.", source="https://github.com/boto/boto3/issues/3678"),
    Cause("InvalidSecurity", "", "The credentials are not valid.", "S3 can't use what was sent.",
          "Sign again with an active key.", "The provided security credentials are not valid.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("AccountProblem", "", "There is a problem with the AWS account.",
          "The signature is not at fault; AWS has suspended something in the account that signs "
          "or owns.",
          "Look at the account's bills and messages, or ask AWS Support.",
          "There is a problem with your AWS account that prevents the operation from completing "
          "successfully.", source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("NotSignedUp", "", "The account that signs is not signed up for S3.",
          "A new account needs some time until S3 knows it.", "Sign up for S3, or wait.",
          "Your account is not signed up for the Amazon S3 service.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("AllAccessDisabled", "", "All access to this bucket is blocked.",
          "AWS has disabled it, or the bucket isn't yours.", "Check the bucket's name."),
    Cause("InvalidAccessKeyId", "", "S3 does not know the key that signed.",
          "It was deleted or deactivated (which ends all its URLs at once), belongs to another "
          "service or account, or is a temporary key (ASIA…) without its session token.",
          "Sign with an active key. With temporary credentials give all three: key id, secret key "
          "and session token."),
    Cause("InvalidToken", "", "The session token doesn't belong to this key.",
          "A long-term key came with a token, or the token was cut off, changed, or belongs to "
          "another session.",
          "Use key id, secret key and session token from the same credentials. In a URL, the + and "
          "/ of a token must be percent-encoded."),
    Cause("ExpiredToken", "", "The session of the key that signed has ended.",
          "A URL signed with temporary credentials stops working when they do, whatever its "
          "X-Amz-Expires says: after 1 hour for most roles, 12 at most.",
          "Promise no more time than the session has left, sign when the URL is needed, or sign "
          "with a long-term key that has this permission only."),
    Cause("RequestTimeTooSkewed", "", "The client's clock is wrong.",
          "The request says {RequestTime}, S3's clock {ServerTime}; 15 minutes are allowed.",
          "Set the clock (NTP). This concerns signed headers, not the age of a presigned URL."),
)  # fmt: skip
