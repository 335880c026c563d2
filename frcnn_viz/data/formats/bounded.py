"""How annotation files are opened: XML, JSON, YAML and text, each with a bound on what it may cost.

Every format reads through these four, so that none can forget a bound. `sources` bounds the bytes; here is bounded
what becomes of them, since an empty tag takes 4 bytes in a file and 100 in memory.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import yaml
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from frcnn_viz.data.annotations import DataError

MAX_MARKS = 1_500_000
"""Tags, attributes and lines of an XML file: some 125,000 boxes of CVAT."""
MAX_XML_NAMES = 1_000
"""Different names of tags and attributes in it."""
MAX_ITEMS = 500_000
"""Of a JSON file's lists: images and annotations together."""
MAX_ITEM = 1_000_000
"""Characters of one of them."""
MAX_TEXT = 1_000_000
MAX_YAML = 200_000
MAX_CLASSES = 10_000
"""In one list of names."""
CHUNK = 1 << 18


def read_xml(content: bytes, file: str) -> Element:
    """The root of a document.

    Raises:
        DataError: it is no XML; it has a document type, whose entities and default attributes can make much of
            little; or it has too many tags, attributes or lines.
    """
    # Counted beforehand: the parser builds a tag with all its attributes before anyone is asked.
    if sum(content.count(mark) for mark in (b"<", b"=", b"\n", b"&")) > MAX_MARKS:
        raise DataError(f"{file} has over {MAX_MARKS:,} tags, attributes and lines; split it into smaller files.")
    parser = DefusedXMLParser(target=_FewNames(file), forbid_dtd=True)
    try:
        for start in range(0, len(content), CHUNK):
            parser.feed(content[start : start + CHUNK])
        return parser.close()
    except DefusedXmlException as error:
        raise DataError(f"{file} has a document type or entities, which annotations never need; not read.") from error
    except DataError:
        raise
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise DataError(f"{file} is not well-formed XML ({str(error)[:80]}); export it again.") from error


