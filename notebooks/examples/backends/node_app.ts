// Presigned uploads and downloads: AWS SDK v3, web-standard handlers (Next.js, Hono, Deno, Bun).
import { randomUUID } from "node:crypto";
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, GetObjectCommand,
  HeadObjectCommand, ListPartsCommand, S3Client, UploadPartCommand, type UploadPartCommandInput,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const BUCKET = process.env.UPLOAD_BUCKET!;
const MAX_BYTES = 10 * 1024 * 1024;
const SIZE: ["content-length-range", number, number] = ["content-length-range", 1, MAX_BYTES];
const EXPIRES = 300; // seconds; less than the rest of a role's session
const TYPES = new Map([["image/png", "png"], ["image/jpeg", "jpg"], ["application/pdf", "pdf"]]);
const STEPS = new Map<string, new (step: UploadPartCommandInput) => Command>([
  ["PUT", UploadPartCommand], ["POST", CompleteMultipartUploadCommand],
  ["GET", ListPartsCommand], ["DELETE", AbortMultipartUploadCommand],
]);
// Otherwise the SDK signs the checksum of an empty body, which is not the file's.
const s3 = new S3Client({ requestChecksumCalculation: "WHEN_REQUIRED" });

type Command = Parameters<typeof getSignedUrl<any, any, any>>[1];
const refused = (status: number, error: string): Response => Response.json({ error }, { status });

const respond = async (work: () => Promise<object>, status = 200): Promise<Response> => {
  try {
    return Response.json(await work(), { status });
  } catch (why) {
    if (why instanceof Response) return why;
    throw why;
  }
};

// The user's id. Your own sign-in belongs here.
const signedIn = (request: Request): string => {
  const user = /^Bearer demo-([a-z0-9]+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
  if (user === undefined) throw refused(401, "not_signed_in");
  return user;
};

// The JSON that was sent. Its members have the types of those in `example`, which stand in for them.
const read = async <T extends object>(request: Request, example: T): Promise<T> => {
  const sent: unknown = await request.json().catch(() => null);
  if (typeof sent !== "object" || sent === null) throw refused(422, "invalid_request");
  const whole = { ...example, ...sent };
  for (const name in example)
    if (typeof whole[name] !== typeof example[name]) throw refused(422, "invalid_request");
  return whole;
};

const keyOf = (user: string, id: string): string => {
  if (!/^[0-9a-f]{32}\.[a-z]{3}$/.test(id)) throw refused(404, "no_such_upload");
  return `incoming/${user}/${id}`;
};

const link = (command: Command, ...signed: string[]): Promise<string> =>
  getSignedUrl(s3, command, { expiresIn: EXPIRES, signableHeaders: new Set(signed) });

const newUpload = async (user: string, type: string, inParts = false): Promise<object> => {
  const ending = TYPES.get(type);
  if (ending === undefined) throw refused(415, "type_not_allowed");
  const id = `${randomUUID().replaceAll("-", "")}.${ending}`;
  const [at, headers] = [{ Bucket: BUCKET, Key: keyOf(user, id) }, { "Content-Type": type }];
  if (inParts) {
    const begin = new CreateMultipartUploadCommand({ ...at, ContentType: type });
    return { key: at.Key, url: await link(begin, "content-type"), headers };
  }
  const form = await createPresignedPost(s3, { ...at, Fields: headers, Conditions: [SIZE], Expires: EXPIRES });
  return { id, method: "POST", headers: {}, ...form, expires_in: EXPIRES };
};

export const start = (request: Request): Promise<Response> => respond(async () => {
  const user = signedIn(request);
  const { type, size } = await read(request, { type: "", size: 0 });
  if (!Number.isInteger(size) || size < 1) throw refused(422, "invalid_request");
  if (size > MAX_BYTES) throw refused(413, "too_large");
  return newUpload(user, type);
}, 201);

// What Uppy's signRequest asks for.
export const sign = (request: Request): Promise<Response> => respond(async () => {
  const user = signedIn(request);
  const sent = await read(request, { method: "", key: "", contentType: "", uploadId: "", partNumber: 0 });
  const { method, contentType, uploadId: UploadId, partNumber: PartNumber } = sent;
  if (!UploadId && ["PUT", "POST"].includes(method)) return newUpload(user, contentType, method === "POST");
  const Step = STEPS.get(method);
  if (!/^[!-~]+$/.test(UploadId) || !Number.isInteger(PartNumber) || !Step) throw refused(422, "invalid_request");
  const key = keyOf(user, sent.key.replace(`incoming/${user}/`, ""));
  return { key, url: await link(new Step({ Bucket: BUCKET, Key: key, UploadId, PartNumber })) };
});

export const complete = (request: Request, id: string): Promise<Response> => respond(async () => {
  const Key = keyOf(signedIn(request), id); // S3 knows what arrived; the client can only claim it
  const head = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key })).catch((why: unknown) => {
    const status = (why as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
    throw [403, 404].includes(status) ? refused(409, "nothing_arrived") : why; // 403: it may not list
  });
  if (head.ContentLength! > MAX_BYTES) throw refused(413, "too_large"); // no signature limits parts' sum
  return { id, size: head.ContentLength, type: head.ContentType };
});

export const download = (request: Request, id: string): Promise<Response> => respond(async () => {
  const Key = keyOf(signedIn(request), id);
  const saved = { ResponseContentDisposition: "attachment" };
  return { url: await link(new GetObjectCommand({ Bucket: BUCKET, Key, ...saved })) };
});

const routes = [
  [/^POST \/uploads$/, start], [/^POST \/uploads\/([^/]+)\/complete$/, complete],
  [/^GET \/files\/([^/]+)$/, download], [/^POST \/sign$/, sign],
] as const;
// Deno, Bun and Hono call this; in Next.js, app/uploads/route.ts has `export { start as POST }`.
export default {
  fetch(request: Request): Promise<Response> | Response {
    const asked = `${request.method} ${new URL(request.url).pathname}`;
    const [path, handler] = routes.find(([path]) => path.test(asked)) ?? [];
    return handler?.(request, path?.exec(asked)?.[1] ?? "") ?? new Response(null, { status: 404 });
  },
};
