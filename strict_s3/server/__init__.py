"""The local S3: it refuses by `rules`, and keeps what it has accepted in a store of its own."""
