"""Answers that Amazon S3 gave, as data, and the ways to ask again.

`data/` holds the table: each row is a request and what AWS answered, with its source and date.
`scenarios` reads it, `play` sends it to any S3, `compare` says what differs, and `record` is the
command ``strict-s3 record``, which sends the table to a real account.
"""
