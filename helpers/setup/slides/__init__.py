"""Slides made of the lessons' own pictures, questions and outputs (``helpers slides``)."""
