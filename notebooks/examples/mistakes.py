"""Eight mistakes of real backends, each an edit that breaks a backend of this folder.

    python3 mistakes.py backends/fastapi_app.py FOLDER

writes one broken copy for each into a folder, for `--app` of the contract's tests.
"""

from __future__ import annotations

import sys
from pathlib import Path

Edits = dict[str, tuple[str, str]]

PYTHON: Edits = {
    "no_size_range": (', ["content-length-range", 1, MAX_BYTES]]', "]"),
    "type_not_locked": (
        "rules = [typed,",
        'any_type = ["starts-with", "$Content-Type", ""]\n    rules = [any_type,',
    ),
    "lasts_an_hour": ("EXPIRES = 300", "EXPIRES = 3600"),
    "key_without_user": ('f"incoming/{user}/{upload_id}"', 'f"incoming/{upload_id}"'),
    "believes_the_client": (
        "head = s3.head_object(Bucket=BUCKET, Key=key_of(user, upload_id))",
        'head = {"ContentLength": 5, "ContentType": "image/png"}',
    ),
    "no_sign_in": ('raise HTTPException(401, "not_signed_in")', 'return "ann"'),
    "acl_added": (
        "    form = s3.",
        '    acl = {"acl": "public-read"}\n'
        "    typed, rules = typed | acl, [*rules, acl]\n    form = s3.",
    ),
    "old_signature": ('signature_version="s3v4", ', ""),
}
_BELIEVED = PYTHON["believes_the_client"][1]
# What is written differently there.
EDITS: dict[str, Edits] = {
    "fastapi_app.py": PYTHON,
    "lambda_app.py": PYTHON
    | {
        "believes_the_client": (
            "head = s3.head_object(Bucket=BUCKET, Key=key_of(signed_in(), upload_id))",
            _BELIEVED,
        ),
        "no_sign_in": ('raise ServiceError(401, "not_signed_in")', 'return "ann"'),
    },
    "django_app.py": PYTHON
    | {
        "believes_the_client": (
            "head = s3.head_object(Bucket=storage.bucket_name, Key=key_of(user, upload_id))",
            _BELIEVED,
        ),
        "no_sign_in": ('raise Refused(401, "not_signed_in")', 'return "ann"'),
        "old_signature": ('    "signature_version": "s3v4",', "    #"),
    },
    # The SDK for JavaScript knows no older signature.
    "node_app.ts": {
        "no_size_range": ("Conditions: [SIZE], ", ""),
        "type_not_locked": (
            "const form = await createPresignedPost(s3, { ...at, Fields: headers, "
            "Conditions: [SIZE], Expires: EXPIRES });",
            'const Conditions = [SIZE, ["starts-with", "$Content-Type", ""]] as any;\n'
            "const made = await createPresignedPost(s3, { ...at, Conditions, Expires: EXPIRES });\n"
            "const form = { url: made.url, fields: { ...made.fields, ...headers } };",
        ),
        "lasts_an_hour": ("EXPIRES = 300", "EXPIRES = 3600"),
        "key_without_user": ("return `incoming/${user}/${id}`", "return `incoming/${id}`"),
        "believes_the_client": (
            "const head = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key })).catch(",
            'const head = { ContentLength: 5, ContentType: "image/png" }; [].map(',
        ),
        "no_sign_in": ('throw refused(401, "not_signed_in")', 'return "ann"'),
        "acl_added": ("Fields: headers", 'Fields: { ...headers, acl: "public-read" }'),
    },
}


def plant(app: Path, folder: Path) -> dict[str, Path]:
    """A broken copy of a backend for each mistake: {mistake: file}.

    Raises ValueError if the backend's source has changed so that an edit does not apply.
    """
    source, made = app.read_text(encoding="utf-8"), {}
    for name, (right, wrong) in EDITS[app.name].items():
        if source.count(right) != 1:
            times = source.count(right)
            raise ValueError(f"{app.name} has {right!r} {times} times, not once")
        made[name] = folder / f"{name}{app.suffix}"
        made[name].write_text(source.replace(right, wrong), encoding="utf-8")
    return made


if __name__ == "__main__":
    for file in plant(Path(sys.argv[1]), Path(sys.argv[2])).values():
        print(file)
