"""Text from outside reads as it is written, whatever Markdown it holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from frcnn_viz.ui.text import plain
from tests.pages.opening import as_read

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PIECES = ["![x](http://evil.example/p.png)", "[a](javascript:1)", "<img src=x>", "<http://a.b>", ":red[x]", "$x$", "`"]
PIECES += ["**", "_", "~", "#", "- ", "1. ", "1) ", "> ", "+ ", "=", "|", "&amp;", "&#65;", "\\", " ", "\n", "a", "é"]
PIECES += [":material/home:", ":smile:", ":+1:", "http://a.b", "www.a.b", "a@b.c", "--", "->", "<-", ":", "/", "x"]
# What Streamlit's own additions look for in the text once Markdown is resolved: its script StreamlitMarkdown.*.js.
ADDITIONS = [r":[\w+-]+:", r":material[/_]", r"(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)"]
ADDITIONS += [r"(^|[^\w\u2060])(https?://|www\.)", r"\w@[\w-]"]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3))).map("".join))
def test_nothing_but_text_is_left_and_it_is_the_same_text(text: str) -> None:
    written = " ".join(text.replace("\0", "").split())
    tokens = MARKDOWN.parse(plain(text.replace("\0", "")))
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    inner = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inner} <= {"text", "text_special"}
    assert "".join(child.content for child in inner).replace("\u2060", "") == written.replace("\u2060", "")


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_none_of_streamlits_additions_finds_anything(text: str) -> None:
    resolved = "".join(child.content for token in MARKDOWN.parse(plain(text)) for child in token.children or [])
    for addition in ADDITIONS:
        assert not re.search(addition, resolved)
    assert not re.search(r"(?<!\\):[A-Za-z]", plain(text))  # coloured text begins so
    assert "$" not in re.sub(r"\\[\\$`]", "_", plain(text))  # as it decides whether there is a formula


@pytest.mark.parametrize(
    "text", ["box_score_thresh is 'nan'; it must lie between 0 and 1.", "3.png: 2 (car)", "-1 to +2", "a--b = 50 %"]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert plain(text) == text


def test_an_address_can_be_copied() -> None:
    sentence = "from http://127.0.0.1:9/a_b__c.pth"
    assert as_read(plain(sentence)) == sentence
    assert "\u2060" not in plain(sentence).split("http")[1]


def test_it_fits_into_other_markdown() -> None:
    name = "**![x](http://evil.example/p.png)"
    assert as_read(f"### Object 1: {plain(name)}, *missed*") == f"Object 1: {name}, missed"
