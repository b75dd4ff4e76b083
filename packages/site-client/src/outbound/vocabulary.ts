import { METRIC_NAMES } from "@fedace/ace-core/metrics";
import { BIDS_SUFFIXES, UNDERSTOOD } from "@fedace/ace-core/protocol";

/** The fixed words of the site's messages: field names and enumerated values. Labels and names are not among them. */
const PROTOCOL_WORDS = [
  [
    "software",
    "labels",
    "inputs",
    "cases",
    "combinations",
    "engine",
    "kind",
    "values",
    "tissue",
    "lesion",
    "rest",
    "ignore",
    "understands",
    "metrics",
    ...UNDERSTOOD,
  ],
  ["run", "round", "phase", "done", "total", "secondsLeft"],
  ["preparing", "downloading", "evaluating", "training", "uploading"],
  ["offset", "length", "data", "sha256", "bytes", "numbers", "code"],
  ["voxels", "steps", "loss", "lastLoss", "evaluation", "dice", "seconds"],
  ["spread", "deviation", "withheld"],
  ["images", "distinct", "bits", "pairs", "together", "joint"],
  METRIC_NAMES,
].flat();

/**
 * Every word that may stand in a message. It starts with the protocol's own words and grows by what the site's
 * administrator configured and what the coordinator itself named; nothing read from an archive is ever added.
 */
export class Vocabulary {
  readonly #words = new Set<string>([...PROTOCOL_WORDS, ...BIDS_SUFFIXES]);

  allow(words: Iterable<string>): void {
    for (const word of words) this.#words.add(word);
  }

  has(word: string): boolean {
    return this.#words.has(word);
  }
}
