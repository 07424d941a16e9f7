"""The instructor's board: who is done, who is stuck, who has which flags (``helpers room``)."""
