"""`prove`: is what is deployed what was meant? Answered by requests, offline.

table         the expectations, read from YAML; `rows` is the grammar of one row
reading       files, YAML and JSON from outside, with one clear sentence for each fault
world         what is to be made: a bucket with its settings, users, roles
cloudformation, sam, terraform     the same out of a template; `template` has its names
build         makes a world in a strict S3
sending       one row as signed requests, and what S3 said
doubts        statements with an unknown value: what they could allow or deny
grid          every action of S3 on every kind of key: the first excess
proof         runs a table; `results` are what came of it, and `command` prints them
"""
