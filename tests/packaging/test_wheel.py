"""The distribution strict-s3: built, installed into an empty environment, and used from there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
import requests
from flit_core import buildapi

from helpers.setup import environment
from tests.programs import missing

PROJECT = Path(environment.PROJECT)
FOREIGN = Path(__file__).parent / "foreign"
MAX_PACKAGES = 35
# What the foreign project tests with besides.
ITS_OWN = ("pytest", "pytest-xdist", "moto[s3]")
LIST = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"
# Nothing of this checkout or of this run may be found from in there.
OUTSIDE = ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "COV_CORE_SOURCE")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by flit, which needs no network and leaves nothing in the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    with contextlib.chdir(PROJECT):
        return folder / buildapi.build_wheel(str(folder))


class Installed:
    """An environment outside the tree that has the wheel and what it asks for."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        self._programs = folder / "v" / ("Scripts" if os.name == "nt" else "bin")
        # Python's own resolver would find what is newest today; a test should not.
        pins = (
            f"{name}=={version}{f' ; {marker}' if marker else ''}\n"
            for name, version, marker in environment.locked(environment.TESTS)
        )
        (folder / "constraints.txt").write_text("".join(pins), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "venv", folder / "v"], check=True)
        self.install(str(wheel))
        self.packages = set(self.run("python", "-c", LIST).split()) - {"pip", "setuptools"}
        self.install(*ITS_OWN)

    def install(self, *names: str) -> None:
        command = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--constraint", str(self.folder / "constraints.txt"), *names]
        done = subprocess.run(
            [self._programs / "python", *command], capture_output=True, text=True, cwd=self.folder
        )
        if done.returncode:
            missing(f"pip cannot install {' '.join(names)} (no network?): {done.stderr[-500:]}")

    def command(self, program: str, *arguments: str) -> list[str]:
        return [str(self._programs / program), *arguments]

    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
        return kept | {"PYTHONIOENCODING": "utf-8"}

    def run(self, program: str, *arguments: str, **variables: str) -> str:
        """Its standard output; it must succeed."""
        done = subprocess.run(
            self.command(program, *arguments),
            cwd=self.folder,
            env=self.variables() | variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installed:
    return Installed(tmp_path_factory.mktemp("outside"), wheel)


def test_the_wheel_holds_all_of_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        about = message_from_string(archive.read(metadata).decode())
        licence = archive.read(metadata.replace("METADATA", "licenses/LICENSE")).decode()
    packaged = {name for name in names if ".dist-info/" not in name}
    here = (path for path in (PROJECT / "strict_s3").rglob("*") if path.is_file())
    assert packaged == {
        path.relative_to(PROJECT).as_posix() for path in here if path.suffix != ".pyc"
    }
    assert "strict_s3/py.typed" in packaged
    assert licence == (PROJECT / "LICENSE").read_text(encoding="utf-8")
    assert (about["Name"], about["License-Expression"]) == ("strict-s3", "MIT AND Apache-2.0")
    readme = (PROJECT / "strict_s3" / "README.md").read_text(encoding="utf-8")
    assert about.get_payload().strip() == readme.strip()


def test_the_version_is_the_packages(wheel):
    import strict_s3

    assert wheel.name.split("-")[:2] == ["strict_s3", strict_s3.__version__]


def test_it_brings_few_packages_and_no_name_of_ours(installed):
    assert "strict-s3" in installed.packages
    assert len(installed.packages) <= MAX_PACKAGES, sorted(installed.packages)
    code = "import importlib.util as u; print([u.find_spec(n) for n in ('helpers', 'tests')])"
    assert installed.run("python", "-c", code).strip() == "[None, None]"


@pytest.mark.parametrize("how", [["-n", "0"], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_foreign_projects_tests_pass(installed, how, tmp_path):
    project = shutil.copytree(FOREIGN, tmp_path / "foreign")
    output = installed.run(
        "python", "-m", "pytest", "-q", f"--rootdir={project}", *how, str(project)
    )
    assert " passed" in output and "skipped" not in output, output


@pytest.mark.parametrize("paper", ["README.md", "strict_s3/README.md"])
def test_the_example_of_a_test_passes(paper, installed, tmp_path):
    (example,) = re.findall(
        r"^```python\n(# test_shop\.py.*?)^```$",
        (PROJECT / paper).read_text(encoding="utf-8"),
        re.M | re.S,
    )
    project = shutil.copytree(FOREIGN, tmp_path / "foreign")
    (project / "test_shop.py").write_text(example, encoding="utf-8")
    command = ["-m", "pytest", "-q", f"--rootdir={project}", str(project / "test_shop.py")]
    assert "1 passed" in installed.run("python", *command)


def test_a_failed_test_shows_the_last_decisions(installed, tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import requests\n"
        "def test_it(strict_s3):\n"
        "    url = f'{strict_s3.endpoint_url}/{strict_s3.bucket}/a'\n"
        "    assert requests.get(url).status_code == 200\n",
        encoding="utf-8",
    )
    command = installed.command("python", "-m", "pytest", "-q", str(tmp_path))
    done = subprocess.run(command, env=installed.variables(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "strict_s3: the last" in done.stdout and "Nothing allows s3:GetObject" in done.stdout


def test_a_program_that_forgets_to_stop_it_ends(installed):
    code = "import strict_s3; print(strict_s3.start().client().list_buckets()['Owner']['ID'])"
    assert installed.run("python", "-c", code).strip()


@pytest.mark.parametrize("command", [[], ["serve"], ["inspect"], ["presign"]])
def test_help(installed, command):
    assert "strict-s3" in installed.run("strict-s3", *command, "--help")


def test_the_commands_work(installed):
    keys = installed.folder / "keys.txt"
    keys.write_text("a.txt\nb.txt\n", encoding="utf-8")
    with (
        subprocess.Popen(
            installed.command("strict-s3", "serve", "--json"),
            cwd=installed.folder,
            env=installed.variables(),
            stdout=subprocess.PIPE,
            text=True,
        ) as server,
        contextlib.ExitStack() as whatever_happens,
    ):
        whatever_happens.callback(server.kill)  # or the Popen would wait for it
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        assert get(f"{ready['endpoint']}/_strict_s3/health")[0] == 200
        found = installed.run(
            *("strict-s3", "presign", "get", "--keys", str(keys), "--bucket", ready["bucket"]),
            AWS_ENDPOINT_URL_S3=ready["endpoint"],
            AWS_ACCESS_KEY_ID=ready["access_key"],
            AWS_SECRET_ACCESS_KEY=ready["secret_key"],
            AWS_REGION=ready["region"],
        )
        url, other = found.split()
        # Signed rightly for an object that is not there; and changed.
        assert get(url)[0] == 404
        status, refusal = get(url.replace("a.txt", "b.txt"))
        assert (status, get(other)[0]) == (403, 404)
        assert "Nothing is wrong" in installed.run("strict-s3", "inspect", url)
        inspect = installed.command("strict-s3", "inspect", refusal)
        done = subprocess.run(inspect, env=installed.variables(), capture_output=True, text=True)
        assert done.returncode == 1  # a fault was found
        assert "SignatureDoesNotMatch" in done.stdout
        server.terminate()
        assert server.wait(20) == 0 or os.name == "nt"


def get(url: str) -> tuple[int, str]:
    answer = requests.get(url, timeout=20)
    return answer.status_code, answer.text
