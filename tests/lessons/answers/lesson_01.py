_POLICY = """
def policy(resource="site/*", action="s3:GetObject", principal="*", **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action,
                 "Resource": f"arn:aws:s3:::{BUCKET}/{resource}", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}
"""


_ALSO = """
def also(action, resource="/*", principal="*", **more):
    return {"Version": "2012-10-17", "Statement": policy()["Statement"] + [
        {"Effect": "Allow", "Principal": principal, "Action": action,
         "Resource": f"arn:aws:s3:::{BUCKET}{resource}", **more}]}
"""
_UNFILLED = "json.loads(json.dumps(policy()).replace(BUCKET, '{BUCKET}'))"


def _policy(value: str) -> str:
    return f"{_POLICY}{_ALSO}\nmy_policy = {value}"


def _switches(*on: str) -> str:
    return f"my_switches = {dict.fromkeys(on, True)!r}"


RIGHT = {
    "check_policy": [
        _policy("policy(Sid='Site')"),
        _policy("json.dumps(policy(action=['s3:GetObject'], principal={'AWS': '*'}))"),
        _policy("{**policy(), 'Version': '2008-10-17'}"),
        _policy(
            "also('s3:*', Effect='Deny', "
            "Condition={'NumericGreaterThan': {'s3:signatureAge': 600000}})"
        ),
        _policy("{'Id': 'web', 'Statement': policy(action=('s3:GetObject',))['Statement'][0]}"),
        _policy("policy(resource='site/**', principal={'AWS': ['*']})"),
        # All may be read, but what isn't in site/ is denied.
        _policy(
            "policy('*') | {'Statement': [policy('*')['Statement'][0], {'Effect': 'Deny', "
            "'Principal': '*', 'Action': 's3:GetObject', "
            "'NotResource': f'arn:aws:s3:::{BUCKET}/site/*'}]}"
        ),
    ],
    "check_switches": [
        _switches("RestrictPublicBuckets", "BlockPublicAcls", "IgnorePublicAcls"),
        "my_switches = {'RestrictPublicBuckets': True, 'BlockPublicPolicy': False}",
        "my_switches = dict(RestrictPublicBuckets=True)",
        "my_switches = block | {'BlockPublicPolicy': False}",
        "my_switches = opened | {'RestrictPublicBuckets': True}",
        _switches("IgnorePublicAcls", "RestrictPublicBuckets"),
    ],
}
WRONG = {
    "check_policy": [
        (_policy(value), hint)
        for value, hint in (
            ("policy('*')", "private/report.txt is public too"),
            ("policy('site*')", "end it with its slash"),
            ("policy('site/')", "cannot read site/index.txt"),
            ("policy('site/index.txt')", "slashes too"),
            ("policy(action='s3:*')", "has just overwritten"),
            ("policy(action=['s3:GetObject', 's3:DeleteObject'])", "has just deleted"),
            ("policy(Effect='Deny')", "cannot read site/index.txt"),
            ("policy(action='s3:ListBucket')", "s3:ListBucket is about the bucket"),
            (
                "{'Version': '2012-10-17', 'Statement': [policy()['Statement'][0], "
                "{**policy()['Statement'][0], 'Action': 's3:ListBucket', "
                "'Resource': f'arn:aws:s3:::{BUCKET}'}]}",
                "list every key",
            ),
            ("also('s3:GetObject', '/press/*')", "s3:GetObject on arn:aws:s3:::"),
            ("also('s3:GetObject', '/site-drafts/*')", "site-drafts/plan.txt is public too"),
            ("also('s3:PutObject', '/site/uploads/*')", "also allows s3:PutObject"),
            ("also('s3:PutObjectTagging')", "also allows s3:PutObjectTagging"),
            ("also('s3:DeleteObjectVersion')", "also allows s3:DeleteObjectVersion"),
            ("also('s3:GetObjectAcl')", "also allows s3:GetObjectAcl"),
            ("also('s3:ListBucketVersions', '')", "also allows s3:ListBucketVersions"),
            (
                "policy(Condition={'IpAddress': {'aws:SourceIp': '127.0.0.1'}})",
                "the request has 203.0.113.7",
            ),
            (_UNFILLED, "S3 does not accept this policy"),
            (_UNFILLED, "{BUCKET}/site/*: write an f before the quotes"),
            (
                "json.loads(json.dumps(policy()).replace(BUCKET, lab.bucket))",
                "arn:aws:s3:::presignedurldemo/site/*",
            ),
            ("policy(Principal={'AWS': '123456789012'})", "cannot read site/index.txt"),
            ("{'Statement': policy()['Statement'][0] | {'Principal': None}}", "S3 does not accept"),
            ("policy('/site/*')", "is not in arn:aws:s3:::presignedurldemo-lesson-01//site/*"),
            (
                "policy(principal={'AWS': 'arn:aws:iam::123456789012:root'})",
                "Principal anonymous is not in",
            ),
            (
                "policy(Condition={'StringLike': {'aws:Referer': 'https://site.example/*'}})",
                "aws:Referer https://site.example/*: the request has no such key",
            ),
            ("policy('site/*.txt')", "does not allow s3:GetObject on site/"),
            ("policy(action='s3:Get*')", "it also allows s3:Get"),
            ("policy()['Statement'][0]", 'this has no "Statement": {"Version": "2012-10-17"'),
            ("'{}'", "S3 does not accept"),
            ("42", "should be a policy"),
            ("{'Statement': {1, 2}}", "cannot be written as JSON"),
            ("policy(); my_policy['Statement'] += [my_policy]", "cannot be written as JSON: Circ"),
            ("'{\\ud800}'", "cannot be written as JSON: 'utf-8' codec can't encode"),
        )
    ],
    "check_switches": [
        (_switches("BlockPublicPolicy"), "still reads"),
        (_switches("BlockPublicAcls", "IgnorePublicAcls"), "still reads"),
        (_switches("BlockPublicPolicy", "RestrictPublicBuckets"), "deployment was refused"),
        ("my_switches = {'RestrictPublicBucket': True}", "four switches"),
        ("my_switches = {'PublicAccessBlockConfiguration': block}", "four switches"),
        ("my_switches = block", "deployment was refused"),
        ("my_switches = ['RestrictPublicBuckets']", "should be a dictionary"),
        ("my_switches = {'RestrictPublicBuckets': 'yes'}", "four switches"),
        ("my_switches = {}", "still reads"),
        (
            _switches(
                "BlockPublicAcls",
                "IgnorePublicAcls",
                "BlockPublicPolicy",
                "RestrictPublicBuckets",
            ),
            "deployment was refused",
        ),
        ("my_switches = True", "should be a dictionary"),
    ],
}


def _another(resource: str, action: str = "s3:GetObject") -> str:
    return f"{_POLICY}\nanother = policy({resource!r}, {action!r})['Statement'][0]"


VARIATIONS = {
    "try_brochures": (
        [_another("brochures/*"), _another("brochures/*", "s3:getobject")],
        [
            (_another("brochures"), "not allow s3:GetObject on brochures/a.txt"),
            (_another("brochures*"), "/brochures.txt"),
            (_another("brochures/*", "s3:*"), "it also allows s3:"),
            (_another("*"), "it also allows s3:GetObject on"),
            (
                _another("brochures/*") + "\nanother.pop('Principal')",
                "not a policy that S3 accepts",
            ),
            ("another = 'brochures'", "not a policy that S3 accepts"),
        ],
    ),
}
