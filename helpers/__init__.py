"""Helpers behind the notebooks: the lab, exercises, forms, and pages for the browser.

Rooms, and the only direction in which they may import one another:

    strict_s3  <-  lab  <-  exercises, forms, pages  <-  notebooks

`lab` connects a notebook to an S3; `exercises` check what a learner made; `forms` are widgets to
play with; `pages` (upload_page, uploader, cors_bench) send from a browser; `setup` holds the
commands, which no lesson imports.
"""
