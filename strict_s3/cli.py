"""``strict-s3 serve | inspect | presign | prove | record``, also as ``python3 -m strict_s3``."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from . import __version__
from .errors import OptionError
from .options import BUCKET, REGION, Options
from .signals import as_interrupt

_PREFIX = "STRICT_S3_"
TOKEN = "STRICT_S3_CONTROL_TOKEN"
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the list of all options before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help shows the options.)\n")


class _Option(NamedTuple):
    """An option of ``serve`` that takes a value: also ``STRICT_S3_NAME`` in the environment."""

    default: Any
    help: str
    read: Callable[[str], Any] = str


def _host(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty; write an address, such as 127.0.0.1")
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise ValueError(f"{text!r} is not a port: a number from 0 to 65535")
    return int(text)


_SERVE = {
    "host": _Option(
        "127.0.0.1", "address to listen on (default 127.0.0.1; 0.0.0.0 for all)", _host
    ),
    "port": _Option(0, "port (default: a free one)", _port),
    "access_key": _Option("", "the root's access key (default: a new one)"),
    "secret_key": _Option("", "its secret; a command line can be read by others on this computer"),
    "region": _Option(REGION, f"default {REGION}"),
    "bucket": _Option(BUCKET, f"a bucket to begin with (default {BUCKET})"),
    "public_url": _Option("", "the address that people use, if it is a different one (a proxy's)"),
}
_FLAGS = {
    "strict_skew": "judge header signatures by the moved clock alone",
    "control": f"clock, decisions, logs and reset over HTTP under /_strict_s3/, with ${TOKEN}",
    "json": "print the line of JSON and nothing else, on neither stream",
    "keys_from_env": "the root's key is AWS_ACCESS_KEY_ID's, and is not printed",
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = _Parser(prog="strict-s3", description="A local S3 that refuses what AWS refuses.")
    top.add_argument("--version", action="version", version=f"strict-s3 {__version__}")
    commands = top.add_subparsers(dest="command", metavar="command", parser_class=_Parser)
    serve = commands.add_parser(
        "serve",
        help="run the local S3 for other programs, in any language",
        description="Runs until Ctrl-C or SIGTERM. Its first line is JSON: endpoint, region, "
        "access_key, secret_key, bucket.",
        epilog=f"Every option can also be set by an environment variable: {_PREFIX}PORT, "
        f"{_PREFIX}PUBLIC_URL, {_PREFIX}JSON=1 …; the command line counts first. "
        "MINIO_ROOT_USER and MINIO_ROOT_PASSWORD are taken for the root's key if there is no "
        "other. GET /_strict_s3/health answers 200 without a signature.",
    )
    for name, option in _SERVE.items():
        serve.add_argument(f"--{name.replace('_', '-')}", help=option.help)
    for name, text in _FLAGS.items():
        flag = f"--{name.replace('_', '-')}"
        serve.add_argument(flag, action="store_true", default=None, help=text)
    # Theirs are in the command.py of explainer, signing and proving, and in recorded/record.py.
    commands.add_parser(
        "inspect", help="say what is wrong with a URL, form, error, CORS line or rules"
    )
    commands.add_parser("presign", help="a presigned URL for each key of a list")
    commands.add_parser("prove", help="ask whether policies or a template do what a table says")
    commands.add_parser("record", help="ask a real S3, and compare it with what AWS answered")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, 1 for a failure, 2 for options that are wrong."""
    if sys.stderr is None:  # closed by the shell: 2>&-
        # print(…, file=None) would write what is said of a problem among the results.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (it is kept)
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        with as_interrupt():
            return _run(arguments)
    except SystemExit as ended:  # argparse has said why
        return int(ended.code or 0)
    except KeyboardInterrupt:
        return 130
    except RuntimeError as problem:  # Python 3.11's word for one that came within a class
        if isinstance(problem.__cause__, KeyboardInterrupt):
            return 130
        raise


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["presign"]:
        from .signing.command import main as presign

        return presign(arguments[1:])
    if arguments[:1] == ["inspect"]:
        from .explainer.command import main as inspect

        return inspect(arguments[1:])
    if arguments[:1] == ["prove"]:
        from .proving.command import main as prove

        return prove(arguments[1:])
    if arguments[:1] == ["record"]:
        from .recorded.record import main as record

        return record(arguments[1:])
    found = parser().parse_args(arguments)
    if found.command == "serve":
        return _serve(found)
    parser().print_help()
    return 0


def _serve(found: argparse.Namespace) -> int:
    try:
        values = {name: _value(found, name) for name in _SERVE}
        flags = {name: _flag(found, name) for name in _FLAGS}
        values |= _keys(values, flags["keys_from_env"], os.environ)
        token = _token(flags["control"], os.environ)
        host, port = values.pop("host"), values.pop("port")
        options = Options(**values, strict_skew=flags["strict_skew"])
    except OptionError as problem:
        print(f"strict-s3 serve: {problem}", file=sys.stderr)
        return 2
    if not _is_loopback(host) and not flags["json"]:
        print(
            f"Listening on {host}: whoever reaches this computer can reach this S3, and what is "
            "public in it can be read without a key.",
            file=sys.stderr,
        )
    from .server.server import serve

    return serve(
        port,
        flags["json"],
        host=host,
        options=options,
        control_token=token,
        hide_keys=flags["keys_from_env"],
    )


def _value(found: argparse.Namespace, name: str) -> Any:
    """An option's value: of the command line, else of the environment, else the default."""
    option, variable = _SERVE[name], _PREFIX + name.upper()
    where, text = f"--{name.replace('_', '-')}", getattr(found, name)
    if text is None and os.environ.get(variable):
        where, text = variable, os.environ[variable]
    if text is None:
        return option.default
    try:
        return option.read(text)
    except ValueError as problem:
        raise OptionError(f"{where}: {problem}.") from None


def _flag(found: argparse.Namespace, name: str) -> bool:
    if getattr(found, name):
        return True
    variable = _PREFIX + name.upper()
    text = os.environ.get(variable, "").lower()
    if text not in (*_YES, *_NO):
        raise OptionError(f"{variable} is {text!r}; it is 1 or 0.")
    return text in _YES


def _keys(values: Mapping[str, str], from_env: bool, environ: Mapping[str, str]) -> dict[str, str]:
    """The root's key, if it is given by none of serve's own options."""
    given = bool(values["access_key"] or values["secret_key"])
    if from_env:
        if given:
            raise OptionError(
                "--keys-from-env and a key of its own were given. Choose one of them."
            )
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        if not all(environ.get(name) for name in names):
            raise OptionError(f"--keys-from-env needs {' and '.join(names)} in the environment.")
    elif given:
        return {}
    else:
        names = ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD")
    return dict(zip(("access_key", "secret_key"), (environ.get(n, "") for n in names), strict=True))


def _token(control: bool, environ: Mapping[str, str]) -> str:
    """The token for control over HTTP; "" if there is to be none."""
    token = environ.get(TOKEN, "")
    if not control:
        return ""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise OptionError(
            f"--control needs a token that its users send: set {TOKEN} to a long random text of "
            "ASCII characters without blanks."
        )
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
