"""moto made strict: a server on 127.0.0.1 that stores with moto and refuses with `helpers.rules`."""