class _FewNames(TreeBuilder):
    """Stops at once at a document of many different names, which cost a parser ten times as much as others."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self._file, self._names = file, set()

    def start(self, tag: str, attributes: dict[str, str]) -> Element:
        self._names.add(tag)
        self._names.update(attributes)
        if len(self._names) > MAX_XML_NAMES:
            raise DataError(f"{self._file} has over {MAX_XML_NAMES:,} different tags and attributes; it was not read.")
        return super().start(tag, attributes)


def read_json(content: bytes, file: str) -> Iterator[tuple[str, Any]]:
    """The members of a JSON object in turn, as key and value; of a list each item by itself, so it is never held whole.

    A list without items gives its key once, with an empty tuple.

    Raises:
        DataError: it is no JSON object, or has too many items, or too long a one.
    """
    pieces = (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))
    return stream_json(pieces, file, MAX_ITEMS)


def stream_json(pieces: Iterator[bytes], file: str, most: int) -> Iterator[tuple[str, Any]]:
    """The same of a file that comes piece by piece, with at most so many items; no more than one is held at once."""
    text = _Json(pieces, file, most)
    if text.next() != "{":
        raise DataError(f"{file} holds no JSON object.")
    for first in text.members("}"):
        key = text.value(first)
        text.expect(isinstance(key, str) and text.next() == ":", "a key and a colon are missing")
        first = text.next()
        if first == "[":
            empty = True
            for first in text.members("]"):
                yield key, text.value(first)
                empty = False
            if empty:
                yield key, ()
        else:
            yield key, text.value(first)
    text.expect(text.next() == "", "it goes on after its end")


class _Json:
    """JSON decoded piece by piece: what was read is let go, what comes is not yet looked at."""

    def __init__(self, pieces: Iterator[bytes], file: str, most: int) -> None:
        first = b""
        while len(first) < 4 and (piece := next(pieces, b"")):  # which tell the encoding
            first += piece
        self._chunks = codecs.iterdecode(chain([first], pieces), json.detect_encoding(first))
        self._file, self._most, self._decoder = file, most, json.JSONDecoder()
        self._text, self._at, self._items = "", 0, 0

    def next(self) -> str:
        """The next character that is no space, taken; empty at the end."""
        while True:
            self._at = _SPACES.match(self._text, self._at).end()
            if self._at < len(self._text):
                self._at += 1
                return self._text[self._at - 1]
            if not self._more():
                return ""

    def members(self, end: str) -> Iterator[str]:
        """The first character, taken, of each member of what was opened; the caller takes the rest of it."""
        mark = self.next()
        while mark != end:
            self._items += 1
            if self._items > self._most:
                raise DataError(f"{self._file} lists over {self._most:,} images and annotations; split it.")
            yield mark
            mark = self.next()
            self.expect(mark in {",", end}, f"a comma or {end} is missing")
            if mark == ",":
                mark = self.next()
                self.expect(mark != end, "a comma is too many")

    def value(self, first: str) -> Any:
        """The value whose first character was taken."""
        self.expect(first != "", "it ends too soon")
        self._at -= 1
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self._text) - 12
                if not (cut and self._more()):
                    self.expect(False, error.msg)
            except (ValueError, RecursionError) as error:  # digits or brackets without end
                self.expect(False, str(error)[:40])
            else:
                # A number may go on where the text ends, or where it ends at the "e+" or the point of it.
                if end < len(self._text) - 2 or not self._more():
                    self._at = end
                    return value

    def expect(self, good: bool, otherwise: str) -> None:
        """Raises DataError unless all is as it should be."""
        if not good:
            raise DataError(f"{self._file} is not well-formed JSON ({otherwise}); export it again.")

    def _more(self) -> bool:
        """Decode the next piece; False at the end, where nothing is changed."""
        if len(self._text) - self._at > MAX_ITEM:
            raise DataError(f"{self._file} has an entry of over {MAX_ITEM:,} characters; it was not read.")
        try:
            piece = next(self._chunks, "")
        except UnicodeError as error:
            raise DataError(f"{self._file} is not text in UTF-8; export it again.") from error
        if piece:
            self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)


def read_text(content: bytes, file: str, most: int = MAX_TEXT) -> str:
    """A text.

    Raises:
        DataError: it is too long, or not in UTF-8.
    """
    if len(content) > most:
        raise DataError(f"{file} has {len(content) / 1e6:.1f} MB; such a text has at most {most / 1e6:.1f} MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not text in UTF-8.") from error


def read_yaml_names(content: bytes, file: str) -> tuple[str, ...]:
    """The class names under `names` at the top of a YAML file, as a list or by number.

    Read as plain words: no tag makes an object of them, and `no` is a name like any other.

    Raises:
        DataError: it is no YAML, or they are not there.
    """
    text = read_text(content, file, MAX_YAML)
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise DataError(f"{file} is not well-formed YAML; write the class names to classes.txt instead.") from error
    members = root.value if isinstance(root, yaml.MappingNode) else []
    names = next((value for key, value in members if key.value == "names"), None)
    if isinstance(names, yaml.SequenceNode):
        found = {number: _word(item, file) for number, item in enumerate(names.value)}
    elif isinstance(names, yaml.MappingNode):
        found = {_number(key, file): _word(item, file) for key, item in names.value}
    else:
        raise DataError(f"{file} has no list of class names under `names`.")
    return tuple(found.get(number, f"class {number}") for number in range(max(found, default=-1) + 1))


def _word(node: yaml.Node, file: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise DataError(f"{file} has a list in place of a class name, at line {node.start_mark.line + 1}.")
    return node.value


def _number(node: yaml.Node, file: str) -> int:
    text = _word(node, file)
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) < MAX_CLASSES):
        raise DataError(f"{file} has {text[:40]!r} as a class number, which is a whole one under {MAX_CLASSES:,}.")
    return int(text)


_SPACES = re.compile("[ \t\n\r]*")
