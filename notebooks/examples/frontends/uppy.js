// Uppy 6: a form for a small file; for a large one parts, which it resumes. It needs plain.js.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { ask } from "./plain.js";

const PART = 5 * 2 ** 20; // S3's minimum for every part but the last

export function makeUppy() {
  const uppy = new Uppy();
  uppy.use(AwsS3, {
    shouldUseMultipart: (file) => file.size > PART,
    getChunkSize: () => PART,
    // The server makes the key. Until it has, the file's id lets signRequest find the type.
    generateObjectKey: (file) => file.id,
    signRequest: (request) =>
      ask("/sign", { contentType: uppy.getFile(request.key)?.type, ...request }),
  });
  uppy.addPostProcessor(async (ids) => {
    for (const file of ids.map((id) => uppy.getFile(id))) {
      const key = file?.response?.body?.key; // a file that failed has none
      if (key) uppy.setFileMeta(file.id, await ask(`/uploads/${key.split("/").pop()}/complete`, {}));
    }
  });
  return uppy;
}
