"""Sphinx's settings for the pages. Nothing here may ask another host."""

project = "S3 presigned URLs, hands-on"
author = "the contributors"
html_title = project
language = "en"
extensions = ["myst_nb"]
source_suffix = {".ipynb": "myst-nb", ".md": "myst-nb"}
nb_execution_mode = "off"  # the outputs are those that are stored, and tested
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_mime_priority_overrides = [("html", "text/html", 1)]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["examples"]  # files to take along, no pages
html_theme = "furo"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_extra_path = ["404.html"]  # where most static hosts look for it
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_favicon = "_static/icon.svg"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
# Other papers of the project, which are no pages here.
suppress_warnings = ["docutils", "myst.header", "myst.xref_missing", "mystnb.unknown_mime_type"]
