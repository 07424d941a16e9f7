"""Checks for the exercises, a module a lesson: each uses what the learner made.

A check never reads the learner's code. It sends the learner's URL (or form, or policy) and looks
at what S3 says, so that every right answer passes, however it was made; its messages are the
hints.
"""
