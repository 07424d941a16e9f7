"""A page of another origin that tries what a bucket's CORS rules let it do (lesson 07).

    attempts   the rules, the five requests, and what their outcomes are called
    app        the web application; the page itself is in static/
    bench      sets a rule, signs, looks at what is stored; the page, to be shown in a notebook

The browser's part, which tries the requests, is in static/. Where the page and S3 have one origin,
cors.js decides there in the browser's place, on a hub and in the site's service worker.
"""
