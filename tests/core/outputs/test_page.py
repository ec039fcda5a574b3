from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.outputs.page import parse_title

#: What HTML is made of, so that random text comes upon the parser's corners.
PIECES = [
    *("<title>", "</title>", "<TITLE a=1>", "<", ">", "</", "<!", "<![", "]>", "]]>", "<![CDATA["),
    *("<!--", "-->", "<?", "&", "&#", "&#x;", "&amp;", "<script>", "</script>", "<svg>", "x", " "),
    *('"', "'", "=", "\n", "\x00", "<!DOCTYPE", "<![if", "<![endif", "temp", "ignore"),
]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("", None),
        ("<p>no title</p>", None),
        ("<html><head><title>Welcome to nginx!</title></head>", "Welcome to nginx!"),
        ("<TITLE lang=en>Ghost</TITLE>", "Ghost"),
        ("<title></title>", ""),
        ("<title>\n  two\n\twords </title>", "two words"),
        ("<title>a &amp; b &lt; &#233;</title>", "a & b < é"),
        ("<title>first</title><svg><title>second</title></svg>", "first"),
        ("<!-- <title>comment</title> --><title>real</title>", "real"),
        ("<script>'<title>code</title>'</script><title>real</title>", "real"),
        ("<title>a <b> c</title>", "a <b> c"),
        ("<titles>no</titles>", None),
        ("<title>cut off", "cut off"),
        ("<script>cut off <title>no</title>", None),
        ("<![bad]><title>real</title>", "real"),
    ],
)
def test_the_title_is_the_first_one_s_text(html: str, title: str | None) -> None:
    assert parse_title(html) == title


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_no_page_makes_it_fail(html: str) -> None:
    title = parse_title(html)
    assert title is None or title == " ".join(title.split())


@pytest.mark.parametrize("piece", ["<", "<!--", "<a ", "<title ", "<title", "<script", "</", "&"])
def test_a_page_of_one_mebibyte_is_read_in_no_time(piece: str) -> None:
    began = time.process_time()
    parse_title(piece * (2**20 // len(piece)))
    assert time.process_time() - began < 2
