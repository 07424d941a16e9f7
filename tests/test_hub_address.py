"""The local S3 and the pages behind a hub's address: what is found out, and where requests go."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from jupyter_server import CallContext
from jupyter_server.services.sessions.sessionmanager import SessionManager

from helpers.address import hub
from helpers.address.sessions import Sessions
from helpers.errors import LabError
from helpers.setup.environment import child_variables

ON_HUB = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ann/"}
CODESPACE = {
    "CODESPACE_NAME": "fuzzy-dog",
    "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.github.dev",
}
HUB = "https://hub.example/user/ann/proxy/{port}"
# In a process of its own: it changes urllib3 and boto3's default session.
RUN = """
import json
import os

import requests
from helpers import connect
from helpers.pages import UploadPage

below = os.environ["S3_LESSONS_PUBLIC_URL"] + "/proxy/"
lab = connect("08")
lab.client().put_object(Bucket=lab.bucket, Key="lesson-08/a b", Body=b"hello")
url = lab.client().generate_presigned_url(
    "get_object", {"Bucket": lab.bucket, "Key": "lesson-08/a b"}, 60
)
for made in (url, lab.presigner().get("lesson-08/a b")):
    assert made.startswith(below), made
    assert requests.get(made).text == "hello"
    assert requests.get(made.replace("@", "%40")).text == "hello"
    assert requests.get(made.replace("a%20b?", "b?")).status_code == 403
