"""Answers to the exercises, a module a lesson: right ones beside the printed solution, and wrong.

`RIGHT` maps the name of a check to further answers that have to pass; `WRONG` maps it to pairs of
an answer and a piece of the hint that it has to be given. An answer is Python that takes the
place of the stub. Every exercise has at least one more right answer and two wrong ones.

`VARIATIONS`, if a lesson has any, maps the name of a variation's check (``try_…``) to such a pair:
right answers, and wrong ones with their hints.
"""
