"""A page of another origin that tries what a bucket's CORS rules let it do (lesson 07).

    attempts   the rules, the five requests, and what their outcomes are called
    app        the page's server: sets a rule, signs, looks at what is stored
    bench      the page with its server, to be shown in a notebook

The browser's part, which tries the requests, is in static/.
"""