form = lab.client().generate_presigned_post(lab.bucket, "lesson-08/k")
assert form["url"].startswith(below), form["url"]
sent = requests.post(form["url"], data=form["fields"], files={"file": b"x"})
assert sent.status_code == 204 and sent.headers["Location"].startswith(below), sent.text
assert lab.client("sts").get_caller_identity()["Arn"].endswith(":root")
deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
deny["Resource"] = f"arn:aws:s3:::{lab.bucket}/*"
policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
lab.client().put_bucket_policy(Bucket=lab.bucket, Policy=policy)
assert requests.get(url).status_code == 200
assert requests.get(url.replace("https:", "http:")).status_code == 403
page = UploadPage(lab)
assert page.origins == ("https://hub.example",)
answer = requests.post(
    f"{page.url}sign-in", json={"user": "ann", "code": page.code}, headers={"Origin": page.origin}
)
cookie = answer.headers["Set-Cookie"]
path = below.removeprefix("https://hub.example")
assert f"Path={path}{page.port}/" in cookie and "Secure" in cookie, cookie
assert requests.get(page.url, headers={"Host": "127.0.0.1"}).status_code == 421
policy = requests.get(page.url).headers["Content-Security-Policy"]
assert "frame-ancestors 'self';" in policy, policy
lab.clean_up()
lab.close()
again = connect("08").client().generate_presigned_url("list_buckets")
assert again.startswith(below), again
assert "ListAllMyBucketsResult" in requests.get(again).text
"""


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, ""),
        (ON_HUB, ""),
        ({"S3_LESSONS_PUBLIC_URL": "https://hub.example/user/ann/"}, HUB),
        ({"S3_LESSONS_PUBLIC_URL": "https://x-{port}.example"}, "https://x-{port}.example"),
        ({"S3_LESSONS_PUBLIC_URL": " https://hub.example/user/ann/lab "}, HUB),
        ({"S3_LESSONS_PUBLIC_URL": "https://hub.example/user/ann/lab/tree/work/00.ipynb"}, HUB),
        (
            {"S3_LESSONS_PUBLIC_URL": "https://hub.example/lab/"},
            "https://hub.example/lab/proxy/{port}",
        ),
        ({"S3_LESSONS_PUBLIC_URL": "https://[::1]:80/é"}, "https://[::1]:80/%C3%A9/proxy/{port}"),
        (ON_HUB | {"JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/ann/"}, HUB),
        (ON_HUB | {"JUPYTERHUB_PUBLIC_URL": "", "JUPYTERHUB_HOST": "https://hub.example"}, ""),
        (CODESPACE, "https://fuzzy-dog-{port}.app.github.dev"),
    ],
)
def test_the_address_is_found_in_the_environment(variables, found):
    assert hub.template(variables) == found


@pytest.mark.parametrize("name", ["S3_LESSONS_PUBLIC_URL", "JUPYTERHUB_PUBLIC_URL"])
@pytest.mark.parametrize(
    "value",
    [
        "hub.example",
        "ftp://hub.example/",
        "https://",
        "https://hub.example/?token=PASSWORD",
        "https://hub.example/#PASSWORD",
        "https://ann:PASSWORD@hub.example/user/ann",
        "https://hub..example/",  # boto3 refuses this and the next
        "https://my_hub/",
        "https://hub.example:99999/",
        "https://hub.example:0/",
        "https://[::1/",
        "https://hüb.example/",
        "https://{host}/",
        "https://hub.example/{user}",
        "https://hub.example/user/a b",
        "https://hub.example\\user",
    ],
)
def test_a_value_that_is_no_address_is_refused_with_the_fix(name, value):
    with pytest.raises(LabError, match="as your browser shows it, up to /lab") as refused:
        hub.template({name: value})
    assert str(refused.value).startswith(f"{name} is ") and "PASSWORD" not in str(refused.value)


def test_what_connect_says():
    assert hub.note("http://127.0.0.1:9000", {}) == ""
    for silent in (ON_HUB, {"CODESPACE_NAME": "fuzzy-dog"}):
        assert "Set S3_LESSONS_PUBLIC_URL to" in hub.note("http://127.0.0.1:9000", silent)
    told = {"S3_LESSONS_PUBLIC_URL": "https://hub.example/user/ann"}
    assert "https://hub.example/a" in hub.note("https://hub.example/a", told)
    assert "needs its port to be public" not in hub.note("https://hub.example/a", told)
    assert "needs its port to be public" in hub.note("https://x-9.app.github.dev", CODESPACE)


def test_a_name_for_which_boto3_cannot_sign_is_told():
    variables = {"JUPYTERHUB_SERVICE_PREFIX": "/user/a%23b/"}
    variables["S3_LESSONS_PUBLIC_URL"] = "https://hub.example/user/a%23b"
    assert hub.template(variables) == ""
    assert "boto3 can't sign for a user name with # or ?" in hub.note("http://x", variables)


@pytest.mark.parametrize(
    ("status", "told"), [("404 Not Found", "runs no jupyter-server-proxy"), ("302 Found", "finds")]
)
def test_a_hub_without_the_proxy_is_told(status, told):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asked: list[bytes] = []

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                asked.append(connection.recv(1000))
                connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        variables = ON_HUB | {"S3_LESSONS_PUBLIC_URL": "https://hub.example/user/ann"}
        variables["JUPYTERHUB_SERVICE_URL"] = f"http://127.0.0.1:{port}/user/ann/"
        assert told in hub.note("https://hub.example/user/ann/proxy/9000", variables)
        thread.join()
        assert asked[0].startswith(b"GET /user/ann/proxy/1/s3 HTTP/1.1")
    # A server that can't be asked is not blamed.
    assert "finds" in hub.note("https://hub.example/user/ann/proxy/9000", variables)


# As JupyterHub's url_escape_path writes them: everything but @ and ~ is encoded.
@pytest.mark.parametrize("user", ["ann@example.org", "a+b c", "é%41~", "100%", "日本"])
def test_python_reaches_what_is_behind_the_hub_without_signing_in(user):
    variables = {"S3_LESSONS_PUBLIC_URL": f"https://hub.example/user/{quote(user, safe='@~')}"}
    around = child_variables(sys.executable) | variables
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN], env=around, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


# Codespaces: each port has a host of its own, and its proxy says localhost to what it leads to.
IN_A_CODESPACE = """
import re

import requests
from helpers import connect
from helpers.pages import UploadPage

