"""How long inspecting takes: python3 -m tests.benchmarks.inspect [rounds]

Milliseconds for one call, medians over the rounds. The limits are 5 ms for a URL and a second for
10 MB of anything.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

from strict_s3.explainer import explain, inspect_cors, inspect_form, inspect_text, inspect_url
from tests.strict_s3.explainer.test_explain import MISMATCH, xml
from tests.strict_s3.explainer.test_form import FULL, TOKEN, form
from tests.strict_s3.explainer.test_paste import BROKEN, URL
from tests.strict_s3.explainer.test_url import signed

CANONICAL = (
    f"PUT\n/image.png\n{URL.partition('?')[2].partition('&X-Amz-Signature')[0]}\n"
    "content-type:text/plain\nhost:b.s3.eu-west-2.amazonaws.com\n\ncontent-type;host\n"
    "UNSIGNED-PAYLOAD"
)


def main(rounds: int = 200) -> None:
    temporary = signed(token=TOKEN * 40)
    post = json.dumps(form({"Content-Type": "image/png"}, FULL))
    refusal = xml("SignatureDoesNotMatch", MISMATCH, CanonicalRequest=CANONICAL)
    rules = [{"AllowedOrigins": ["https://*.example"], "AllowedMethods": ["PUT"]}] * 100
    headers = {"content-type": "image/png"}
    cases: dict[str, Callable[[], object]] = {
        "a URL": lambda: str(inspect_url(URL)),
        "a URL with a session token": lambda: str(inspect_url(temporary)),
        "a URL in 60-column lines": lambda: str(inspect_url(BROKEN)),
        "a URL in a curl command": lambda: str(inspect_url(f"curl -T a '{URL}'")),
        "a URL with 1,000 parameters": lambda: str(inspect_url(URL + "&a=b" * 1000)),
        "a key of 1,024 bytes": lambda: str(inspect_url(URL.replace("image", "%20" * 1000))),
        "100,000 letters before a URL": lambda: str(inspect_url("word " * 20_000 + URL)),
        "100,000 letters after a URL": lambda: str(inspect_url(URL + " word" * 20_000)),
        "a URL, by inspect_text": lambda: str(inspect_text(URL)),
        "10 MB of words and a URL": lambda: str(inspect_text("word " * 2_000_000 + URL)),
        "10 MB of markup and a URL": lambda: str(inspect_text("<a>&amp;" * 1_250_000 + URL)),
        "10 MB of escapes and a URL": lambda: str(inspect_text("\\u0026" * 1_700_000 + " " + URL)),
        "a POST form": lambda: str(inspect_form(post)),
        "a wrong signature": lambda: str(explain(refusal, {"method": "PUT", "url": URL})),
        "CORS, 100 rules": lambda: str(inspect_cors(rules, "https://a.example", "PUT", headers)),
    }
    for name, work in cases.items():
        print(f"{name:32} {median_ms(work, rounds):8.2f} ms")


def median_ms(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(times)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
