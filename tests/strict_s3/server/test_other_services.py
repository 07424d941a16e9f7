"""Requests for other services are told that they are not here, as their clients read errors."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from botocore.session import Session

from strict_s3.rules.services import _PROTOCOLS
from strict_s3.server.other_services import _cbor


@pytest.mark.parametrize(
    ("name", "operation", "params"),
    [
        ("sqs", "list_queues", {}),
        ("dynamodb", "list_tables", {}),
        ("lambda", "list_functions", {}),
        ("kinesis", "list_streams", {}),
        ("secretsmanager", "list_secrets", {}),
        ("sns", "list_topics", {}),
        ("ec2", "describe_instances", {}),
        ("cloudwatch", "list_metrics", {}),
        ("route53", "list_hosted_zones", {}),
        ("cloudformation", "list_stacks", {}),
        ("events", "list_rules", {}),
        ("ssm", "describe_parameters", {}),
        ("logs", "describe_log_groups", {}),
        ("apigateway", "get_rest_apis", {}),
        ("stepfunctions", "list_state_machines", {}),
        ("eks", "list_clusters", {}),
    ],
)
def test_other_services_are_told_so(service, name, operation, params):
    client = boto3.client(
        name,
        region_name=service.region,
        endpoint_url=service.endpoint,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**params)
    answer = caught.value.response
    scope = client.meta.service_model.signing_name
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert answer["Error"]["Code"] == "NotImplemented"
    assert answer["Error"]["Message"] == (
        f"This S3 has s3, iam and sts; this request was signed for '{scope}'."
    )
    assert service.decision()["error"] == "NotImplemented"


def test_a_client_that_speaks_cbor():
    body = _cbor({"__type": "NotImplemented", "message": "This S3 has s3, iam and sts."})
    headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
    answer = {"status_code": 501, "headers": headers, "body": body}
    error = create_parser("smithy-rpc-v2-cbor").parse(answer, None)["Error"]
    assert (error["Code"], error["Message"]) == ("NotImplemented", "This S3 has s3, iam and sts.")


def test_the_names_are_those_of_services_of_aws():
    session = Session()
    known = set()
    for name in session.get_available_services():
        model = session.get_service_model(name)
        known |= {model.signing_name, model.endpoint_prefix}
    # Two more names of S3 itself, for directory buckets and for Object Lambda.
    assert set(_PROTOCOLS) - known == {"s3express", "s3-object-lambda"}
