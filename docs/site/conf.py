"""Settings of the documentation's site; scripts/docs copies them to the root of the folder that Sphinx takes."""

project = "datacatalog.amundsen"
author = "The datacatalog.amundsen authors"
html_title = project
html_theme = "furo"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
# Only the roles' READMEs of the whole tree.
exclude_patterns = ["roles/*/[a-qs-z]*", "docs/site", "changelogs", "LICENSE"]
myst_heading_anchors = 3
smartquotes = False
