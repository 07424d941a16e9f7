"""What `helpers lab` tells JupyterLab, for a server that somebody else starts: a hub, Binder.

JUPYTER_CONFIG_PATH=/where/the/project/is/helpers/setup/jupyter_settings
"""

import sys
from pathlib import Path

from traitlets.config import Config

sys.path.append(str(Path(__file__).resolve().parents[3]))
from helpers.setup.programs import SERVER

c: Config = get_config()  # type: ignore[name-defined]  # noqa: F821
for name, value in SERVER.items():
    section, trait = name.split(".")
    c[section][trait] = value
