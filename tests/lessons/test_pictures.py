"""The lessons' pictures can be read on JupyterLab's light and on its dark page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import defusedxml.ElementTree as ET
import pytest

from helpers.files import PROJECT

PICTURES = sorted((PROJECT / "notebooks" / "images").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
ENOUGH = 4.5  # to 1, https://www.w3.org/TR/WCAG22/#contrast-minimum


def elements(element: Any, fill: str = "#000000") -> Iterator[tuple[Any, str]]:
    """Everything that is drawn, in the order in which it is, with its fill."""
    fill = element.get("fill", fill)
    yield element, fill
    for child in element:
        if child.tag not in (f"{SVG}defs", f"{SVG}title", f"{SVG}desc"):
            yield from elements(child, fill)


def covers(rect: Any, x: float, y: float) -> bool:
    left, top = float(rect.get("x", 0)), float(rect.get("y", 0))
    right, bottom = left + float(rect.get("width")), top + float(rect.get("height"))
    return left <= x <= right and top <= y <= bottom


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    assert len(colour) == 7, colour
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def faint(drawing: Any) -> list[str]:
    """The texts that are hard to read, or that have nothing of the picture's own behind them."""
    planes: list[tuple[Any, str]] = []
    found = []
    for element, fill in elements(drawing):
        if element.tag == f"{SVG}rect" and fill != "none":
            planes.append((element, fill))
        if element.tag == f"{SVG}text":
            x, y = float(element.get("x")), float(element.get("y"))
            below = [plane for rect, plane in planes if covers(rect, x, y)]
            if not below or contrast(fill, below[-1]) < ENOUGH:
                found.append("".join(element.itertext()))
    return found


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_every_text_can_be_read_in_both_themes(path):
    drawing = ET.fromstring(path.read_text(encoding="utf-8"))
    _, _, width, height = (float(each) for each in drawing.get("viewBox").split())
    # The page's own colour is light or dark: a plate makes the picture right on both.
    plate = next(element for element in drawing if element.tag == f"{SVG}rect")
    assert (float(plate.get("width")), float(plate.get("height"))) == (width, height)
    assert faint(drawing) == []


def test_a_faint_text_is_found():
    def drawn(inside: str) -> list[str]:
        return faint(ET.fromstring(f'<svg xmlns="{SVG[1:-1]}">{inside}</svg>'))

    plate = '<rect width="9" height="9" fill="#ffffff"/>'
    assert drawn('<text x="1" y="1" fill="#000000">no plate</text>') == ["no plate"]
    assert drawn(f'{plate}<g fill="#777777"><text x="1" y="1">grey</text></g>') == ["grey"]
    assert drawn(f'{plate}<text x="1" y="1">black</text>') == []
