"""Wheels for a Python in the browser, made of what is installed here.

Pyodide loads wheels of pure Python. The locked packages are installed in this environment
already, with a list of their files: a wheel is those files in a zip, without what is compiled.
MarkupSafe and PyYAML, the only ones with a compiled part, fall back on Python by themselves.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# What Pyodide's Python says of itself, for the markers of requirements.
BROWSER = {
    "python_version": "3.14",
    "python_full_version": "3.14.2",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "platform_machine": "wasm32",
    "platform_system": "Emscripten",
    "sys_platform": "emscripten",
    "os_name": "posix",
    "extra": "",
}
# Asked for by others, and of no use in a browser: terminals, processes, the classic notebook.
LEFT_OUT = frozenset(
    {"pexpect", "psutil", "ptyprocess", "widgetsnbextension", "ipykernel", "jupyterlab-widgets"}
)
# Parts of big packages that no lesson asks for.
_SERVICES = "s3|iam|sts|sso|sso-oidc|signin"
_KEPT: dict[str, re.Pattern[str]] = {
    "botocore": re.compile(rf"botocore/(data/(({_SERVICES})/|[^/]+$)|(?!data/))"),
    "jedi": re.compile(r"jedi/(?!third_party/(django-stubs|typeshed/(stubs|tests)))"),
    "moto": re.compile(
        r"moto/([^/]+$|(s3|s3bucket_path|iam|sts|core|moto_api|moto_server|utilities|settings"
        r"|cloudwatch|events)/)"
    ),
}
_COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc")
_MOMENT = (2026, 1, 1, 0, 0, 0)  # the same bytes from the same files


@dataclass(frozen=True)
class Wheel:
    """A wheel in a folder: what pyodide-lock.json has to say of it."""

    name: str
    version: str
    path: Path
    imports: tuple[str, ...]
    depends: tuple[str, ...]

    def entry(self) -> dict[str, object]:
        """Its entry in pyodide-lock.json.

        https://github.com/pyodide/pyodide-lock
        """
        return {
            "name": self.name,
            "version": self.version,
            "file_name": self.path.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(self.path.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": list(self.imports),
            "depends": list(self.depends),
            "unvendored_tests": False,
        }


def closure(roots: Iterable[str], there: Iterable[str] = ()) -> dict[str, Distribution]:
    """The installed packages that `roots` need in a browser, by name, themselves among them.

    Those named in `there` come from elsewhere. Raises PackageNotFoundError for one that is needed
    and isn't installed.
    """
    found: dict[str, Distribution] = {}
    ahead = list(roots)
    while ahead:
        name = canonicalize_name(ahead.pop())
        if name in found or name in LEFT_OUT or name in there:
            continue
        found[name] = distribution(name)
        ahead += _requires(found[name])
    return found


def _requires(package: Distribution) -> Iterator[str]:
    for line in package.requires or ():
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate(BROWSER):
            yield canonicalize_name(wanted.name)


def of_installed(package: Distribution, folder: Path) -> Wheel:
    """Write an installed package as a wheel into `folder`."""
    name, kept = canonicalize_name(package.name), _KEPT.get(canonicalize_name(package.name))
    files: dict[str, bytes] = {}
    for file in package.files or ():
        path = file.as_posix()
        if path.startswith("../") or path.endswith(_COMPILED) or path.endswith("/RECORD"):
            continue
        if kept and ".dist-info/" not in path and not kept.match(path):
            continue
        files[path] = Path(str(file.locate())).read_bytes()
    return write(name, package.version, files, folder, depends=_requires(package))


def of_folder(name: str, files: Mapping[str, bytes], folder: Path, depends: Iterable[str]) -> Wheel:
    """Write a package of this project as a wheel into `folder`: `files` by their paths in it.

    Its version is made of what is in it. A browser may keep the wheel of an older site, and would
    refuse it under the name of a newer one, because it compares the hash.
    """
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
    version = f"0.{int(digest[:8], 16)}"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {**files, f"{name.replace('-', '_')}-{version}.dist-info/METADATA": about.encode()}
    return write(name, version, files, folder, depends)


def write(
    name: str,
    version: str,
    files: Mapping[str, bytes],
    folder: Path,
    depends: Iterable[str],
) -> Wheel:
    """Write a wheel of pure Python: its files, WHEEL and RECORD."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = next(
        (path.split("/")[0] for path in files if path.split("/")[0].endswith(".dist-info")),
        f"{stem}.dist-info",
    )
    tag = b"Wheel-Version: 1.0\nGenerator: helpers site\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    contents = {**files, f"{info}/WHEEL": tag}
    path = folder / f"{stem}-py3-none-any.whl"
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for inner, data in sorted(contents.items()):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{inner},sha256={digest},{len(data)}\n")
            wheel.writestr(_entry(inner), data, zipfile.ZIP_DEFLATED)
        record.append(f"{info}/RECORD,,\n")
        wheel.writestr(_entry(f"{info}/RECORD"), "".join(record), zipfile.ZIP_DEFLATED)
    tops = {inner.split("/")[0] for inner in contents if inner.endswith((".py", ".json"))}
    imports = sorted({top.removesuffix(".py") for top in tops if not top.endswith(".dist-info")})
    return Wheel(name, version, path, tuple(imports), tuple(sorted(set(depends))))


def _entry(inner: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(inner, _MOMENT)
    entry.external_attr = 0o644 << 16
    return entry


def ready_made(path: Path) -> Wheel:
    """A wheel that somebody else built, such as those of the kernel."""
    name, version = path.name.split("-")[:2]
    with zipfile.ZipFile(path) as wheel:
        tops = {inner.split("/")[0] for inner in wheel.namelist() if inner.endswith(".py")}
    imports = sorted({top.removesuffix(".py") for top in tops if not top.endswith(".dist-info")})
    return Wheel(canonicalize_name(name), version, path, tuple(imports), ())
