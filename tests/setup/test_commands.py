"""The command line: what each command starts, and that it ends with it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import psutil
import pytest

from helpers.setup import commands, copies, environment, programs

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has neither signals nor terminals")


@pytest.mark.parametrize("command", [[], ["lab"], ["reset"], ["test"], ["check"], ["serve"]])
def test_help_needs_no_environment(command):
    done = subprocess.run(
        # -S: as on a computer where nothing is installed.
        [sys.executable, "-S", "-m", "helpers", *command, "--help"],
        cwd=environment.PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) < 30
    for word in command or ("lab", "reset", "test", "check", "serve"):
        assert word in done.stdout


def test_no_command_is_help(capsys):
    assert commands.main([]) == 0
    assert "open the lessons in JupyterLab" in capsys.readouterr().out


@pytest.mark.parametrize("port", ["abc", "-1", "65536"])
def test_a_port_is_a_port(port, capsys):
    with pytest.raises(SystemExit) as ended:
        commands.main(["lab", f"--port={port}"])
    assert ended.value.code == 2
    assert "is not a port" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["lab", "reset 06", "wheelhouse", "lock", "slides", "serve"])
def test_an_old_python_gets_one_sentence(command, monkeypatch, capsys):
    monkeypatch.setattr(environment, "MINIMUM", (3, 99))
    assert commands.main(command.split()) == 1
    error = capsys.readouterr().err
    assert error.startswith("This needs Python 3.99 or newer")
    assert error.count("\n") == 1


@pytest.fixture
def started(monkeypatch, tmp_path):
    """The commands that would have been started, with copies that are nobody's own."""
    found: list[list[str]] = []
    monkeypatch.setattr(copies, "WORK", tmp_path / "work")
    monkeypatch.setattr(copies, "WITH_OUTPUTS", tmp_path / "work-with-outputs")
    monkeypatch.setattr(environment, "ensure", lambda extra: "python")
    monkeypatch.setattr(programs, "run", lambda command, **_: found.append(command) or 3)
    return found


def test_root_is_told_how_jupyterlab_wants_it(started, monkeypatch, capsys):
    monkeypatch.setattr(programs, "is_root", lambda: True)
    commands.main(["lab"])
    assert "lab -- --allow-root" in capsys.readouterr().err
    commands.main(["lab", "--", "--allow-root"])
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(programs, "is_root", lambda: False)
    commands.main(["lab"])
    assert capsys.readouterr().err == ""


def test_lab_opens_the_first_lessons_copy_and_passes_options_on(started, tmp_path):
    assert commands.main(["lab"]) == 3
    assert commands.main(["lab", "--no-browser", "--port=0", "--ip=::1", "--", "--debug"]) == 3
    assert commands.main(["lab", "--with-outputs"]) == 3
    plain, full, read = started
    assert plain[:4] == ["python", "-m", "jupyterlab", str(tmp_path / "work" / copies.FIRST)]
    assert os.path.exists(plain[3])
    assert f"--ServerApp.root_dir={tmp_path}" in plain
    assert os.path.exists(read[3])
    assert read[3] != plain[3]
    assert "--ip=127.0.0.1" in plain
    assert "--no-browser" not in plain
    assert not any(option.startswith("--port") for option in plain)
    assert {"--no-browser", "--port=0", "--ip=::1", "--debug"} <= set(full)


def test_without_arguments_every_test_and_every_notebook(started):
    assert commands.main(["test"]) == 3
    assert commands.main(["test", "-x", "--maxfail", "1"]) == 3
    for command in started:
        assert {"tests", "notebooks", "--ignore=notebooks/examples", "--nbval", "loadfile"} <= set(
            command
        )
    assert started[1][-3:] == ["-x", "--maxfail", "1"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-k", "sigv4"],
        ["tests/strict_s3/rules", "-x"],
        ["tests/strict_s3/test_redact.py::test_x"],
        ["-m", "engine"],
    ],
)
def test_a_choice_of_tests_is_passed_on_alone(arguments, started):
    commands.main(["test", *arguments])
    assert started == [["python", "-m", "pytest", *arguments]]


def test_a_chosen_notebook_is_run_by_nbval(started):
    lesson = os.path.join("notebooks", copies.FIRST)
    commands.main(["test", lesson])
    commands.main(["test", "notebooks", "--nbval"])
    assert "--nbval" in started[0]
    assert f"--nbval-sanitize-with={programs.SANITIZE}" in started[0]
    assert started[0][-1] == lesson
    assert started[1].count("--nbval") == 1


def test_a_debugger_gets_the_terminal(started):
    commands.main(["test", "--pdb"])
    assert "notebooks" in started[0]
    assert "-n" not in started[0]


def test_no_notebooks_is_an_error(started, tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "NOTEBOOKS", str(tmp_path))
    with pytest.raises(SystemExit, match="no notebook"):
        commands.main(["test"])


