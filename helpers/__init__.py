"""Helpers behind the notebooks: S3's rules, a local S3 that applies them, and the lab.

Rooms, and the only direction in which they may import one another:

    rules  <-  local_s3  <-  lab  <-  exercises, notebooks
    rules  <-  inspect
    lab, inspect  <-  forms  <-  notebooks
    lab  <-  web  <-  upload_page, uploader, cors_bench  <-  notebooks

`rules` decides, `local_s3` serves, `lab` connects a notebook to an S3,
`inspect` explains URLs, forms and refusals by the same rules, `forms` are widgets to play with,
`upload_page`, `uploader` and `cors_bench` send from a browser, on what `web` serves and guards.
"""
