"""The levels of lesson 14."""
