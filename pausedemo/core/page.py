"""The title of an HTML page."""

from __future__ import annotations

from html.parser import HTMLParser


def parse_title(html: str) -> str | None:
    """Read the text of the first ``<title>``, white space folded; None when there is none."""
    reader = _TitleReader()
    reader.feed(html)
    reader.close()
    return None if reader.title is None else " ".join(reader.title.split())


class _TitleReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: str | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "title" and self.title is None:
            self.title, self._inside = "", True

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self.title is not None:
            self.title += data
