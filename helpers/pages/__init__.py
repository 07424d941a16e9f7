"""Web pages that talk to S3 from a browser: what the upload page and the CORS bench share.

`server` serves an app on this computer, `guard` refuses what comes from elsewhere, `cors` lets a
page in at the bucket, `panel` shows a page in a notebook with S3's answers beside it.
"""
