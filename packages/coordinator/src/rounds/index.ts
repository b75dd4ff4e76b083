export { describe, waitedFor } from "./context.js";
export type { RunContext } from "./context.js";
export { closingReason, duties } from "./duties.js";
export type { Duties, Duty } from "./duties.js";
export type { RunEffect, RunEvent, Transition } from "./events.js";
export { transition } from "./machine.js";
export { isEligible, roster } from "./roster.js";
export type { EligibleParticipant, Participant, Standing } from "./roster.js";
export { CREATED, hasEnded } from "./state.js";
export type { Aggregating, Counted, ModelRef, Problem, RunState, Stage } from "./state.js";
export { applyEvent, readContext } from "./apply.js";
export type { Applied } from "./apply.js";
export { createRun, networkOf } from "./create.js";
export { findRun, listModels, listRounds, listRuns, requireRun } from "./repository.js";
export type { ModelRow, RoundRow, Run } from "./repository.js";
export {
  countedUploads,
  findUpload,
  listEvaluations,
  listProgress,
  markCounted,
  saveEvaluation,
  saveProgress,
  saveUpload,
} from "./uploads.js";
export type { EvaluationRow, NewUpload, Progress, Upload } from "./uploads.js";
export { RunDriver } from "./driver.js";
export type { DriverParts } from "./driver.js";
export { bestModel, scoreTable, settledScores } from "./scores.js";
export type { ModelScores } from "./scores.js";
export { overview } from "./overview.js";
export type { Overview, SiteOverview } from "./overview.js";
