import { parseDocument } from "yaml";
import { visible } from "../foundation/index.js";
import { FileTooLarge, readText } from "./files/reading.js";

/** Largest YAML file that is read, bytes: plans and label maps have a few thousand. */
export const MAX_YAML_BYTES = 256 * 1024;

/** Makes the error that a program ends with: what happened, and its cause. */
type Fault = (message: string, cause: unknown) => Error;

/** How a program names what is wrong with a YAML file. */
export interface YamlFaults {
  /** The file cannot be read, or is too large to be one. */
  readonly unreadable: Fault;
  /** It is read, and no YAML of plain data. */
  readonly malformed: Fault;
}

/**
 * Reads a YAML file of plain data, such as a plan or a label map: one document, unique keys, no aliases (with which few
 * bytes can stand for many), at most {@link MAX_YAML_BYTES}.
 *
 * @param what names the file in messages: `The label map`
 * @throws what `faults` make
 */
export async function readYaml(path: string, what: string, faults: YamlFaults): Promise<unknown> {
  let text: string;
  try {
    text = await readText(path, MAX_YAML_BYTES);
  } catch (cause) {
    const reason = (cause as Error).message;
    if (cause instanceof FileTooLarge) throw faults.malformed(`${what} ${path} is too large: ${reason}.`, cause);
    throw faults.unreadable(`${what} ${path} cannot be read: ${reason}.`, cause);
  }
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    // It quotes the file, which may be anything.
    const quoted = error.message.trim().split("\n").map(visible).join("\n");
    throw faults.malformed(`${what} ${path} is not YAML: ${quoted}`, error);
  }
  try {
    return document.toJS({ maxAliasCount: 0 }) as unknown;
  } catch (cause) {
    throw faults.malformed(`${what} ${path} is not plain YAML: ${(cause as Error).message}`, cause);
  }
}
