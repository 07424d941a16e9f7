_POLICY = """
def policy(resource="site/*", action="s3:GetObject", principal="*", **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action,
                 "Resource": f"arn:aws:s3:::{BUCKET}/{resource}", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}
"""


def _policy(value: str) -> str:
    return f"{_POLICY}\nmy_policy = {value}"


def _switches(*on: str) -> str:
    return f"my_switches = {dict.fromkeys(on, True)!r}"


RIGHT = {
    "check_policy": [
        _policy("policy(Sid='Site')"),
        _policy("json.dumps(policy(action=['s3:GetObject'], principal={'AWS': '*'}))"),
    ],
    "check_switches": [
        _switches("RestrictPublicBuckets", "BlockPublicAcls", "IgnorePublicAcls"),
        "my_switches = {'RestrictPublicBuckets': True, 'BlockPublicPolicy': False}",
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
            ("policy(Principal={'AWS': '123456789012'})", "cannot read site/index.txt"),
            ("{'Statement': policy()['Statement'][0] | {'Principal': None}}", "S3 does not take"),
            ("'{}'", "S3 does not take"),
            ("42", "should be a policy"),
            ("{'Statement': {1, 2}}", "cannot be written as JSON"),
        )
    ],
    "check_switches": [
        (_switches("BlockPublicPolicy"), "still reads"),
        (_switches("BlockPublicAcls", "IgnorePublicAcls"), "still reads"),
        (_switches("BlockPublicPolicy", "RestrictPublicBuckets"), "deployment was refused"),
        ("my_switches = {'RestrictPublicBucket': True}", "four switches"),
        ("my_switches = {'RestrictPublicBuckets': 'yes'}", "four switches"),
        ("my_switches = True", "should be a dictionary"),
    ],
}
