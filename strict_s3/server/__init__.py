"""moto made strict: it refuses by `rules` and stores with moto."""
