"""The lessons as pages to read: with their outputs, a search, light and dark.

Sphinx with myst-nb makes them. A form, which is nothing without its kernel, is a picture there.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from helpers.errors import EnvironmentProblem
from helpers.setup import copies
from helpers.setup.site.lite import TO_READ, bring_along, text_of

HERE = Path(__file__).parent
CONF = HERE / "conf.py"
PICTURES = "images/forms"
# What Sphinx leaves out, and a screen reader or a keyboard needs.
_FOR_EVERYBODY = {
    'role="heading">': 'role="heading" aria-level="2">',
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
}
# What a widget's stored output says, and the name of its picture.
_WIDGETS = {
    r"(\w+): run this cell to use the form": r"\1",
    r"Uploader \(waiting\)": "Uploader",
    r"CORS bench, with S3's answers below it": "CorsBench",
    r"Upload page, with S3's answers below it": "UploadPage",
}


def build(output: Path, scratch: Path, lessons: list[Path], papers: list[Path]) -> None:
    """Write the pages into `output`, a new folder; `scratch` is for what is needed meanwhile.

    `lessons` are notebooks, `papers` Markdown files beside them. Raises `EnvironmentProblem`.
    """
    source = scratch / "pages"
    source.mkdir()
    folder = lessons[0].parent
    shutil.copytree(folder / "images", source / "images")
    shutil.copyfile(CONF, source / "conf.py")
    shutil.copyfile(HERE / "404.html", source / "404.html")
    shutil.copytree(HERE / "static", source / "_static")
    shutil.copytree(folder / PICTURES, source / "_static" / "forms")
    shutil.copytree(HERE / "templates", source / "_templates")
    shutil.copyfile(HERE / "why.md", source / "why.md")
    bring_along(folder, source)
    for path in lessons:
        notebook = json.loads(text_of(path))
        _add_button(notebook, path.name)
        _show_forms(notebook)
        (source / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    for path in papers:
        (source / path.name).write_text(text_of(path), encoding="utf-8")
    (source / "index.md").write_text(_index(lessons, papers), encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"]
    done = subprocess.run(
        [*command, "-d", str(scratch / "doctrees"), str(source), str(output)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise EnvironmentProblem(f"Sphinx can't build the pages:\n{done.stderr[-3000:]}")
    for path in output.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        for theirs, ours in _FOR_EVERYBODY.items():
            text = text.replace(theirs, ours)
        path.write_text(text, encoding="utf-8")


def title_of(notebook: dict[str, Any]) -> str:
    """The first line of the first cell, without its ``#``."""
    first = "".join(notebook["cells"][0]["source"])
    return first.partition("\n")[0].lstrip("# ").strip()


def _index(lessons: list[Path], papers: list[Path]) -> str:
    titles = [title_of(json.loads(path.read_text(encoding="utf-8"))) for path in lessons]
    names = [f"{p.name[:2]} {title} <{p.stem}>" for p, title in zip(lessons, titles, strict=True)]
    names += [path.stem for path in papers]
    text = (HERE / "index.md").read_text(encoding="utf-8")
    return text.replace("{lessons}", "\n".join(names))


def _add_button(notebook: dict[str, Any], name: str) -> None:
    """A link after the title that opens the lesson in the reader's browser, without outputs."""
    first = notebook["cells"][0]
    title, _, rest = "".join(first["source"]).partition("\n")
    link = (
        f'<p class="run"><a href="lite/notebooks/index.html?path={name}">Run this lesson in your '
        "browser</a> Nothing to install. The first start takes about 6 seconds, longer on an old "
        "computer or a slow connection.</p>"
    )
    if name in TO_READ:
        link = f"> **To read, not to run.** {TO_READ[name]}"
    first["source"] = f"{title}\n\n{link}\n{rest}"


def picture_of(text: str) -> str:
    """The name of the picture of the widget that a stored output names; "" if it names none."""
    for pattern, name in _WIDGETS.items():
        if found := re.fullmatch(pattern, text):
            return found.expand(name)
    return ""


def _show_forms(notebook: dict[str, Any]) -> None:
    """Put the picture of a form where the stored output only names it."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            name = picture_of("".join(data.get("text/plain", "")))
            if not name:
                continue
            pictures = [f"{name}-{theme}.png" for theme in ("light", "dark")]
            for picture in pictures:
                if not (copies.NOTEBOOKS / PICTURES / picture).exists():
                    raise EnvironmentProblem(
                        f"There is no picture {PICTURES}/{picture} in notebooks. Take it: "
                        "python3 -m helpers test tests/browser/pictures.py"
                    )
            alt = f"{name} as it looks when the lesson runs"
            data["text/html"] = "".join(
                f'<img class="form only-{theme}" src="_static/forms/{picture}" alt="{alt}">'
                for theme, picture in zip(("light", "dark"), pictures, strict=True)
            )
