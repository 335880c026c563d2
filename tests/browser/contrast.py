"""How well the text of a page can be read: WCAG 2's contrast of each with what is behind it."""

from __future__ import annotations

from playwright.sync_api import Page

LOW = """() => {
    const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (colour) => {
        pixel.clearRect(0, 0, 1, 1);
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, under) => [0, 1, 2].map((n) => top[n] * top[3] + under[n] * (1 - top[3])).concat(1);
    const linear = (value) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
        const { width, height } = element.getBoundingClientRect(), style = getComputedStyle(element);
        const skipped = element.closest('style, script, title, :disabled, [aria-disabled=true], .bartext-inside');
        if (!text || skipped || width < 2 || height < 2 || style.visibility === 'hidden') continue;
        const behind = [];
        let opacity = 1;
        for (let at = element; at; at = at.parentElement) {
            behind.unshift(rgba(getComputedStyle(at).backgroundColor));
            opacity *= parseFloat(getComputedStyle(at).opacity);
        }
        const back = behind.reduce((under, top) => over(top, under), [255, 255, 255, 1]);
        const ink = rgba(element.closest('svg') ? style.fill : style.color);
        ink[3] *= opacity;
        const [dark, light] = [over(ink, back), back].map(luminance).sort((a, b) => a - b);
        if (opacity > 0 && light + 0.05 < 4.5 * (dark + 0.05)) found.push([text, (light + 0.05) / (dark + 0.05)]);
    }
    return found;
}"""


def hard_to_read(page: Page) -> list[tuple[str, float]]:
    """Texts under 4.5 to 1, with their contrast; not what is disabled, nor what stands on a chart's bars."""
    return page.evaluate(LOW)
