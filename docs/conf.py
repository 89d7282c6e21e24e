"""The manual: README.md and the pages around it as a website of files, made by Sphinx (`make manual`).

The pages stay as they are read in the repository. The map, docs/README.md, is the navigation too: its headings are the
captions, and pages stand in its order.
"""
import re
import tomllib
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent
MAP = SOURCES / "docs/README.md"

project = "beidd"
version = release = tomllib.loads((SOURCES / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
copyright = "the authors of beidd; MIT or Apache-2.0"  # noqa: A001, the name is Sphinx's
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = [
    "*.md",
    "docs/**.md",
    "card/FAULTS.md",
    "examples/README.md",
    "fuzz/README.md",
    "packaging/js-client/README.md",
    "tests/browsers/README.md",
]
# Not looked into: they are large, or are pages of others.
exclude_patterns = ["target", "**/target", "**/node_modules", ".git", ".ci", ".github"]
# Links to headings, as GitHub names them; and to the anchors inside paragraphs (`<a id="…">`).
myst_heading_anchors = 6
myst_enable_extensions = ["attrs_inline"]
# Examples leave out the middle of long values (…), which is no JSON.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "alabaster"
html_theme_options = {
    "description": "the Belgian eID daemon for care",
    "fixed_sidebar": False,
    "page_width": "66rem",
    "sidebar_width": "16rem",
    "show_powered_by": False,
}
html_sidebars = {"**": ["about.html", "searchbox.html", "navigation.html"]}
html_title = f"beidd {release}"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_last_updated_fmt = None
# Tables and pictures that are wider than the page.
html_css_files = ["beidd.css"]
html_static_path = ["manual"]


def navigation():
    """Toctrees of MyST, one for each heading of the map."""
    trees, named = [], {root_doc}
    heading = "Overview"
    entries = {heading: ["docs/README"]}
    for line in MAP.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        for target in re.findall(r"\]\(([^)#]+\.md)", line):
            page = (MAP.parent / target).resolve().relative_to(SOURCES).as_posix().removesuffix(".md")
            if page not in named:
                named.add(page)
                entries.setdefault(heading, []).append(page)
    for caption, pages in entries.items():
        trees.append("\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"]))
    return "\n\n".join(trees)


def adapt(_app, page, source):
    """Adds what the repository's own view of a page does not need, and Sphinx does."""
    source[0] = re.sub(r'<a id="([^"]+)"></a>', r"[]{#\1}", source[0])
    if page == root_doc:
        source[0] += "\n\n" + navigation() + "\n"


def add_index(app, failure):
    """The first page under the name that servers and browsers look for."""
    if failure is None:
        first = Path(app.outdir) / "README.html"
        first.with_name("index.html").write_bytes(first.read_bytes())


def setup(app):
    app.connect("source-read", adapt)
    app.connect("build-finished", add_index)
    return {"parallel_read_safe": True}
