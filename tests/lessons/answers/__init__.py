"""Answers to the exercises, a module a lesson: right ones beside the printed solution, and wrong.

`RIGHT` maps the name of a check to further answers that have to pass; `WRONG` maps it to pairs of
an answer and a piece of the hint that it has to be given. An answer is Python that takes the
place of the stub. Every exercise has at least one more right answer and two wrong ones.
"""
