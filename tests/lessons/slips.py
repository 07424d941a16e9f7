"""The table in INSTRUCTOR.md: what people get wrong, what they then see, and what to ask them.

What they see is in the tests' answers (`tests/lessons/answers`), which `test_exercises` gives to
each check; so every line of the table is a message that somebody gets. After a change:

    python3 -m tests.lessons.slips
"""

from __future__ import annotations

import importlib
from itertools import pairwise

from tests.lessons.lesson import LESSONS, NOTEBOOKS, cells, exercise_of

PAGE = NOTEBOOKS / "INSTRUCTOR.md"
BEGIN, END = "<!-- slips: made by python3 -m tests.lessons.slips -->", "<!-- end of slips -->"

# By check: (a piece of the hint, what was done, what to ask). Only what happens in a room.
SLIPS: dict[str, list[tuple[str, str, str]]] = {
    "check_policy": [
        ("end it with its slash", "`site*` as the prefix", "Which other keys begin with `site`?"),
        ("has just overwritten", "`s3:*`, “to be sure”", "What else is in that star?"),
        (
            "s3:ListBucket is about the bucket",
            "ListBucket on `…/site/*`",
            "Is listing about an object, or about the bucket?",
        ),
        (
            "{BUCKET}/site/*: write an f before the quotes",
            "`{BUCKET}` in plain quotes",
            "What did S3 receive?",
        ),
    ],
    "check_switches": [
        ("still reads", "only the switches for ACLs", "Is the bucket public by ACL or by policy?"),
        (
            "deployment was refused",
            "all four switches",
            "Which switch looks at policies that are yet to come?",
        ),
    ],
    "check_uploader": [
        (
            "can read what is in the inbox",
            "GetObject as well as PutObject",
            "What may this user do, word by word of the task?",
        ),
        ("End the prefix with its slash", "`inbox*`", "Would `inbox-old/` match too?"),
        ("it can list the bucket", "ListBucket on `*`", "Does storing a file need a listing?"),
        ("IAM does not accept", "a Principal in a user's policy", "Who already holds this policy?"),
    ],
    "check_rotation": [
        ("a different user's key", "the lab's own client", "Whose key should the client use?"),
        ("leave the policy alone", "took the permission away", "What ends the key, and only it?"),
        (
            "cannot continue",
            "ended the old key without a new one",
            "With which key does the application go on?",
        ),
    ],
    "check_reading": [
        ("only signed: try the others", "GET, because most are", "Where is the method in a URL?"),
        ("should be a datetime", "X-Amz-Expires itself", "Is that a moment, or a duration?"),
        ("no time zone", "a naive datetime", "Whose time is in X-Amz-Date?"),
    ],
    "check_alive": [
        (
            "a does not fetch the report: S3 answers 403 AccessDenied",
            "added nothing to the date",
            "When was it signed, and for how long?",
        ),
        ("b is missing: S3 answers 200", "took six days for old", "How many seconds has it?"),
        ("200, but with a different file", "looked at the dates only", "What is in the path?"),
    ],
    "check_download": [
        (
            "so a browser shows the file",
            "`inline` for `attachment`",
            "Which word tells a browser to save?",
        ),
        (
            "cannot be represented using ISO-8859",
            '`filename="売上 Q3.txt"`',
            "Which bytes may a header carry? See `filename*`.",
        ),
        (
            "X-Amz-Expires is 10",
            "`ExpiresIn=10`, as minutes",
            "In which unit is ExpiresIn?",
        ),
        ("Which Key", "signed for a different key", "Read the path of your URL aloud."),
    ],
    "check_head": [
        (
            "the URL answers GET. The method is part of what is signed",
            "signed `get_object`",
            "What does a HEAD request return?",
        ),
        (
            "X-Amz-Expires must be less than a week",
            "eight days",
            "Who refused: boto3 when signing, or S3 when used?",
        ),
    ],
    "check_avatar": [
        (
            "an upload with text/html is accepted too",
            "no ContentType",
            "Which headers does X-Amz-SignedHeaders name?",
        ),
        (
            "Signed content-type:image/*, sent image/png",
            "`image/*` as a pattern",
            "Can a signature cover a pattern?",
        ),
        ("0 bytes are accepted too", "no ContentLength", "Who counts the bytes of a PUT?"),
    ],
    "check_contract": [
        (
            "a second upload should be refused with 412",
            "no IfNoneMatch",
            "What happens at the second upload?",
        ),
        (
            "can leave out the header If-None-Match",
            "sent the header, but didn't sign it",
            "Who decides whether an unsigned header is sent?",
        ),
        (
            "BadDigest: The SHA256 you specified did not match",
            "the checksum of other bytes",
            "Of which bytes is it, and in which encoding?",
        ),
        (
            "is the base64 of digest(), as text",
            "`hexdigest()` as the checksum",
            "How many characters has the one in the lesson?",
        ),
    ],
    "check_folder": [
        (
            "A policy has no wildcard *",
            "`lesson-06/ann/*` as the key",
            "Which condition says “starts with”?",
        ),
        ("begins with $", "`key` for `$key`", "How does a list of three name a field?"),
        (
            "the key lesson-06/anna/one.png is",
            "no slash after `ann`",
            "Who else's name begins with `ann`?",
        ),
        (
            "400 InvalidPolicyDocument: Invalid Policy: ",
            "the range as a dict",
            "How many things are in that condition?",
        ),
        (
            "in it, each condition is a list of three or a dict of one",
            "one pair of brackets in `Conditions`",
            "How many conditions does S3 see?",
        ),
        ("after 29 minutes 50", "`ExpiresIn=30`, as minutes", "In which unit is ExpiresIn?"),
    ],
    "check_thanks": [
        (
            "Extra input fields: x-amz-meta-author",
            "a field without its condition",
            "What must each field have in the policy?",
        ),
        (
            "every condition its field",
            "a condition without its field",
            "What does the browser send in that field?",
        ),
        (
            "can change x-amz-meta-author (bob)",
            "`starts-with` an empty text",
            "What starts with nothing?",
        ),
    ],
    "check_rules": [
        (
            "with content-type is refused",
            "the article's rule as it is",
            "Which headers does the script send?",
        ),
        ("Unsupported method is OPTIONS", "OPTIONS as a method", "Who sends the OPTIONS?"),
        (
            "GET from https://anybody.example is",
            "one rule for both",
            "May anybody's page do everything that yours may?",
        ),
        ("cannot read the ETag", "no ExposeHeaders", "Which headers may a script read?"),
    ],
    "check_preflight": [
        ("not the page's origin", "an origin without its port", "What are an origin's parts?"),
        ("Which method", "OPTIONS as the method asked for", "What will the script send next?"),
        (
            "that is how S3 responds",
            "`Access-Control-Allow-Origin`",
            "Who asks in a preflight, and who allows?",
        ),
        (
            "does not ask for content-type",
            "only the x-amz- header",
            "Which content types need no question?",
        ),
    ],
    "check_sign": [
        (
            "should be under",
            "the file's name as the key",
            "Two visitors upload `image.jpg`. Then?",
        ),
        ("that are alike", "a counter, a time or a fixed name", "Could you guess the next key?"),
        (
            "204, without a Location",
            "no success_action_status",
            "Where does the page find out the key?",
        ),
        (
            "also stores a file at lesson-08/bob/a.png",
            "signed `${filename}`, and changed the field",
            "Decode the policy: what does it say about the key?",
        ),
        ("make the size exact", "from 0 to `size`", "May the file be smaller, by the task?"),
    ],
    "check_once": [
        ("a second PUT is accepted too", "signed no IfNoneMatch", "What should the second get?"),
        (
            "the condition has to be signed",
            "sent the header, but didn't sign it",
            "What if the sender leaves it out?",
        ),
        ("if-none-match", "signed it, and sends nothing", "What did you promise to send?"),
    ],
    "check_guardrail": [
        (
            "4 minutes 59 seconds after signing, s3:GetObject",
            "300, as seconds",
            "In which unit is s3:signatureAge?",
        ),
        ("A guardrail is a Deny", "an Allow for young URLs", "Does an Allow take anything away?"),
        ("right after signing", "a Deny without a Condition", "Whom does it deny, and when?"),
        ("for the upload of", "only GetObject", "What does the task end: downloads only?"),
        (
            "for the download of a still",
            "only the objects of the lesson",
            "Which keys does the Resource name?",
        ),
    ],
    "check_folders": [
        ("begins with the other", "no slash after the variable", "Is ada's name part of adam's?"),
        ("In an f-string", "one brace in an f-string", "Print the policy: what is in the ARN?"),
        ("it also allows s3:", "`s3:*`", "Which two actions does the task name?"),
        ("IAM does not accept this policy", "a Principal", "Who already holds this policy?"),
    ],
    "check_lines": [
        ("the wrong way round", "received before signed", "Which of the two did the signer have?"),
        (
            "one more line differs: line 4",
            "stopped at the first difference",
            "Is the rest the same?",
        ),
        ("&amp;", "compared with the XML as it is", "How does XML write an ampersand?"),
    ],
    "check_by_hand": [
        (
            "The URL was signed for GET, but PUT was sent",
            "signed for GET",
            "Which line of the canonical request names the method?",
        ),
        ("encoded once", "quoted the key before signing", "How often is `&` encoded now?"),
        (
            "after 1 minute 20 seconds",
            "a lifetime of 9 seconds",
            "How many seconds does the task say?",
        ),
    ],
    "check_gallery": [
        (
            "link 0 is signed for 60 seconds",
            "`expires=60`",
            "How many seconds have ten minutes?",
        ),
        ("a browser would show photo 0", "no disposition", "What tells a browser to save?"),
        ("there are 999 links", "`range(999)`", "Which number is the last?"),
    ],
    "check_finish": [
        (
            "no object yet",
            "sent the parts and stopped",
            "Who tells S3 that these were all the parts?",
        ),
        (
            "each part has its PartNumber and ETag",
            "what list_parts returned, as it is",
            "Which names does boto3 complain about?",
        ),
        ("does not end in -3", "one PUT of the whole film", "What was the upload id for?"),
        ("with the key", "`s3.upload_part` itself", "What does an uploader without a key have?"),
    ],
    "check_csv": [
        (
            "S3 stores text/csv of 1,048,577 bytes",
            "only `upload.size` has a limit",
            "Who sends the file: the one who announced its size?",
        ),
        (
            "was sent in parts, and /complete answers 200",
            "the form alone knows the limit",
            "Which signature limits the sum of parts?",
        ),
        ("image/png of 10,485,760 bytes", "1 MiB for all", "What does the task say of pictures?"),
    ],
    "check_svg": [
        (
            "passes with a backend that signs image/svg+xml",
            "compared without `assert`",
            "What does pytest do with True or False?",
        ),
        (
            "fails with a backend that also signs CSV",
            "asserted that there are three types",
            "Which change should this test survive?",
        ),
    ],
    "check_found": [
        (
            "were used from 1 address. Which from many",
            "the link with the most uses in the lesson, not in the fresh incident",
            "From how many addresses was each link used?",
        ),
        ("has the whole ARN", "the role's name", "What does the column requester hold?"),
        ("The column is text", "one row's `bytessent`", "Of how many rows is that?"),
    ],
    "check_stop": [
        ("the object is gone", "deleted the object", "Who else wanted to read it?"),
        (
            "a new link of the application does not work",
            "a `Deny` for presigned requests, and left it",
            "Until when is that the right thing?",
        ),
        (
            "a new link of the application is refused after 30 minutes",
            "`s3:signatureAge` of five minutes",
            "How long must a new link work?",
        ),
        (
            "Return a new key for it",
            "deactivated the key",
            "With what does the newsletter sign tomorrow?",
        ),
        ("the application can't read", "a moment in the future", "When is a new session issued?"),
    ],
    "check_level_1": [
        (
            "captured, but not mended: your own attack still works",
            "looked for the user's name somewhere in the key",
            "Which part of the key is the folder?",
        ),
        (
            "a user downloads their own 'mine.txt'. Your code refuses it",
            "refused everybody",
            "Who still has to get their file?",
        ),
    ],
    "check_level_2": [
        (
            "level 2 is mended, and not captured yet",
            "mended it without an attack",
            "How do you know that there was a hole?",
        ),
        (
            "a user downloads their own '2026/a b.txt'. Your code",
            "allowed no folders below the user's",
            "Which keys are the user's own?",
        ),
    ],
}


def exercises() -> dict[str, list[str]]:
    """The checks of each lesson, by its number, in order."""
    found = {}
    for path in LESSONS:
        names = [exercise_of(a, b) for a, b in pairwise([*cells(path), None])]
        found[path.name[:2]] = [exercise.name for exercise in names if exercise]
    return found


def hints(lesson: str, check: str) -> list[str]:
    """The pieces of the hints that the tests expect of a check."""
    answers = importlib.import_module(f"tests.lessons.answers.lesson_{lesson}")
    return [hint for _, hint in answers.WRONG[check]]


def table() -> str:
    """The rows, lesson by lesson."""
    lines = ["| Exercise | What they did | What they see | What to ask |", "|---|---|---|---|"]
    for lesson, checks in exercises().items():
        for number, check in enumerate(checks, 1):
            for hint, done, ask in SLIPS[check]:
                seen = hint.strip().replace("|", r"\|")
                lines.append(f"| {lesson}.{number} | {done} | … {seen} … | {ask} |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """The page with the table as it is now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
