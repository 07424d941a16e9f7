// One file to S3, with progress. (fetch reports none for an upload, so XMLHttpRequest sends it.)
export async function ask(path, body) {
  const signIn = { authorization: "Bearer demo-ann" }; // your own belongs here
  const headers = { "content-type": "application/json", ...signIn };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}
export async function upload(file, onProgress = (_part) => {}) {
  const form = await ask("/uploads", { type: file.type, size: file.size });
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", file); // last: S3 ignores the fields after it
  await new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const code = () => request.responseXML?.querySelector("Code")?.textContent;
    request.open(form.method, form.url);
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onload = () => (request.status < 300 ? resolve() : reject(new Error(code())));
    request.onerror = () => reject(new Error("No response: offline, or the bucket's CORS rules."));
    request.send(body);
  });
  return ask(`/uploads/${form.id}/complete`, {});
}
