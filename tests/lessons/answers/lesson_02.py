_POLICY = """
def policy(action="s3:PutObject", resource="lesson-02/inbox/*", **more):
    statement = {"Effect": "Allow", "Action": action,
                 "Resource": f"arn:aws:s3:::{lab.bucket}/{resource}", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}
"""
_LEAK = """
user, leaked_url = leak(lab)
old = iam.list_access_keys(UserName=user)["AccessKeyMetadata"][0]["AccessKeyId"]
"""
_NEW = 'key = iam.create_access_key(UserName=user)["AccessKey"]\n'
_OFF = 'iam.update_access_key(UserName=user, AccessKeyId=old, Status="Inactive")\n'
_OTHER = """
iam.create_user(UserName=(other := f"{user}-2"))
allow = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
iam.put_user_policy(
    UserName=other, PolicyName="own", PolicyDocument=json.dumps({"Statement": allow})
)
key = iam.create_access_key(UserName=other)["AccessKey"]
"""
_CLIENT = "my_client = lab.with_key(key).client()"


def _policy(value: str) -> str:
    return f"{_POLICY}\nmy_policy = {value}"


def _also(action: str, resource: str = "") -> str:
    where = f"f'arn:aws:s3:::{{lab.bucket}}/{resource}'" if resource else "'*'"
    more = f"{{'Effect': 'Allow', 'Action': {action}, 'Resource': {where}}}"
    return f"policy() | {{'Statement': policy()['Statement'] + [{more}]}}"


def _rotate(*steps: str) -> str:
    return _LEAK + "".join(steps)


