"""How the contract's tests reach a backend: in this process, or over HTTP in one of its own.

A driver takes a backend's file and environment variables, and yields a function

    call(method, path, body=None, user="ann") -> (status, JSON of the response)

FastAPI and Lambda run in this process. Django has settings that can be made only once, and
JavaScript needs Node.js and esbuild: they are started on a free port of 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import requests

Call = Callable[..., tuple[int, Any]]
# Where esbuild and the AWS SDK are; by default beside the backend, as npm installs them.
MODULES = "EXAMPLES_NODE_MODULES"


@contextmanager
def drive(app: Path, variables: Mapping[str, str]) -> Iterator[Call]:
    """Run the backend in a file. Skips the test if what it needs is not installed."""
    text = app.read_text(encoding="utf-8")
    if app.suffix == ".ts":
        with _node(app, variables) as call:
            yield call
    elif "import django" in text or "from django" in text:
        pytest.importorskip("storages")
        command = [sys.executable, "-c", _DJANGO, str(app)]
        with _process(command, variables) as call:
            yield call
    elif "aws_lambda_powertools" in text:
        pytest.importorskip("aws_lambda_powertools")
        yield _lambda(_load(app, variables))
    else:
        yield _asgi(_load(app, variables))


def _load(app: Path, variables: Mapping[str, str]) -> ModuleType:
    """The module, imported with these variables. Each call makes a new one."""
    spec = importlib.util.spec_from_file_location(app.stem, app)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr("boto3.DEFAULT_SESSION", None)  # it would keep another key
        patch.setitem(sys.modules, app.stem, module)
        spec.loader.exec_module(module)
    return module


def _headers(user: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer demo-{user}"} if user else {}


def _asgi(module: ModuleType) -> Call:
    import httpx

    async def send(method: str, path: str, body: Any, user: str | None) -> httpx.Response:
        transport = httpx.ASGITransport(module.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, json=body, headers=_headers(user))

    def call(method: str, path: str, body: Any = None, user: str | None = "ann") -> tuple[int, Any]:
        with ThreadPoolExecutor(1) as thread:  # a notebook's own has a loop that runs
            response = thread.submit(asyncio.run, send(method, path, body, user)).result()
        return response.status_code, response.json()

    return call


def _lambda(module: ModuleType) -> Call:
    """With the events of an HTTP API (payload format 2.0), whose authorizer checked the token.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    context = SimpleNamespace(
        function_name="uploads",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:eu-west-2:123456789012:function:uploads",
        aws_request_id="1",
    )

    def call(method: str, path: str, body: Any = None, user: str | None = "ann") -> tuple[int, Any]:
        asked: dict[str, Any] = {"http": {"method": method, "path": path}, "stage": "$default"}
        if user:
            asked["authorizer"] = {"jwt": {"claims": {"sub": user}, "scopes": None}}
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"content-type": "application/json"},
            "requestContext": asked,
            "body": json.dumps(body) if body is not None else None,
            "isBase64Encoded": False,
        }
        answer = module.handler(event, context)
        return answer["statusCode"], json.loads(answer["body"])

    return call


_DJANGO = """
import importlib.util, sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

spec = importlib.util.spec_from_file_location("django_app", sys.argv[1])
sys.modules["django_app"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from django.core.wsgi import get_wsgi_application

WSGIRequestHandler.log_message = lambda *_: None
server = make_server("127.0.0.1", 0, get_wsgi_application())
print(server.server_port, flush=True)
server.serve_forever()
"""

_NODE = """
import { createServer } from "node:http";
import app from "./app.mjs";

const server = createServer(async (request, response) => {
  const chunks = await request.toArray();
  const body = chunks.length ? Buffer.concat(chunks) : undefined;
  const url = `http://127.0.0.1${request.url}`;
  const made = new Request(url, { method: request.method, headers: request.headers, body });
  const answer = await app.fetch(made);
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""


@contextmanager
def _node(app: Path, variables: Mapping[str, str]) -> Iterator[Call]:
    modules = Path(os.environ.get(MODULES, app.parent / "node_modules"))
    node, esbuild = shutil.which("node"), shutil.which("esbuild", path=modules / ".bin")
    if node is None or esbuild is None:
        pytest.skip("the JavaScript backend needs Node.js, and esbuild and the AWS SDK beside it")
    with tempfile.TemporaryDirectory() as made:
        bundle = [esbuild, str(app), "--bundle", "--platform=node", "--format=esm"]
        banner = "import{createRequire}from'module';const require=createRequire(import.meta.url);"
        bundle += [f"--outfile={made}/app.mjs", f"--banner:js={banner}", "--log-level=error"]
        environment = os.environ | {"NODE_PATH": str(modules)}
        subprocess.run(bundle, check=True, env=environment, timeout=60)
        (Path(made) / "serve.mjs").write_text(_NODE, encoding="utf-8")
        with _process([node, f"{made}/serve.mjs"], variables) as call:
            yield call


@contextmanager
def _process(command: list[str], variables: Mapping[str, str]) -> Iterator[Call]:
    """A server that prints its port. It is killed at the end."""
    environment = os.environ | variables
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    session = requests.Session()
    try:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        assert re.fullmatch(r"\d+", port), "the backend did not start"

        def call(
            method: str, path: str, body: Any = None, user: str | None = "ann"
        ) -> tuple[int, Any]:
            url = f"http://127.0.0.1:{port}{path}"
            response = session.request(method, url, json=body, headers=_headers(user), timeout=60)
            return response.status_code, response.json()

        yield call
    finally:
        session.close()
        server.kill()
        server.communicate()