RUN = "import sys; from helpers.setup import programs; sys.exit(programs.run(sys.argv[1:]))"
CHILD = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(42))
print("ready", flush=True)
time.sleep(60)
"""


def run_child(code: str) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, sys.executable, "-c", code],
        cwd=environment.PROJECT,
        stdout=subprocess.PIPE,
        start_new_session=True,  # no terminal: nobody but us tells the child
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    return child


@POSIX
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 42), (signal.SIGTERM, 143)])
def test_a_signal_reaches_the_program_and_its_status_is_ours(number, status):
    with run_child(CHILD) as child:
        child.send_signal(number)
        assert child.wait(10) == status


def test_the_programs_status_is_ours():
    with run_child("print('ready', flush=True); raise SystemExit(5)") as child:
        assert child.wait(10) == 5


WITH_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@POSIX
def test_ctrl_c_in_a_terminal_ends_jupyterlab_and_its_kernels(tmp_path, monkeypatch):
    master, terminal = os.openpty()
    options = ["--no-browser", "--port=0", "--", "--allow-root", "--ServerApp.port_retries=0"]
    lab = subprocess.Popen(
        [sys.executable, "-c", WITH_TERMINAL, "-m", "helpers", "lab", *options],
        cwd=environment.PROJECT,
        # Nobody's own settings; JupyterLab's runtime files go there too.
        env=os.environ | {"HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = bytearray()

    def read() -> None:
        try:
            while data := os.read(master, 65536):
                shown.extend(data)
        except OSError:
            pass  # how a terminal without programs says so on Linux

    reader = threading.Thread(target=read)
    reader.start()
    family = [psutil.Process(lab.pid)]
    try:
        deadline = time.monotonic() + 60
        while not (url := re.search(rb"http://127\.0\.0\.1:(\d+)/\S*\?token=(\w+)", bytes(shown))):
            assert time.monotonic() < deadline and lab.poll() is None, shown.decode()
            time.sleep(0.05)
        port, token = (part.decode() for part in url.groups())
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/kernels?token={token}", b'{"name": "python3"}'
        )
        while True:
            try:
                with urllib.request.urlopen(request) as answer:
                    assert json.load(answer)["name"] == "python3"
                break
            except urllib.error.URLError:  # it says where it is a moment before it listens there
                assert time.monotonic() < deadline
                time.sleep(0.05)
        family += family[0].children(recursive=True)
        assert len(family) >= 3, "the command, JupyterLab and a kernel"
        os.write(master, b"\x03")
        assert lab.wait(20) == 0, shown.decode()
        _, alive = psutil.wait_procs(family, timeout=5)
        assert not alive
    finally:
        for process in family:
            if process.is_running():
                process.kill()
        lab.wait()
        reader.join(5)
        os.close(master)


def test_execute_outlives_a_kernel(tmp_path, capsys):
    from nbformat import v4

    from helpers.setup.execute import execute

    path = tmp_path / "dies.ipynb"
    before = v4.writes(v4.new_notebook(cells=[v4.new_code_cell("import os; os._exit(1)")]))
    path.write_text(before, encoding="utf-8")
    assert execute([str(path)]) == 1
    assert "dies.ipynb: not saved, because a cell failed:\n" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == before


def test_ctrl_c_in_the_middle_is_one_word(monkeypatch, capsys):
    def slides(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "ensure", lambda extra: sys.executable)
    monkeypatch.setattr(commands, "_in_environment", slides)
    assert commands.main(["slides"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_terminal_that_lacks_a_character_gets_another(monkeypatch):
    """As on Windows, when the output goes to a file."""
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="")
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(environment, "ensure", lambda extra: sys.executable)
    monkeypatch.setattr(commands, "_in_environment", lambda *_: print("→", flush=True) or 0)
    assert commands.main(["slides"]) == 0
    assert shown.buffer.getvalue() == b"?\n"


def test_a_site_that_cannot_be_written_is_one_sentence_before_the_work(tmp_path, capsys):
    from helpers.setup.site import site

    (tmp_path / "file").write_text("not a folder")
    folder = tmp_path / "file" / "below" / "site"
    assert site.main(str(folder)) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"The site can't be written to {folder}: ")
    assert error.count("\n") == 1


def test_execute_names_what_is_no_lesson(tmp_path, capsys):
    from helpers.setup.execute import execute

    (tmp_path / "text.ipynb").write_text("not JSON", encoding="utf-8")
    assert execute([str(tmp_path / "none.ipynb"), str(tmp_path / "text.ipynb")]) == 1
    none, text = capsys.readouterr().err.splitlines()
    assert "none.ipynb: cannot be read (No such file or directory)" in none
    assert "text.ipynb: cannot be read (this is not a notebook" in text
    assert (tmp_path / "text.ipynb").read_text(encoding="utf-8") == "not JSON"
