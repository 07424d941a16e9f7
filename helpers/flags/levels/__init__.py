"""The twelve levels, easy to hard: a module each."""

from __future__ import annotations

from helpers.flags.level import Level
from helpers.flags.levels import (
    level_01,
    level_02,
    level_03,
    level_04,
    level_05,
    level_06,
    level_07,
    level_08,
    level_09,
    level_10,
    level_11,
    level_12,
)

_MODULES = (
    *(level_01, level_02, level_03, level_04, level_05, level_06),
    *(level_07, level_08, level_09, level_10, level_11, level_12),
)
LEVELS: dict[int, Level] = {module.LEVEL.number: module.LEVEL for module in _MODULES}
