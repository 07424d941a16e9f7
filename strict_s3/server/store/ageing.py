"""Carrying out a bucket's lifecycle rules as time goes by."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ...rules.lifecycle import next_step, upload_end
from .bucket import Bucket


def age(bucket: Bucket, now: datetime) -> None:
    """Do to a bucket what its lifecycle rules make due by `now`. The caller holds the lock.

    It is done for good: a clock that goes back brings nothing back.
    """
    for key in list(bucket.versions):
        _age_key(bucket, key, now)
    rules = bucket.settings.lifecycle
    for upload in list(bucket.uploads.values()):
        end = upload_end(rules, upload.key, upload.initiated)
        if end is not None and end[0] <= now:
            bucket.remove_upload(upload)


def _age_key(bucket: Bucket, key: str, now: datetime) -> None:
    settings = bucket.settings
    versioned = bool(settings.versioning)
    while versions := bucket.versions.get(key):
        step = next_step(settings.lifecycle, versions, now, versioned=versioned)
        if step is None:
            return
        # By identity: without versioning every version's id is "null".
        place = next(n for n, version in enumerate(versions) if version is step.version)
        if step.action == "expire":
            bucket.delete(key, step.at)
        elif step.action == "remove":
            bucket.remove(key, versions[place].version_id)
        else:
            moved = replace(versions[place], storage_class=step.storage_class)
            bucket.versions[key] = [*versions[:place], moved, *versions[place + 1 :]]
