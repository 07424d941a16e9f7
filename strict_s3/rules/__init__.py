"""What S3 decides, as pure functions on plain values.

Nothing here opens a socket or a file, reads a clock or knows moto: the time, the credentials and
the policies are arguments, so the server, the explanations and the tests share one rule.
"""
