"""How a form looks: in the light and in the dark, wide and narrow, measured rather than compared.

Every text has the contrast that WCAG 2 asks for (level AA: 4.5 to 1), and nothing is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Locator, Page

from tests.clients.conftest import JS
from tests.programs import missing

AXE = JS / "node_modules" / "axe-core" / "axe.min.js"

THEMES = ("JupyterLab Light", "JupyterLab Dark")
WIDTHS = (1280, 800)
HEIGHT = 1000

_CONTRAST = """
(form) => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    function rgba(text) {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = text;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    }
    const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
    function background(element) {
        const layers = [];
        for (let e = element; e; e = e.parentElement) {
            const colour = rgba(getComputedStyle(e).backgroundColor);
            layers.push(colour);
            if (colour[3] === 1) break;
        }
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    }
    function luminance(colour) {
        const [r, g, b] = colour.map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }
    const faint = [];
    const texts = document.createTreeWalker(form, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode.textContent.trim();
        const element = texts.currentNode.parentElement;
        if (!text || !element.checkVisibility()) continue;
        if (element.closest('.s3-live, :disabled, option')) continue;
        const below = background(element);
        const style = getComputedStyle(element);
        const ink = over(rgba(element.closest('svg') ? style.fill : style.color), below);
        const [light, dark] = [luminance(ink), luminance(below)].sort((a, b) => b - a);
        const ratio = (light + 0.05) / (dark + 0.05);
        if (ratio < 4.5) faint.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
    }
    return faint;
}
"""
# What sticks out of the form, or scrolls sideways inside it.
_CUT = """
(form) => {
    const edge = form.getBoundingClientRect().right + 0.5;
    return [form, ...form.querySelectorAll('*')]
        .filter((e) => e.checkVisibility() && !e.closest('.s3-live, option')
            && (e.getBoundingClientRect().right > edge
                || (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                    && !['INPUT', 'SELECT'].includes(e.tagName)
                    && getComputedStyle(e).display !== 'inline')))
        .map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`);
}
"""


def check_looks(page: Page, form: Locator) -> None:
    """The form as it is now, in every theme and width."""
    for theme in _in_each_theme(page):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            cut = form.evaluate(_CUT)
            assert cut == [], (theme, width, cut)
        faint = form.evaluate(_CONTRAST)
        assert faint == [], (theme, faint)
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})


def check_cards(page: Page) -> None:
    """The text of the cards under cells, pictures too, in every theme."""
    for theme in _in_each_theme(page):
        for card in page.locator(".s3-shown").all():
            faint = card.evaluate(_CONTRAST)
            assert faint == [], (theme, faint)


def _in_each_theme(page: Page) -> Iterator[str]:
    """The themes, JupyterLab having changed to each."""
    for theme in THEMES:
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        page.wait_for_function(
            "(light) => document.body.dataset.jpThemeLight === light",
            arg=str(theme == THEMES[0]).lower(),
        )
        yield theme


def serious(page: Page, where: str = "document") -> list[str]:
    """What axe-core calls serious or critical, with the element. `where` is JavaScript."""
    return violations(page, where, ("serious", "critical"))


def violations(
    page: Page,
    where: str = "document",
    impacts: tuple[str, ...] = ("minor", "moderate", "serious", "critical"),
) -> list[str]:
    """All that axe-core finds, or what has one of these impacts."""
    if not AXE.is_file():
        missing(f"axe-core is not installed: npm ci --prefix {JS}")
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found = page.evaluate(f"async () => (await axe.run({where})).violations")
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found
        for node in violation["nodes"]
        if violation["impact"] in impacts
    ]


# What is too wide, cut off, or broken within a word, in the cells of the open lesson.
_WIDE = """
async () => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    // A frame is a page of its own; fields scroll; the rest is for screen readers or JupyterLab's.
    const OTHERS = 'iframe, input, select, option, textarea, .s3-live, .cm-scroller *, .jp-Toolbar';
    const WORDS = /(?<![^\\s(])[A-Za-z]{2,}(?![^\\s.,;:!?)])/g;
    const wrong = [];
    function measure(cell, where) {
        const edge = cell.getBoundingClientRect().right + 0.5;
        for (const e of cell.querySelectorAll('*')) {
            if (e.matches(OTHERS) || !e.checkVisibility()) continue;
            const style = getComputedStyle(e);
            const said = `${where} ${e.tagName}.${e.className}: ${e.textContent.slice(0, 60)}`;
            if (e.getBoundingClientRect().right > edge) wrong.push(`sticks out: ${said}`);
            if (style.display !== 'inline' && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1
                && (style.overflowX !== 'visible' || e.matches('.jp-OutputArea-output')))
                wrong.push(`${e.scrollWidth - e.clientWidth} px are cut off: ${said}`);
        }
        for (const part of cell.querySelectorAll('.jp-OutputArea-output, .jp-MarkdownOutput')) {
            const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                const node = texts.currentNode;
                if (node.parentElement.closest(OTHERS) || !node.parentElement.checkVisibility())
                    continue;
                for (const word of node.data.matchAll(WORDS)) {
                    const range = document.createRange();
                    range.setStart(node, word.index);
                    range.setEnd(node, word.index + word[0].length);
                    const lines = new Set([...range.getClientRects()].map((box) => box.top));
                    if (lines.size > 1) wrong.push(`broken within: ${where} ${word[0]}`);
                }
            }
        }
    }
    for (const [number, widget] of notebook.widgets.entries()) {
        await notebook.scrollToItem(number);
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        measure(widget.node, `cell ${number} (${widget.model.id})`);
    }
    return wrong;
}
"""


def check_widths(page: Page) -> None:
    """The open lesson in a narrow window: nothing is wider than its cell, cut off, or broken in a
    word."""
    page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
    page.evaluate(
        """() => window.jupyterapp.shell.leftCollapsed
            || window.jupyterapp.commands.execute('application:toggle-left-area')"""
    )
    page.wait_for_function(
        """() => {
            const { node } = window.jupyterapp.shell.currentWidget.content;
            return 650 < node.clientWidth && node.clientWidth < 750;
        }"""
    )
    wrong = page.evaluate(_WIDE)
    assert wrong == [], "\n".join(wrong)
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
