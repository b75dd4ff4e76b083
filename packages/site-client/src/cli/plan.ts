import { readYaml } from "@fedace/ace-core/host";
import type { YamlFaults } from "@fedace/ace-core/host";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";

const PLAN_FAULTS: YamlFaults = {
  unreadable: (message, cause) => siteError("FILE_UNREADABLE", message, { cause }),
  malformed: (message, cause) => siteError("PLAN_FILE", message, { cause }),
};

/**
 * A plan as an operator writes it. Which model it goes on from, the coordinator's machine knows; here it makes no difference.
 *
 * @throws FILE_UNREADABLE, PLAN_FILE, PLAN_INVALID
 */
export async function readPlan(path: string): Promise<Plan> {
  const value = await readYaml(path, "The plan", PLAN_FAULTS);
  if (typeof value !== "object" || value === null) return parsePlan(value);
  return parsePlan(Object.fromEntries(Object.entries(value).filter(([key]) => key !== "init")));
}
