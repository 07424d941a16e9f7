"""The article's full working example as one would build it today: a page that uploads to S3.

    signing    what is signed: which key, size, type, for how long
    parts      the same for large files, part by part; what nobody finishes is aborted
    limits     which kinds of files, and how large
    names      a file's name: in its key, and when it is downloaded
    preflight  why a browser may not send files to the bucket
    sessions   who is there, and how often one may ask; the sign-in is a stub, and a hook
    store      what the workers share: sign-ins, limits, uploads that have begun (SQLite)
    lifecycle  the bucket's rule for uploads that nobody finishes
    app        the web application; the page itself is in static/
    run        the page with its server and its rules, for a notebook or for the command line
    wsgi       the page for others: several workers, behind TLS, with accounts of your own

The server signs and never sees a file: the browser sends it to S3 itself.
"""
