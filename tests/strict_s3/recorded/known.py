"""Rows of the table that the local S3 answers otherwise than AWS did, and why.

None of them is accepted where AWS refuses, or refused where AWS accepts. A row that is answered as
AWS did must leave this list: `test_replay.py` fails until it has.
"""

from __future__ import annotations

_ACL = "ACLs that give access to others aren't carried out; the answer is 501 and names policies"
_LOGS = "no access logs are delivered, so asking for them is answered with 501"
_CLOCK = "AWS prints this one date in the time of Seattle; here it is printed as it was sent"

_BY_REASON = {
    _ACL: (
        "access/ACLs of a bucket/PutBucketAcl: public-read",
        "access/ACLs of a bucket/GetBucketAcl: public-read",
        "access/ACLs of a bucket/GetBucketAcl: one grant",
        "access/ACLs of an object/PutObjectAcl: public-read",
        "access/ACLs of an object/GetObjectAcl: public-read",
        "access/ACLs of an object/GetObjectAcl: one grant",
    ),
    _LOGS: (
        "configuration/logging/PutBucketLogging: a target",
        "configuration/logging/GetBucketLogging: a target",
    ),
    _CLOCK: ("lock/retentions that S3 refuses/PutObjectRetention: a date in the past",),
}

DIFFERS = {row: reason for reason, rows in _BY_REASON.items() for row in rows}
