_GUARD = """
def guard(age=300_000, action=("s3:GetObject", "s3:PutObject"), resource="/*", effect="Deny",
          test="NumericGreaterThan", **more):
    statement = {"Effect": effect, "Principal": "*", "Action": list(action),
                 "Resource": f"arn:aws:s3:::{BUCKET}{resource}"}
    if age is not None:
        statement["Condition"] = {test: {"s3:signatureAge": age}}
    return {"Version": "2012-10-17", "Statement": [statement | more]}

def also(**condition):
    return {"NumericGreaterThan": {"s3:signatureAge": 300_000}, **condition}
"""
_FOLDERS = """
def folders(path="/team/${aws:username}/*", action=("s3:GetObject", "s3:PutObject"), **more):
    statement = {"Effect": "Allow", "Action": list(action),
                 "Resource": f"arn:aws:s3:::{BUCKET}{path}", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}

def both(*policies):
    return {"Version": "2012-10-17", "Statement": [p["Statement"][0] for p in policies]}
"""


def _guard(value: str) -> str:
    return f"{_GUARD}\nmy_policy = {value}"


def _folders(value: str) -> str:
    return f"{_FOLDERS}\nfolder_policy = {value}"


RIGHT = {
    "check_guardrail": [
        _guard("json.dumps(guard(age='300000', action=['s3:*']))"),
        _guard("guard(test='NumericGreaterThanEquals')"),
        _guard("guard(Principal={'AWS': '*'}, action=['s3:*Object'])"),
        _guard("guard(test='NumericGreaterThanIfExists')"),
        # Presigned URLs only; Signature Version 2 as well; more than the two actions.
        _guard("guard(Condition=also(StringEquals={'s3:authType': 'REST-QUERY-STRING'}))"),
        _guard(
            "guard(); my_policy['Statement'] += guard(Condition={'StringNotEquals': "
            "{'s3:signatureversion': 'AWS4-HMAC-SHA256'}})['Statement']"
        ),
        _guard(
            "guard(action='*', Resource=[f'arn:aws:s3:::{BUCKET}', f'arn:aws:s3:::{BUCKET}/*'])"
        ),
        # Two statements, a download and an upload.
        _guard(
            "guard(action=['s3:GetObject']); my_policy['Statement'] += "
            "guard(action=['s3:PutObject'])['Statement']"
        ),
    ],
    "check_folders": [
        _folders("json.dumps(folders())"),
        _folders("folders('/team/${aws:username}/*', action=['s3:getobject', 's3:putobject'])"),
        _folders("both(folders(action=['s3:GetObject']), folders(action=['s3:PutObject']))"),
        _folders(
            "folders(Sid='Own', Resource=[f'arn:aws:s3:::{BUCKET}/team/${{aws:username}}/*'])"
        ),
        _folders("json.dumps(folders('/team/${aws:UserName}/*'), indent=2)"),
        _folders(
            "both(folders(), {'Statement': [{'Effect': 'Deny', 'Action': 's3:DeleteObject', "
            "'Resource': '*'}]})"
        ),
        # All of team/, but for what isn't one's own.
        _folders(
            "both(folders('/team/*'), {'Statement': [{'Effect': 'Deny', 'Action': 's3:*', "
            "'NotResource': f'arn:aws:s3:::{BUCKET}/team/${{aws:username}}/*'}]})"
        ),
    ],
}
WRONG = {
    "check_guardrail": [
        (_guard(value), hint)
        for value, hint in (
            ("guard(age=300)", "4 minutes 59 seconds after signing, s3:GetObject"),
            ("guard(age=None)", "right after signing"),
            ("guard(age=240_000)", "4 minutes 59 seconds after signing"),
            ("guard(age=900_000)", "5 minutes 1 second after signing"),
            ("guard(action=['s3:GetObject'])", "for the upload of"),
            ("guard(action=['s3:PutObject'])", "for the download of"),
            ("guard(effect='Allow', test='NumericLessThan')", "A guardrail is a Deny"),
            ("guard(resource='/guarded/*')", "for the download of a still"),
            ("guard(resource='/guarded/a.txt')", "for the download of a still"),
            ("guard(resource='/*.txt')", "for the download of a still"),
            ("guard(test='NumericLessThan')", "right after signing"),
            ("guard(Condition=also(IpAddress={'aws:SourceIp': '127.0.0.1'}))", "used from 203"),
            ("guard(Condition=also(StringEquals={'aws:username': 'somebody'}))", "role/app/one"),
            (
                "guard(Principal={'AWS': 'arn:aws:iam::123456789012:root'}, "
                "Condition=also(ArnLike={'aws:PrincipalArn': '*:root'}))",
                "signed by arn:aws:iam::123456789012:user/somebody",
            ),
            ("guard(test='MoreThan')", "S3 does not accept this policy"),
            ("guard(age='5m')", "S3 does not accept this policy"),
            ("guard(resource='')", "S3 does not accept this policy"),
            ("guard(Condition=also(Bool={'aws:SecureTransport': 'false'}))", "still works"),
            ("guard(Condition={'StringEquals': {'s3:authType': 'REST-QUERY-STRING'}})", "right af"),
            (
                "json.loads(json.dumps(guard()).replace(BUCKET, '{BUCKET}'))",
                "{BUCKET}/*: write an f before the quotes",
            ),
            ("guard(resource='x/*')", "S3 does not accept this policy"),
            ("'no JSON'", "S3 does not accept this policy"),
            ("{'Statement': {1, 2}}", "cannot be written as JSON"),
            ("300_000", "should be a policy"),
        )
    ],
    "check_folders": [
        (_folders(value), hint)
        for value, hint in (
            ("folders('/team/*')", "gets into team/"),
            ("folders('/team/${aws:username}*')", "begins with the other"),
            ("folders('/*')", "gets into team/"),
            ("folders('/team/s3-lessons-09-ada/*')", "cannot upload to team/s3-lessons-09-adam/"),
            ("folders('/team/{aws:username}/*')", "In an f-string"),
            # Variables came with the language of 2012.
            ("{'Statement': folders()['Statement']}", 'is filled in only with "Version": "2012'),
            ("folders() | {'Version': '2008-10-17'}", "cannot upload to"),
            ("folders('/team/${aws:userid}/*')", "cannot upload to"),
            ("folders('/*/${aws:username}/*')", "it also allows s3:GetObject on"),
            ("folders('/team/${aws:username}')", "cannot upload to"),
            (
                "json.loads(json.dumps(folders()).replace(BUCKET, '{BUCKET}'))",
                "{BUCKET}/team/${aws:username}/*: write an f before the quotes",
            ),
            ("folders('/team/${aws:username}/plan.txt')", "cannot upload to"),
            ("folders(action=['s3:GetObject'])", "cannot upload to"),
            ("folders(action=['s3:PutObject'])", "cannot share"),
            ("folders(action=['s3:*'])", "it also allows s3:"),
            ("folders(action=['s3:GetObject', 's3:PutObject', 's3:DeleteObject'])", "s3:DeleteO"),
            ("both(folders(), folders('/home/*'))", "it also allows s3:GetObject on"),
            ("both(folders(), folders('', ['s3:ListBucket']))", "it also allows s3:ListBucket"),
            (
                "both(folders(), {'Statement': [{'Effect': 'Allow', 'Action': 'iam:ListUsers', "
                "'Resource': '*'}]})",
                "it also allows iam:ListUsers",
            ),
            (
                "folders(Condition={'IpAddress': {'aws:SourceIp': '127.0.0.1'}})",
                "it does not allow s3:GetObject",
            ),
            ("folders(Principal='*')", "IAM does not accept this policy"),
            ("folders(Effect='Deny')", "cannot upload to"),
            ("42", "should be a policy"),
        )
    ],
}
VARIATIONS = {
    "try_address": (
        [
            "addresses = ['203.0.113.0/24', '127.0.0.1/32']",
            "addresses = ['127.0.0.1', '203.0.113.0/24']",
            "addresses = ('203.0.113.0/24', '127.0.0.1/32')",
        ],
        [
            ("addresses = '127.0.0.1'", "should be a list"),
            ("addresses = ['127.0.0.1/32']", "203.0.113.7 is still refused"),
            ("addresses = ['127.0.0.1', '203.0.113.7']", "203.0.113.200 is still refused"),
            ("addresses = ['203.0.113.0/24', '127.0.0.0/8']", "127.0.0.2 is let in"),
            ("addresses = ['203.0.113.0/24', '127.0.0.2/32']", "127.0.0.1 is still refused"),
            ("addresses = ['203.0.113.0/24', '0.0.0.0/0']", "127.0.0.2 is let in"),
            ("addresses = ['203.0.113.0/24', 'me']", "S3 does not accept this policy"),
        ],
    ),
}