lab = connect("08")
port = int(re.fullmatch(r"https://fuzzy-dog-(\\d+)\\.app\\.github\\.dev", lab.endpoint_url)[1])
lab.client().put_object(Bucket=lab.bucket, Key="lesson-08/a b", Body=b"hello")
place = {"Bucket": lab.bucket, "Key": "lesson-08/a b"}
url = lab.client().generate_presigned_url("get_object", place)
assert url.startswith(f"{lab.endpoint_url}/{lab.bucket}/"), url
assert requests.get(url).text == "hello"
name = lab.endpoint_url.removeprefix("https://")
proxied = {"Host": f"localhost:{port}", "X-Forwarded-Host": name, "X-Forwarded-Proto": "https"}
at_port = url.replace(lab.endpoint_url, f"http://127.0.0.1:{port}")
assert requests.get(at_port, headers=proxied).text == "hello"
proxied["X-Forwarded-Host"] = "fuzzy-cat-1.app.github.dev"
assert requests.get(at_port, headers=proxied).status_code == 403
page = UploadPage(lab)
assert page.origins == (f"https://fuzzy-dog-{page.port}.app.github.dev",)
assert requests.get(page.url).status_code == 200
proxied = {"Host": f"localhost:{page.port}"}
assert requests.get(f"http://127.0.0.1:{page.port}/", headers=proxied).status_code == 421
proxied["X-Forwarded-Host"] = page.origin.removeprefix("https://")
assert requests.get(f"http://127.0.0.1:{page.port}/", headers=proxied).status_code == 200
lab.clean_up()
"""


def test_in_a_codespace():
    around = child_variables(sys.executable) | CODESPACE
    around.pop("S3_LESSONS_PUBLIC_URL", None)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IN_A_CODESPACE],
        env=around,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("origin", "on_hub", "told"),
    [
        ("https://hub.example", True, "https://hub.example/user/ann/"),
        ("http://127.0.0.1:8000", True, "http://127.0.0.1:8000/user/ann/"),
        ("http://192.168.1.5:8888", False, "http://192.168.1.5:8888/user/ann/"),
        ("http://localhost:8888", False, None),
        ("null", True, None),
        ("http://my_computer:8888", False, None),
        ("", True, None),
        # Binder's hub, whose address no variable says.
        ("https://hub.2i2c.mybinder.org", True, "https://hub.2i2c.mybinder.org/user/ann/"),
    ],
)
def test_a_kernel_is_told_what_its_browser_says(monkeypatch, origin, on_hub, told):
    assert told_to_a_kernel(monkeypatch, {"Origin": origin}, on_hub) == told


@pytest.mark.parametrize(
    ("origin", "forwarded", "told"),
    [
        ("http://localhost:8888", "x-8888.app.github.dev", "https://x-8888.app.github.dev"),
        ("https://localhost:8888", "x-8888.app.github.dev", "https://x-8888.app.github.dev"),
        ("http://192.168.1.5:8888", "x.example", "http://192.168.1.5:8888"),
        ("http://localhost:8888", "localhost:8888", None),
        ("http://localhost:8888", "127.0.0.1:8888", None),
        ("http://localhost:8888", "a.example, b.example", None),
        ("http://localhost:8888", "a.example/x", None),
    ],
)
def test_codespaces_writes_its_own_side_into_the_origin(monkeypatch, origin, forwarded, told):
    headers = {"Origin": origin, "X-Forwarded-Host": forwarded}
    found = told_to_a_kernel(monkeypatch, headers, on_hub=False)
    assert found == (told and f"{told}/user/ann/")


def told_to_a_kernel(monkeypatch, headers: dict[str, str], on_hub: bool) -> str | None:
    monkeypatch.setattr(SessionManager, "get_kernel_env", lambda *_: {})
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    if on_hub:
        monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ann/")
    request = SimpleNamespace(headers=headers)
    handler = SimpleNamespace(request=request, base_url="/user/ann/")
    monkeypatch.setattr(CallContext, "get", lambda _: handler)
    variables = Sessions.get_kernel_env(object.__new__(Sessions), "a.ipynb")
    return variables.get("S3_LESSONS_PUBLIC_URL")
