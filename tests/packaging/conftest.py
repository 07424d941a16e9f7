"""The tests in `foreign` are a project's of its own, run from an environment of its own."""

collect_ignore = ["foreign"]
