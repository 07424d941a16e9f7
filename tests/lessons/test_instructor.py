"""INSTRUCTOR.md: run sheets that add up, minutes for each exercise, and votes that are proved."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
import requests

from helpers.setup.slides import guide, lesson
from tests.lessons.lesson import LESSONS
from tests.lessons.slips import exercises

TEXT = guide.page()
BY_NUMBER = {path.name[:2]: path for path in LESSONS}
LENGTH = {"web": 90, "security": 90, "half-day": 240}
VOTES = guide.votes(TEXT)


def minutes(path) -> int:
    prose = path.read_text(encoding="utf-8")
    return int(re.search(r"\*\*Time:\*\*\D*(\d+) minutes", prose)[1])


# Run sheets.


@pytest.mark.parametrize("sheet", guide.SHEETS)
def test_a_run_sheet_adds_up_with_a_fifth_of_slack(sheet):
    rows = guide.rows(sheet, TEXT)
    ends = [row.begins + row.minutes for row in rows]
    assert [row.begins for row in rows] == [0, *ends[:-1]]
    assert ends[-1] == LENGTH[sheet]
    slack = sum(row.minutes for row in rows if row.what.startswith("Slack"))
    breaks = sum(row.minutes for row in rows if row.what == "Break")
    assert slack >= (LENGTH[sheet] - slack - breaks) / 5
    # Nobody is late from the beginning to the end: there is slack on the way, too.
    assert len([row for row in rows if row.what.startswith("Slack")]) >= 2


@pytest.mark.parametrize("sheet", guide.SHEETS)
def test_a_run_sheet_shows_what_is_there_and_has_checkpoints(sheet):
    rows = guide.rows(sheet, TEXT)
    for row in rows:
        for number, headings in row.shown:
            known = lesson.headings(BY_NUMBER[number])
            assert set(headings) <= set(known), number
            assert row.minutes <= minutes(BY_NUMBER[number])
    taught = [row for row in rows if row.shown]
    assert sum(bool(row.checkpoint) for row in taught) * 2 >= len(taught)
    assert "Request has expired" in str(rows) or sheet == "security"


def test_who_is_taught_what():
    """The issue's own wishes for the three."""
    taught = {
        sheet: {number for row in guide.rows(sheet, TEXT) for number, _ in row.shown}
        for sheet in guide.SHEETS
    }
    assert taught["web"] >= {"00", "04", "06", "07", "08"}
    assert taught["security"] >= {"00", "04", "09"}
    assert taught["half-day"] >= {f"{n:02}" for n in range(10)} - {"03", "08"}


def test_ones_own_pace_is_the_sum_of_the_lessons():
    section = TEXT.partition("### At one's own pace")[2].partition("\n#")[0]
    rows = re.findall(r"^\| \d \| (\d+) \| (.*) \|$", section, re.MULTILINE)
    taught = [re.findall(r"\[(\d\d)\]", lessons) for _, lessons in rows]
    assert [number for row in taught for number in row] == sorted(BY_NUMBER)
    for (total, _), numbers in zip(rows, taught, strict=True):
        assert int(total) == sum(minutes(BY_NUMBER[number]) for number in numbers), numbers


def test_every_exercise_has_its_minutes():
    section = TEXT.partition("### Minutes per exercise")[2].partition("\n#")[0]
    found = re.findall(r"\| (\d\d\.\d+) [^|]+ \| (\d+)(?= \|)", section)
    wanted = [
        f"{number}.{place}"
        for number, names in exercises().items()
        for place, _ in enumerate(names, 1)
    ]
    assert sorted(name for name, _ in found) == wanted
    total: Counter[str] = Counter()
    for name, takes in found:
        total[name[:2]] += int(takes)
    for number, takes in total.items():
        assert takes <= minutes(BY_NUMBER[number]) / 2, number


def test_the_mail_and_the_lists():
    mail = TEXT.partition("## A week before: the mail")[2].partition("\n## ")[0]
    assert "helpers check" in mail and "3.14" in mail
    room = TEXT.partition("## The day before: the room")[2].partition("\n## ")[0]
    assert room.count("- [ ]") >= 6


# Votes: each right answer is what the S3 says.


def half_an_hour(lab, s3, url):
    s3.put_object(Bucket=lab.bucket, Key="a", Body=b"x")
    link = url("get_object", "a", 1800)
    assert requests.get(link).status_code == 200
    with lab.later(minutes=31):
        answer = requests.get(link)
    return {
        (200, ""): "A",
        (403, "Request has expired"): "B",
        (404, "The specified key does not exist."): "C",
    }.get(said(answer), "D")


def only_the_size(lab, s3, url):
    s3.put_object(Bucket=lab.bucket, Key="a", Body=b"x")
    return {200: "A", 403: "B", 405: "C"}[requests.head(url("get_object", "a")).status_code]


def signed_for_nothing(lab, s3, url):
    link = url("get_object", "none")  # "A" would end here
    return {403: "B", 404: "C", 200: "D"}[requests.get(link).status_code]


