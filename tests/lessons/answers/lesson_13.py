_FIND = """
uses = defaultdict(list)
for row in map(read, fresh.access_log()):
    if row["authtype"] == "QueryString" and row["httpstatus"] == "200":
        uses[row["key"], row["requester"]].append(row)
most = max(uses.values(), key=visitors)
few = min(uses.values(), key=visitors)
found = {
    "key": most[0]["key"],
    "signer": most[0]["requester"],
    "downloads": len(most),
    "bytes": sum(int(row["bytessent"]) for row in most),
}
"""
_FIND_BY_EVENTS = """
of = defaultdict(list)
for event in fresh.events():
    if "X-Amz-Expires" in event["requestParameters"] and "errorCode" not in event:
        of[event["resources"][0]["ARN"]].append(event)
most = max(of.values(), key=lambda events: len({e["sourceIPAddress"] for e in events}))
found = dict(
    key=most[0]["requestParameters"]["key"],
    signer=most[0]["userIdentity"]["arn"],
    downloads=len(most),
    bytes=sum(e["additionalEventData"]["bytesTransferredOut"] for e in most),
)
"""
_FIND_BY_PAGE = """
strange = {row["key"] for row in map(read, fresh.access_log()) if "forum" in row["referrer"]}
rows_ = [read(line) for line in fresh.access_log()]
rows_ = [r for r in rows_ if r["key"] in strange and r["operation"] == "REST.GET.OBJECT"]
rows_ = [r for r in rows_ if r["errorcode"] == "-"]
found = {"key": rows_[0]["key"], "signer": rows_[0]["requester"], "downloads": len(rows_),
         "bytes": sum(int(r["objectsize"]) for r in rows_)}
"""
_STOP = """
from datetime import timedelta


def revoke(who, iam, later=0, key="aws:TokenIssueTime", test="DateLessThan", **more):
    moment = (datetime.now(UTC) + timedelta(minutes=later)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rule = {"Effect": "Deny", "Action": "*", "Resource": "*", **more}
    rule["Condition"] = {test: {key: moment}}
    iam.put_role_policy(
        RoleName=who["sessionContext"]["sessionIssuer"]["userName"],
        PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [rule]}),
    )


def rotate(who, iam, make=True, end="Inactive"):
    of = {"UserName": who["userName"], "AccessKeyId": who["accessKeyId"]}
    if end == "Inactive":
        iam.update_access_key(**of, Status=end)
    elif end:
        iam.delete_access_key(**of)
    if make:
        return iam.create_access_key(UserName=who["userName"])["AccessKey"]


def both(by_role=revoke, by_user=rotate):
    def stop(event, s3, iam):
        who = event["userIdentity"]
        return (by_role if who["type"] == "AssumedRole" else by_user)(who, iam)
    return stop


def in_bucket(action="s3:GetObject", resource="/*", **condition):
    def stop(event, s3, iam):
        key = event["requestParameters"]["key"]
        rule = {"Effect": "Deny", "Principal": "*", "Action": action,
                "Resource": f"arn:aws:s3:::acme-reports{resource.replace('KEY', key)}"}
        rule |= {"Condition": condition} if condition else {}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
        s3.put_bucket_policy(Bucket="acme-reports", Policy=policy)
    return stop


by_link = {"s3:authType": "REST-QUERY-STRING"}
"""


def _stop(value: str) -> str:
    return f"{_STOP}\nstop = {value}"


