// Run a block of JavaScript that a lesson shows, unchanged, and say what it made and printed.
// Standard input: JSON with `block`, the path of the block, and `names`, what it declares. The
// block's imports are found in this folder's node_modules, wherever the block lies.
import { register } from "node:module";
import { pathToFileURL } from "node:url";
import { json } from "node:stream/consumers";

const order = await json(process.stdin);
const home = JSON.stringify(import.meta.url);
const resolve = `export const resolve = (name, context, next) =>
  next(name, /^[./]|:/.test(name) ? context : { ...context, parentURL: ${home} });`;
register(`data:text/javascript,${encodeURIComponent(resolve)}`);

const printed = [];
const print = console.log;
console.log = (...values) => printed.push(values.map(String).join(" "));

const plain = (input) =>
  Object.fromEntries(
    Object.entries(input).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value)),
  );

function describe(value) {
  if (value instanceof Response) return { kind: "response", status: value.status };
  if (/Command\d*$/.test(value?.constructor?.name ?? "") && value.input)
    return { kind: "command", name: value.constructor.name, input: plain(value.input) };
  if (typeof value === "string" && value.includes("X-Amz-Signature=")) return { kind: "url", url: value };
  if (value?.url && value?.fields) return { kind: "form", url: value.url, fields: value.fields };
  if (Array.isArray(value)) return { kind: "list", items: value.map(describe) };
  return { kind: "other", value: typeof value === "object" ? null : String(value) };
}

try {
  const made = await import(pathToFileURL(order.block));
  const found = Object.fromEntries(order.names.map((name) => [name, describe(made[name])]));
  if (made.url && made.fields) found.form = describe({ url: made.url, fields: made.fields });
  print(JSON.stringify({ printed, made: found }));
} catch (error) {
  print(JSON.stringify({ error: `${error.name}: ${error.message}` }));
}