def the_same_url_again(lab, s3, url):
    link = url("put_object", "a")
    assert requests.put(link, data=b"one").status_code == 200
    if requests.put(link, data=b"two").status_code != 200:
        return "A or B"
    kept = s3.list_object_versions(Bucket=lab.bucket, Prefix="a")["Versions"]
    assert s3.get_object(Bucket=lab.bucket, Key="a")["Body"].read() == b"two"
    return "C" if len(kept) == 1 else "D"


def how_large(lab, s3, url):
    link = url("put_object", "a")
    if requests.put(link, data=bytes(6 * 1000**2)).status_code != 200:
        return "A or B"
    answers = []
    for size in (5 * 1024**3 + 1, 6 * 1024**3):
        asked = requests.Request("PUT", link).prepare()
        asked.headers["Content-Length"] = str(size)
        answers.append(requests.Session().send(asked, timeout=30))
    limits = {re.search("<MaxSizeAllowed>(.*?)<", answer.text)[1] for answer in answers}
    return "C" if limits == {str(5 * 1024**3)} else "D"


def anns_folder(lab, s3, url):
    made = s3.generate_presigned_post(
        lab.bucket, "uploads/ann${filename}", Conditions=[["starts-with", "$key", "uploads/ann"]]
    )
    fields = {**made["fields"], "key": "uploads/anna/cat.jpg"}
    answer = requests.post(made["url"], data=fields, files={"file": b"x"})
    stored = [one["Key"] for one in s3.list_objects_v2(Bucket=lab.bucket).get("Contents", [])]
    if answer.status_code != 204:
        return "A"
    return "B" if stored == ["uploads/anna/cat.jpg"] else "C"


def cors(lab, s3, origin):
    rule = {"AllowedOrigins": [origin], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=lab.bucket, CORSConfiguration={"CORSRules": [rule]})


def whose_origin(lab, s3, url):
    cors(lab, s3, "http://localhost")
    asks = {"Origin": "http://localhost:8000", "Access-Control-Request-Method": "PUT"}
    status = requests.options(url("put_object", "a"), headers=asks).status_code
    asks["Origin"] = "http://localhost"
    assert requests.options(url("put_object", "a"), headers=asks).status_code == 200
    return {200: "A", 403: "B"}[status]


def a_page_from_elsewhere(lab, s3, url):
    cors(lab, s3, "https://app.example")
    evil = {"Origin": "https://evil.example"}
    answer = requests.put(url("put_object", "a"), data=b"x", headers=evil)
    if answer.status_code != 200:
        return "A"
    return "B" if s3.list_objects_v2(Bucket=lab.bucket)["KeyCount"] else "C"


def taken_back(lab, s3, url):
    s3.put_object(Bucket=lab.bucket, Key="a", Body=b"x")
    iam = lab.client("iam")
    iam.create_user(UserName="signer")
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_user_policy(UserName="signer", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="signer")["AccessKey"]
    link = (
        lab.with_key(key)
        .client()
        .generate_presigned_url("get_object", {"Bucket": lab.bucket, "Key": "a"}, 604800)
    )
    assert requests.get(link).status_code == 200
    iam.delete_user_policy(UserName="signer", PolicyName="p")
    with lab.later(hours=1):
        return {200: "A", 403: "B"}[requests.get(link).status_code]


def twelve_hours(lab, s3, url):
    s3.put_object(Bucket=lab.bucket, Key="a", Body=b"x")
    session = lab.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    link = (
        lab.with_key(session)
        .client()
        .generate_presigned_url("get_object", {"Bucket": lab.bucket, "Key": "a"}, 12 * 3600)
    )
    assert requests.get(link).status_code == 200
    with lab.later(minutes=16):
        answer = requests.get(link)
    return {
        (200, ""): "A",
        (400, "The provided token has expired."): "C",
        (403, "Request has expired"): "D",
    }[said(answer)]


def said(answer: requests.Response) -> tuple[int, str]:
    message = re.search("<Message>(.*?)</Message>", answer.text)
    return answer.status_code, message[1] if message else ""


PROOFS = {
    "Half an hour and a minute": half_an_hour,
    "Only asking for the size": only_the_size,
    "Signed for nothing": signed_for_nothing,
    "The same URL again": the_same_url_again,
    "How large?": how_large,
    "Ann's folder": anns_folder,
    "Whose origin?": whose_origin,
    "A page from elsewhere": a_page_from_elsewhere,
    "Taken back": taken_back,
    "Twelve hours": twelve_hours,
}


def test_there_are_ten_and_each_wrong_answer_has_its_belief():
    assert [vote.number for vote in VOTES] == list(range(1, 11))
    for vote in VOTES:
        assert len(vote.answers) in (3, 4)
        for letter, belief in vote.beliefs.items():
            assert belief.startswith("right: ") == (letter == vote.right)
            assert len(belief) > 12
        assert vote.heading in lesson.headings(BY_NUMBER[vote.lesson])
    assert len({vote.right for vote in VOTES}) > 1


@pytest.mark.parametrize("vote", VOTES, ids=[vote.title for vote in VOTES])
def test_the_right_answer_is_what_happens(vote, service):
    lab = service.lab()
    s3 = lab.client()

    def url(operation: str, key: str, seconds: int = 600) -> str:
        params = {"Bucket": lab.bucket, "Key": key}
        return s3.generate_presigned_url(operation, params, seconds)

    assert PROOFS[vote.title](lab, s3, url) == vote.right
