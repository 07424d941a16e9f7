"""What S3 decides, as pure functions on plain values.

Nothing here opens a socket or a file, reads a clock or knows moto: the time, the credentials
and the policies come in as arguments, so the same rule answers the server, an explanation and
a test.
"""
