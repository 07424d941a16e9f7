"""moto made strict: a server on 127.0.0.1 that refuses by `helpers.rules` and stores with moto."""