VARIATIONS = {
    "try_forms": (
        ['forms = [row for row in rows if row["authtype"] == "HtmlForm"]'],
        [
            ('forms = [row for row in rows if row["authtype"] == "htmlform"]', "no row is left"),
            ("forms = rows", "the authtype -, AuthHeader"),
            ("forms = 1", "a list of rows"),
            ("forms = [{}]", "the authtype None"),
            ("forms = 2 * [row for row in rows if row['authtype'] == 'HtmlForm']", "2 rows"),
        ],
    )
}
RIGHT = {
    "check_found": [_FIND, _FIND_BY_EVENTS, _FIND_BY_PAGE],
    "check_stop": [
        _stop("both(by_user=lambda who, iam: rotate(who, iam, end='delete'))"),
        _stop(
            "both(by_role=lambda who, iam: revoke(who, iam, test='DateLessThanEquals', later=-1))"
        ),
        # Old links end, in the bucket: also those of others, which nobody asked about.
        _stop("in_bucket(NumericGreaterThan={'s3:signatureAge': 45 * 60 * 1000})"),
    ],
}
WRONG = {
    "check_found": [
        (
            f"{_FIND}\nfound |= {{'key': few[0]['key']}}",
            "were used from 1 address. Which from many",
        ),
        (f"{_FIND}\nfound |= {{'key': 'reports/none.pdf'}}", "no address: no such key"),
        (f"{_FIND}\nfound |= {{'signer': 'acme-app'}}", "has the whole ARN"),
        (f"{_FIND}\nfound |= {{'signer': few[0]['requestid']}}", "did not sign it"),
        (f"{_FIND}\nfound |= {{'downloads': len(most) - 1}}", "not how many downloads"),
        (f"{_FIND}\nfound |= {{'bytes': most[0]['bytessent']}}", "The column is text"),
        (f"{_FIND}\ndel found['bytes']", "a dict with exactly key, signer, downloads, bytes"),
        ("found = 'reports/budget.pdf'", "a dict with exactly"),
    ],
    "check_stop": [
        (_stop(value), hint)
        for value, hint in (
            ("lambda event, s3, iam: None", "the leaked link still works"),
            (
                "lambda event, s3, iam: s3.delete_object(Bucket='acme-reports', "
                "Key=event['requestParameters']['key']) and None",
                "the object is gone",
            ),
            ("in_bucket('s3:*')", "the application can't read and write by header"),
            ("in_bucket()", "the application can't read and write by header"),
            ("in_bucket(StringEquals=by_link)", "a new link of the application does not work"),
            (
                "in_bucket(resource='/KEY', StringEquals=by_link)",
                "a new link of the application does not work",
            ),
            (
                "in_bucket(NumericGreaterThan={'s3:signatureAge': 300_000})",
                "a new link of the application is refused after 30 minutes",
            ),
            ("both(by_role=lambda who, iam: revoke(who, iam, 60))", "the application can't read"),
            ("both(by_role=lambda who, iam: revoke(who, iam, -55))", "the leaked link still works"),
            (
                "both(by_role=lambda who, iam: revoke(who, iam, key='aws:CurrentTime'))",
                "the leaked link still works",
            ),
            (
                "both(by_role=lambda who, iam: iam.delete_role_policy(RoleName='acme-app', "
                "PolicyName='reports'))",
                "the application can't read and write by header",
            ),
            ("both(by_user=lambda who, iam: None)", "signed by the newsletter's key"),
            (
                "both(by_user=lambda who, iam: rotate(who, iam, make=False))",
                "Return a new key for it",
            ),
            (
                "both(by_user=lambda who, iam: rotate(who, iam, end=''))",
                "the leaked link still works",
            ),
            (
                "both(by_user=lambda who, iam: rotate(who, iam)['AccessKeyId'])",
                'Return a new key, which is ["AccessKey"]',
            ),
            (
                "both(by_user=lambda who, iam: rotate(who, iam, make=False) "
                "or iam.create_access_key()['AccessKey'])",
                "returned a key that may write",
            ),
            (
                "both(by_user=lambda who, iam: rotate(who, iam, make=False) "
                "or {'AccessKeyId': 'AKIA', 'SecretAccessKey': None})",
                "Return a new key for it",
            ),
            ("lambda event, s3, iam: event['user']", "stopped with KeyError"),
            ("lambda event: None", "stopped with TypeError"),
            (
                "lambda event, s3, iam: iam.delete_role(RoleName='acme-app')",
                "was refused: An error occurred (DeleteConflict)",
            ),
            ("'Deny'", "this should be a function"),
        )
    ],
}
