import { visible } from "../../foundation/index.js";
import type { Printer } from "./printer.js";
import type { Terminal } from "./terminal.js";

/** Whether what cannot be undone is wanted: asks whoever is at the screen; a script is taken at its word. */
export async function agreed({ ask }: Terminal, printer: Printer, question: string): Promise<boolean> {
  if (printer.json || ask === undefined) return true;
  if (/^y(es)?$/i.test((await ask(`${visible(question)} [y/N] `)).trim())) return true;
  printer.note("Nothing was changed.");
  return false;
}