RIGHT = {
    "check_uploader": [
        _policy("policy(['s3:PutObject'], Sid='Inbox')"),
        _policy("json.dumps(policy('S3:putobject'))"),
        _policy(
            "policy('*', '*') | {'Statement': [policy('*', '*')['Statement'][0], "
            "{'Effect': 'Deny', 'NotAction': 's3:PutObject', 'Resource': '*'}, "
            "{'Effect': 'Deny', 'Action': '*', "
            "'NotResource': f'arn:aws:s3:::{lab.bucket}/lesson-02/inbox/*'}]}"
        ),
        _policy("json.dumps(policy(), indent=2)"),
        _policy("{'Statement': policy('s3:Put?bject')['Statement'][0]}"),
        _policy("policy() | {'Statement': policy()['Statement'] * 2}"),
    ],
    "check_rotation": [
        _rotate(_OFF, _NEW, _CLIENT),
        _rotate(_NEW, "iam.delete_access_key(UserName=user, AccessKeyId=old)\n", _CLIENT),
        _rotate(
            _NEW,
            _OFF,
            "my_client = boto3.client('s3', **lab.with_key(key).boto3_args)",
        ),
        _rotate(
            _NEW,
            _OFF,
            "my_client = boto3.resource('s3', **lab.with_key(key).boto3_args).meta.client",
        ),
        _rotate(
            _NEW,
            "leaked = leaked_url.partition('X-Amz-Credential=')[2].partition('%2F')[0]\n",
            "iam.delete_access_key(UserName=user, AccessKeyId=leaked)\n",
            "my_client = boto3.Session(key['AccessKeyId'], key['SecretAccessKey'])"
            ".client('s3', endpoint_url=lab.endpoint_url, region_name=lab.region)",
        ),
        # Nobody may use a presigned URL of this user; the key may stay.
        _rotate(
            "no = {'Effect': 'Deny', 'Action': '*', 'Resource': '*', 'Condition': "
            "{'StringEquals': {'s3:authType': 'REST-QUERY-STRING'}}}\n"
            "iam.put_user_policy(UserName=user, PolicyName='no', "
            "PolicyDocument=json.dumps({'Statement': no}))\n",
            _NEW,
            _CLIENT,
        ),
    ],
}
WRONG = {
    "check_uploader": [
        (_policy(value), hint)
        for value, hint in (
            ("policy(['s3:GetObject', 's3:PutObject'])", "can read what is in the inbox"),
            ("policy(['s3:DeleteObject', 's3:PutObject'])", "can delete"),
            ("policy(resource='lesson-02/inbox*')", "End the prefix with its slash"),
            ("policy(resource='*')", "Name the prefix in the Resource"),
            ("policy(resource='lesson-02/inbox')", "cannot store lesson-02/inbox/a.txt"),
            ("policy(resource='lesson-02/inbox/a.txt')", "cannot store lesson-02/inbox/2026"),
            ("policy('s3:GetObject')", "cannot store"),
            ("policy(Principal='*')", "IAM does not accept"),
            (_also("'s3:ListBucket'"), "it can list the bucket"),
            (_also("'s3:PutObject'", "lesson-02/reports/*"), "s3:PutObject on arn:aws:s3:::"),
            (_also("['iam:*', 's3:PutBucketPolicy']"), "also allows s3:PutBucketPolicy"),
            (_also("'s3:GetObjectVersion'"), "also allows s3:GetObjectVersion"),
            (_also("'iam:CreateUser'"), "also allows iam:CreateUser"),
            (_also("'sqs:*'"), "also allows sqs:Any"),
            (
                "policy(Condition={'IpAddress': {'aws:SourceIp': '127.0.0.1'}})",
                "the request has 203.0.113.7",
            ),
            (
                "json.loads(json.dumps(policy()).replace(lab.bucket, '{lab.bucket}'))",
                "{lab.bucket}/lesson-02/inbox/*: write an f before the quotes",
            ),
            ("policy(resource='/lesson-02/inbox/*')", "/a.txt is not in arn:aws:s3:::"),
            (
                "policy(resource='*', Condition={'StringLike': {'s3:prefix': "
                "'lesson-02/inbox/*'}})",
                "s3:prefix lesson-02/inbox/*: the request has no such key",
            ),
            ("policy('s3:PutObjects')", "s3:PutObject is not in s3:PutObjects"),
            ("policy('s3:Put*')", "it also allows s3:Put"),
            ("policy('PutObject')", "IAM does not accept"),
            ("policy(Effect='Deny')", "cannot store lesson-02/inbox/a.txt"),
            ("policy('s3:PutObject')['Statement']", "should be a policy"),
            ("''", "should be a policy"),
        )
    ],
    "check_rotation": [
        (_rotate(_NEW, _CLIENT), "still works"),
        (
            _rotate(_OFF, "key = {'AccessKeyId': old, 'SecretAccessKey': 'x'}\n", _CLIENT),
            "cannot continue",
        ),
        (_rotate(_NEW, _OFF, "my_client = s3"), "a different user's key"),
        (_rotate(_OFF, _OTHER, _CLIENT), "signs with a different user's key"),
        (
            _rotate(
                _NEW,
                "iam.delete_user_policy(UserName=user, PolicyName='exercise')\n",
                _CLIENT,
            ),
            "leave the policy alone",
        ),
        (
            _rotate(
                _NEW,
                "s3.delete_object(Bucket=lab.bucket, Key='lesson-02/leak/plan.txt')\n",
                _CLIENT,
            ),
            "still works",
        ),
        (_rotate(_NEW, _OFF, "my_client = key"), "should be an S3 client"),
        (
            _rotate(_NEW, _OFF, "my_client = boto3.resource('s3').Bucket(lab.bucket)"),
            "should be an S3 client",
        ),
        (_rotate(_NEW, _OFF, "my_client = renewed"), "your client cannot continue"),
        (
            _rotate(_NEW, _OFF.replace("=old", "=key['AccessKeyId']"), _CLIENT),
            "Which key? Its ID is in the URL's X-Amz-Credential",
        ),
    ],
}


def _reads(value: str) -> str:
    return f"reads = {value}"


VARIATIONS = {
    "try_read_only": (
        [
            _reads("policy('/lesson-02/reports/*', actions=['s3:GetObject'])"),
            _reads("policy('/lesson-02/reports/*', ('s3:GetObject',))"),
            _reads("policy('/lesson-02/reports/*', actions='s3:GetObject')"),
        ],
        [
            (_reads("policy('/*', actions=['s3:GetObject'])"), "s3:GetObject on arn:aws:s3:::"),
            (_reads("policy('/lesson-02/reports/*', ['s3:PutObject'])"), "not allow s3:GetObject"),
            (_reads("policy('/lesson-02/reports/*', ['s3:Get*'])"), "also allows s3:Get"),
            (_reads("policy('', actions=['s3:GetObject'])"), "it does not allow s3:GetObject"),
            (_reads("policy('/lesson-02/reports/*', 'GetObject')"), "write service:Action"),
        ],
    ),
}
