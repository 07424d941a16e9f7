// The calls that the lessons show for the AWS SDK for JavaScript v3, run against the local S3.
// Standard input: {endpoint, region, access_key, secret_key, bucket, do, ...}; standard output: JSON.
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";

const order = await json(process.stdin);
const s3 = new S3Client({
  region: order.region,
  endpoint: order.endpoint,
  forcePathStyle: true,
  credentials: {
    accessKeyId: order.access_key,
    secretAccessKey: order.secret_key,
    ...(order.session_token ? { sessionToken: order.session_token } : {}),
  },
  maxAttempts: 1,
  ...(order.when_required ? { requestChecksumCalculation: "WHEN_REQUIRED" } : {}),
});
const object = { Bucket: order.bucket, Key: order.key };
const options = {
  expiresIn: order.expires ?? 900,
  ...(order.signable ? { signableHeaders: new Set(order.signable) } : {}),
  ...(order.signed_at ? { signingDate: new Date(order.signed_at) } : {}),
};

const actions = {
  // One signed request each, sent by the SDK itself.
  async put() {
    const answer = await s3.send(new PutObjectCommand({ ...object, Body: order.body }));
    return { etag: answer.ETag };
  },
  async put_stream() {
    const Body = Readable.from([Buffer.from(order.body)]);
    const input = { ...object, Body, ContentLength: Buffer.byteLength(order.body) };
    const answer = await s3.send(new PutObjectCommand(input));
    return { etag: answer.ETag };
  },
  async get() {
    const answer = await s3.send(new GetObjectCommand(object));
    return { body: await answer.Body.transformToString() };
  },
  // Presigned URLs.
  async presign_get() {
    return { url: await getSignedUrl(s3, new GetObjectCommand(object), options) };
  },
  async presign_put() {
    const command = new PutObjectCommand({ ...object, ...(order.input ?? {}) });
    return { url: await getSignedUrl(s3, command, options) };
  },
  // A URL that somebody else signed, used as a browser would.
  async fetch() {
    const answer = await fetch(order.url, { method: order.method, body: order.body });
    return { status: answer.status, text: await answer.text() };
  },
};

try {
  console.log(JSON.stringify(await actions[order.do]()));
} catch (error) {
  console.log(JSON.stringify({ error: error.name, status: error.$metadata?.httpStatusCode }));
}
