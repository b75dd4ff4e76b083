import { siteError } from "../errors.js";

/**
 * `T1w,FLAIR` as a list.
 *
 * @throws COMMAND_USAGE
 */
export function listOf(text: string, option: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.every((item) => /^[A-Za-z0-9]+$/.test(item))) return items;
  throw siteError("COMMAND_USAGE", `${option} ${text} is no list of image suffixes such as T1w,FLAIR.`);
}

/**
 * `2,2,2` as millimetres along R, A, S.
 *
 * @throws COMMAND_USAGE
 */
export function spacingOf(text: string): [number, number, number] {
  const [r, a, s, ...more] = text.split(",").map(Number);
  const good = (mm: number | undefined): mm is number => mm !== undefined && mm >= 0.2 && mm <= 10;
  if (good(r) && good(a) && good(s) && more.length === 0) return [r, a, s];
  throw siteError("COMMAND_USAGE", `--spacing ${text} is not three lengths of .2 to 10 mm such as 2,2,2.`);
}
