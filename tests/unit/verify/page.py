"""A page as a person sees it, and as a browser takes it apart."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}
UNSEEN = {"style", "script", "title", "desc"}


class Page(HTMLParser):
    """The elements of a page with their attributes, its words, and its headings with their levels."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.headings: list[tuple[int, str]] = []
        self.words: str = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, f"</{tag}> closes another element"
        # What stands in two elements are two words, unless they are inline.
        self.words += "" if tag in ("b", "code", "strong", "span") else "\n"

    def handle_data(self, data):
        if not UNSEEN & set(self._open):
            self.words += data
        if self.headings and self._open[-1:] == [f"h{self.headings[-1][0]}"]:
            level, said = self.headings[-1]
            self.headings[-1] = (level, said + data)

    def named(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each element of this name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def svg(self) -> str:
        """Return the source of the picture."""
        return self.text[self.text.index("<svg") : self.text.index("</svg>") + len("</svg>")]
