import { imageDoubts, poolImages } from "@fedace/ace-core/likeness";
import type { CaseVerdict } from "./check-case.js";

/** Fewer other cases than this do not say what is usual. */
const FEWEST_OTHERS = 2;

/** The verdicts, with a warning for each case whose images are unlike those of all others. */
export function withOddCases(verdicts: readonly CaseVerdict[]): readonly CaseVerdict[] {
  return verdicts.map((verdict) => {
    const { case: checked, figures } = verdict;
    if (figures === undefined || !("warnings" in checked)) return verdict;
    const others = verdicts.flatMap((other) => (other === verdict ? [] : (other.figures ?? [])));
    const known = others.length < FEWEST_OTHERS ? undefined : poolImages(others);
    const doubts = imageDoubts(figures, known, "the archive's other cases");
    if (doubts.length === 0) return verdict;
    return { ...verdict, case: { ...checked, odd: true, warnings: [...checked.warnings, ...doubts] } };
  });
}
