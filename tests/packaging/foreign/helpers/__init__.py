"""A name that many projects have: nothing that is installed may stand in its way."""

PRICES = {"a.txt": 3}
