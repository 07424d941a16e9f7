// Python with strict_s3, from this site's own files. Nothing that it reads goes anywhere.

import { loadPyodide } from "../lite/static/pyodide/pyodide.mjs";

const ready = (async () => {
  const python = await loadPyodide({ packages: ["strict-s3"] });
  python.runPython("from strict_s3 import InspectError, inspect_text");
  return python.runPython(`
def read(pasted):
    try:
        return str(inspect_text(pasted))
    except InspectError as problem:
        return str(problem)
read
`);
})();
ready.then(() => postMessage({ ready: true }), (problem) => postMessage({ failed: String(problem) }));

onmessage = async ({ data }) => {
  let verdict;
  try {
    verdict = (await ready)(data);
  } catch {
    // What is nested too deeply for a browser's stack ends Python itself.
  }
  postMessage({ verdict, ended: verdict === undefined });
};
