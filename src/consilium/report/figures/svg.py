"""Matplotlib's SVG made fit for a page under a strict policy: no style sheet, no style attribute.

Every declaration becomes a presentation attribute, ink takes the colour of the
page's text, and title and description are said to those who do not see it.
"""

from __future__ import annotations

import hashlib
import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from consilium.report.figures.style import INK, PAPER, RULE, SECONDARY

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_DROPPED = {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}
_FAMILY = "system-ui, sans-serif"
_INKS = {INK.lower(): 1.0, SECONDARY.lower(): 0.8, RULE.lower(): 0.25}
_LOCAL = re.compile(r"url\(#([^)]*)\)")
_EVERYWHERE = {"stroke-linejoin": "round"}
_DEFAULTS = {(f"{what}opacity", "1") for what in ("fill-", "stroke-", "")}
_NUMBER = re.compile(r"-?\d+\.\d{3,}")


def inline(raw: bytes, title: str, description: str) -> str:
    """An ``<svg>`` element that scales with its column and needs nothing from outside."""
    root = ElementTree.fromstring(raw)
    _drop(root)
    for element in root.iter():
        _without_style(element)
        _in_ink(element)
    _rename(root, "f" + hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:8])
    _hoist(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib.update({"role": "img", "font-family": _FAMILY, **_EVERYWHERE})
    said = Element(f"{{{_SVG}}}title")
    said.text = title
    told = Element(f"{{{_SVG}}}desc")
    told.text = description
    root.insert(0, said)
    root.insert(1, told)
    root.text = None
    return _written(root) + "\n"


def standing_alone(svg: str) -> str:
    """The same as a file: with its size, dark ink and a white ground."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = root.attrib["viewBox"].split()
    root.attrib.update({"width": width, "height": height, "color": INK})
    ground = Element(f"{{{_SVG}}}rect", {"width": width, "height": height, "fill": PAPER})
    root.insert(2, ground)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_written(root)}\n'


def _written(root: Element) -> str:
    """The element with plain names, whatever prefixes others have registered in this process."""
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
    root.attrib = {"xmlns": _SVG, **root.attrib}
    return ElementTree.tostring(root, encoding="unicode").strip()


def _drop(element: Element) -> None:
    for child in list(element):
        if child.tag in _DROPPED or (
            "fill: none" in child.get("style", "").split("; ")
            and ("stroke" not in child.get("style", "") and child.tag == f"{{{_SVG}}}path")
        ):
            element.remove(child)
        else:
            _drop(child)
    element.tail = None
    if element.text and not element.text.strip():
        element.text = None
    # a group that holds nothing says nothing
    for child in list(element):
        if child.tag in (f"{{{_SVG}}}g", f"{{{_SVG}}}defs") and not len(child):
            element.remove(child)


def _without_style(element: Element) -> None:
    for declaration in filter(None, element.attrib.pop("style", "").split(";")):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font-family" or (name, value) in _DEFAULTS:
            continue
        element.set(name, value.removesuffix("px"))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if "d" in element.attrib:
        element.set("d", " ".join(element.attrib["d"].split()))
    for name in ("d", "x", "y", "transform"):
        if name in element.attrib:
            element.set(name, _NUMBER.sub(lambda n: f"{float(n[0]):.2f}", element.attrib[name]))
    if _LINK in element.attrib:
        element.set("href", element.attrib.pop(_LINK))


def _in_ink(element: Element) -> None:
    if element.tag == f"{{{_SVG}}}text" and "fill" not in element.attrib:
        element.set("fill", "currentColor")
    for paint in ("fill", "stroke"):
        strength = _INKS.get(element.get(paint, "").lower())
        if strength is not None:
            element.set(paint, "currentColor")
            if strength < 1:
                element.set(f"{paint}-opacity", f"{strength:g}")


def _rename(root: Element, prefix: str) -> None:
    """Keep only ids that something points at, unique to this figure; statements are keyed."""
    used = {element.get("href", "")[1:] for element in root.iter() if element.get("href")}
    for element in root.iter():
        for value in element.attrib.values():
            used.update(_LOCAL.findall(value))
    names = {name: f"{prefix}-{number}" for number, name in enumerate(sorted(used))}
    for element in root.iter():
        name = element.attrib.pop("id", "")
        if name in names:
            element.set("id", names[name])
        elif name.startswith("statement:"):
            element.set("data-statement", name.removeprefix("statement:"))
        if element.get("href"):
            element.set("href", "#" + names[element.attrib["href"][1:]])
        for key, value in element.attrib.items():
            if _LOCAL.search(value):
                element.set(key, _LOCAL.sub(lambda found: f"url(#{names[found[1]]})", value))


def _hoist(element: Element) -> None:
    """Take groups without attributes away, so that a page stays small."""
    for child in list(element):
        _hoist(child)
    for index in reversed(range(len(element))):
        child = element[index]
        if child.tag == f"{{{_SVG}}}g" and not child.attrib:
            element[index : index + 1] = list(child)
