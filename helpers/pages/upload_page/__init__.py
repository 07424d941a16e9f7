"""The article's full working example as one would build it today: a page that uploads to S3.

    sessions   who is there: sign-in (a stub), and how often one may ask
    signing    what is signed: which key, size, type, for how long
    app        the web application; the page itself is in static/
    run        the page with its server and its CORS rule, for a notebook or for the command line

The server signs and never sees a file: the browser sends it to S3 itself.
"""
