"""AWS's regions, and where a new bucket may be.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html
"""

from __future__ import annotations

from .bucket_errors import IllegalLocationConstraint, InvalidLocationConstraint

GLOBAL = "us-east-1"  # its endpoint creates buckets in every region, its own buckets name none
REGIONS = frozenset(
    (
        *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2"),
        *("ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2"),
        *("ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
        *("ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1"),
        *("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1"),
        *("eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1"),
        *("sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1"),
        "us-west-2",
    )
)
_OLD_NAMES = {"EU": "eu-west-1"}


def region_of(location: str) -> str:
    """The region that a LocationConstraint names.

    >>> region_of("EU"), region_of("eu-west-2")
    ('eu-west-1', 'eu-west-2')
    """
    return _OLD_NAMES.get(location, location)


def check_location(location: str, endpoint: str) -> None:
    """May a request to the endpoint of a region create a bucket there? "" is no constraint.

    Raises IllegalLocationConstraint, InvalidLocationConstraint.
    """
    if endpoint == GLOBAL:
        if location and (location == GLOBAL or region_of(location) not in REGIONS):
            raise InvalidLocationConstraint(LocationConstraint=location)
    elif region_of(location) != endpoint:
        raise IllegalLocationConstraint(
            f"The {location or 'unspecified'} location constraint is incompatible for the region "
            "specific endpoint this request was sent to."
        )
