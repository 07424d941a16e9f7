"""The decisions of a strict S3, written as the logs that AWS writes.

    from strict_s3 import access_log, cloudtrail

    access_log(s3.decisions(100))     # lines of S3's server access log
    cloudtrail(s3.decisions(100))     # CloudTrail's data events, as dicts

Pure functions of `Server.decisions`, with nothing on a request's way. AWS delivers access logs
within hours and data events within minutes; here both are there at once, and complete.
"""

from __future__ import annotations

from .access_log import COLUMNS, access_log
from .cloudtrail import cloudtrail

__all__ = ["COLUMNS", "access_log", "cloudtrail"]
