"""Which of AWS's services a request is signed for.

A client that has been pointed here for everything (``AWS_ENDPOINT_URL``) sends its other requests
too. They are told so in the form that it reads; a name that is no service's is left to S3, which
says what is wrong with the signature.
"""

from __future__ import annotations

import re

from .request import Request

HERE = ("s3", "iam", "sts")
# The names in a credential scope ("signing names"), by the protocol in which a service answers.
_REST_JSON = """
    account aoss apigateway appsync backup batch bedrock cloudsearch cognito-sync dataexchange
    eks elasticfilesystem es execute-api glacier guardduty inspector2 iot iotdata kafka lambda
    macie2 managedblockchain mediaconvert mobiletargeting mq pipes qbusiness
    rds-data resource-explorer-2 schemas scheduler securityhub serverlessrepo ses signer
    xray"""
_JSON = """
    acm application-autoscaling athena autoscaling-plans budgets ce cloudtrail codebuild codecommit
    codedeploy codepipeline cognito-identity cognito-idp comprehend config cur dax dms ds dynamodb
    ecr ecs elasticmapreduce events firehose fsx glue health kinesis kinesisanalytics kms
    logs organizations personalize pricing redshift-data rekognition route53domains
    route53resolver sagemaker secretsmanager servicecatalog servicediscovery servicequotas
    shield snowball sqs ssm states storagegateway support swf tagging textract timestream
    transcribe transfer translate wafv2 workspaces"""
_QUERY = """
    autoscaling cloudformation elasticache elasticbeanstalk elasticloadbalancing monitoring rds
    redshift sdb sns"""
_XML = "cloudfront route53 s3-object-lambda s3-outposts s3express s3tables s3vectors"
_PROTOCOLS = {
    name: protocol
    for protocol, names in (
        ("rest-json", _REST_JSON),
        ("json", _JSON),
        ("query", _QUERY),
        ("rest-xml", _XML),
        ("ec2", "ec2"),
    )
    for name in names.split()
}


def service_of(request: Request) -> str:
    """The signing name of the service that the request's credential scope names.

    ``s3`` if it names none, or one that is not known. A presigned request is S3's, whatever its
    scope says: presigned requests to IAM and STS are not supported here.

    >>> header = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-2/sqs/aws4_request, …"
    >>> service_of(Request.build("POST", "/", [("Authorization", header)]))
    'sqs'
    """
    authorization = request.header("authorization")
    credential = re.search("Credential=([^,]*)", authorization) if authorization else None
    parts = credential[1].strip().split("/") if credential else []
    name = parts[-2] if len(parts) > 4 else ""
    return name if name in HERE or name in _PROTOCOLS else "s3"


def protocol_of(service: str, request: Request) -> str:
    """In which of AWS's protocols the service's client reads an error."""
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    if "x-amz-target" in request.header_map:
        return "json"
    return _PROTOCOLS.get(service, "query")
