"""Primitives of SVG. Colours, fonts and lines are those of the style sheet, by classes only.

Places across are percentages of the width, so that a chart has the width of the page and texts keep
their size; places down are pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING: Final = Markup("")


def element(tag: str, *content: str, **attributes: object) -> Markup:
    """Return an element; `class_` is written as class, `text_anchor` as text-anchor."""
    written = NOTHING.join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), value)
        for name, value in attributes.items()
        if value is not None
    )
    return Markup("<{tag}{attributes}>{content}</{tag}>").format(
        tag=tag, attributes=written, content=join(content)
    )


def join(parts: Iterable[str]) -> Markup:
    """Return parts one after the other; those that are not markup are escaped."""
    return NOTHING.join(escape(part) for part in parts)


def percent(share: float) -> str:
    """Return a place across: 0 is the left end, 1 the right one."""
    return f"{100 * share:.2f}%"


def text(content: str, x: str | float, y: float, *, anchor: str = "start") -> Markup:
    """Return a text whose baseline is at a place."""
    return element("text", content, x=x, y=y, text_anchor=anchor)


def chart(*content: str, height: float, label: str, frame: str = "", role: str = "img") -> Markup:
    """Return a picture that has the width of the page, with its text alternative.

    The frame is the class that gives it a padding, which is a part of the height. The role of a
    picture with links is "group": an image hides what is in it from screen readers.
    """
    return element(
        "svg",
        *content,
        class_=f"chart {frame}".strip(),
        role=role,
        aria_label=label,
        width="100%",
        height=height,
    )


def titled(title: str, *content: str, href: str | None = None) -> Markup:
    """Return a group with a title, which shows while a pointer is on it; it may be a link.

    Tab skips the links of pictures, of which there may be hundreds: the tables have them too.
    """
    titled_content = (element("title", title), *content)
    if href is None:
        return element("g", *titled_content)
    return element("a", *titled_content, href=href, tabindex=-1, aria_label=title)
