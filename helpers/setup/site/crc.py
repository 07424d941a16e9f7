"""Stands in for anycrc, which is C, where there is none: a browser. JavaScript computes it there.

A hundred times as fast as Python would in a browser: lesson 11 uploads some 60 MB.
"""

from __future__ import annotations

from typing import Any

from pyodide.code import run_js  # type: ignore[import-not-found]
from pyodide.ffi import to_js  # type: ignore[import-not-found]

# The polynomial's upper and lower 32 bits, its lowest power first, and how many bits it has.
_MODELS = {"CRC32C": (0, 0x82F63B78, 32), "CRC64-NVME": (0x9A6C9329, 0xAC4BC9B5, 64)}
# JavaScript's bits come by 32, so a value is two numbers.
_MAKE = run_js("""
(polynomialHigh, polynomialLow, ones) => {
  const highs = new Uint32Array(256), lows = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let high = 0, low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd) { low ^= polynomialLow; high ^= polynomialHigh; }
    }
    highs[byte] = high;
    lows[byte] = low;
  }
  return (data, high, low) => {
    high ^= ones;
    low = ~low;
    for (let i = 0; i < data.length; i++) {
      const byte = (low ^ data[i]) & 255;
      low = ((low >>> 8) | (high << 24)) ^ lows[byte];
      high = (high >>> 8) ^ highs[byte];
    }
    return [(high ^ ones) >>> 0, ~low >>> 0];
  };
}
""")


class Model:
    """As anycrc's: ``Model("CRC64-NVME").calc(data, value)`` goes on from `value`."""

    def __init__(self, name: str) -> None:
        high, low, bits = _MODELS[name]
        self._calc: Any = _MAKE(high, low, 0xFFFFFFFF if bits == 64 else 0)

    def calc(self, data: bytes, value: int = 0) -> int:
        """The CRC of what gave `value` and then `data`."""
        high, low = self._calc(to_js(data), value >> 32, value & 0xFFFFFFFF)
        return int(high) << 32 | int(low)
