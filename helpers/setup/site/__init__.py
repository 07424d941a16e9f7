"""``python3 -m helpers site``: the lessons as a folder of files for any web server."""
