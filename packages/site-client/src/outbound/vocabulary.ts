/** The fixed words of the site's messages: field names and enumerated values. Labels and names are not among them. */
const PROTOCOL_WORDS = [
  ["software", "labels", "inputs", "cases", "engine", "kind", "values", "tissue", "lesion", "rest", "ignore"],
  ["run", "round", "phase", "done", "total", "secondsLeft"],
  ["preparing", "downloading", "evaluating", "training", "uploading"],
  ["offset", "length", "data", "sha256", "bytes", "numbers", "code"],
  ["voxels", "steps", "loss", "lastLoss", "evaluation", "dice", "seconds"],
].flat();

/**
 * Image suffixes that the BIDS standard defines for anatomical MRI (BIDS 1.10, Magnetic Resonance Imaging). A suffix
 * is a part of a file name, so one outside this list is not sent: it could be anything, a patient's name too.
 */
export const BIDS_SUFFIXES: readonly string[] = [
  ["T1w", "T2w", "PDw", "T2starw", "FLAIR", "inplaneT1", "inplaneT2", "PDT2", "angio", "T2star", "FLASH", "PD"],
  ["T1map", "T2map", "T2starmap", "R1map", "R2map", "R2starmap", "PDmap", "MTRmap", "MTsat", "UNIT1", "T1rho"],
  ["MWFmap", "MTVmap", "Chimap", "S0map", "M0map", "MESE", "MEGRE", "VFA", "IRT1", "MP2RAGE", "MPM", "MTS", "MTR"],
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
