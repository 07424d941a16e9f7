// A file input for React, with progress and refusals. It needs plain.js beside it.
import { useState } from "react";
import { upload } from "./plain.js";

export type Stored = { id: string; size: number; type: string };

const MESSAGES: Record<string, string> = {
  not_signed_in: "Sign in first.",
  too_large: "A file may have 10 MiB.",
  type_not_allowed: "Only PNG, JPEG and PDF.",
};

export function Upload({ onStored }: { onStored: (stored: Stored) => void }) {
  const [progress, setProgress] = useState<number | null>(null);
  const [error, setError] = useState("");

  async function send(file: File) {
    setError("");
    setProgress(0);
    try {
      onStored(await upload(file, setProgress));
    } catch (why) {
      const code = (why as Error).message;
      setError(MESSAGES[code] ?? `Not stored: ${code}`);
    }
    setProgress(null);
  }

  return (
    <>
      <label>
        File{" "}
        <input
          type="file"
          accept="image/png,image/jpeg,application/pdf"
          disabled={progress !== null}
          onChange={(event) => event.target.files?.[0] && void send(event.target.files[0])}
        />
      </label>
      {progress !== null && <progress value={progress} />}
      {error && <p role="alert">{error}</p>}
    </>
  );
}
