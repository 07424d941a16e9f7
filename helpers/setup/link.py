"""Run by an environment's own Python: notebooks then find `helpers` there from any folder.

Editors that open a notebook with that Python know nothing of PYTHONPATH.
"""

import os
import sysconfig

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

if __name__ == "__main__":
    path = os.path.join(sysconfig.get_path("purelib"), "s3-lessons.pth")
    with open(path, "w", encoding="locale") as file:  # as Python reads it
        print(PROJECT, file=file)
