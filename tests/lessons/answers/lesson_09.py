_GUARD = """
def guard(age=300_000, action=("s3:GetObject", "s3:PutObject"), resource="/*", effect="Deny",
          test="NumericGreaterThan"):
    statement = {"Effect": effect, "Principal": "*", "Action": list(action),
                 "Resource": f"arn:aws:s3:::{BUCKET}{resource}"}
    if age is not None:
        statement["Condition"] = {test: {"s3:signatureAge": age}}
    return {"Version": "2012-10-17", "Statement": [statement]}
"""
_FOLDERS = """
def folders(path="/team/${aws:username}/*", action=("s3:GetObject", "s3:PutObject"), **more):
    statement = {"Effect": "Allow", "Action": list(action),
                 "Resource": f"arn:aws:s3:::{BUCKET}{path}", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}
"""


def _guard(value: str) -> str:
    return f"{_GUARD}\nmy_policy = {value}"


def _folders(value: str) -> str:
    return f"{_FOLDERS}\nfolder_policy = {value}"


RIGHT = {
    "check_guardrail": [
        _guard("json.dumps(guard(age='300000', action=['s3:*']))"),
        _guard("guard(test='NumericGreaterThanEquals')"),
        # Two statements, a download and an upload.
        _guard(
            "guard(action=['s3:GetObject']); my_policy['Statement'] += "
            "guard(action=['s3:PutObject'])['Statement']"
        ),
    ],
    "check_folders": [
        _folders("json.dumps(folders())"),
        _folders("folders('/*', Condition={}); folder_policy = folders(action=['s3:*'])"),
    ],
}
WRONG = {
    "check_guardrail": [
        (_guard(value), hint)
        for value, hint in (
            ("guard(age=300)", "milliseconds"),
            ("guard(age=None)", "milliseconds"),
            ("guard(age=240_000)", "after 4 minutes 50"),
            ("guard(age=900_000)", "after 5 minutes 10"),
            ("guard(action=['s3:GetObject'])", "for an upload still works"),
            ("guard(action=['s3:PutObject'])", "for a download still works"),
            ("guard(effect='Allow', test='NumericLessThan')", "S3 does not take this policy"),
            ("guard(resource='/guarded')", "for a download still works"),
            ("guard(test='NumericLessThan')", "signed this second"),
            ("guard(test='MoreThan')", "S3 does not take this policy"),
            ("'no JSON'", "S3 does not take this policy"),
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
            ("folders('/team/${aws:username}')", "cannot upload to"),
            ("folders('/team/${aws:username}/plan.txt')", "cannot upload to"),
            ("folders(action=['s3:GetObject'])", "cannot upload to"),
            ("folders(action=['s3:PutObject'])", "cannot share"),
            ("folders(Principal='*')", "IAM does not take this policy"),
            ("folders(Effect='Deny')", "cannot upload to"),
            ("42", "should be a policy"),
        )
    ],
}
