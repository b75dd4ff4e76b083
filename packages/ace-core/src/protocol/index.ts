export { FEW_CASES, learningRate, parsePlan, planSchema } from "./plan.js";
export type { Plan, PlanInput } from "./plan.js";
export { imageFiguresSchema, JOINT_BINS, JOINT_TOTAL, MOST_BITS } from "./images.js";
export type { ImageFigures } from "./images.js";
export { LIMITS } from "./limits.js";
export { PROTOCOL_VERSION } from "./version.js";
export { REJECT_CODES } from "./reject.js";
export type { RejectCode } from "./reject.js";
export {
  answerSchemas,
  assignmentSchema,
  COORDINATOR_MESSAGES,
  EVALUATION_PARTS,
  evaluationSchema,
  handshakeSchema,
  manifestSchema,
  rejectionSchema,
  REPORTED_METRICS,
  SITE_MESSAGES,
  siteNameSchema,
  updateNumbersSchema,
} from "./messages.js";
export type {
  Answer,
  Assignment,
  CoordinatorMessage,
  CoordinatorMessageName,
  Evaluation,
  Manifest,
  Rejection,
  ReportedMetric,
  SiteAnswer,
  SiteMessage,
  SiteMessageName,
  UpdateNumbers,
} from "./messages.js";
export {
  boundConnection,
  boundTokenId,
  invitationSchema,
  joinAnswerSchema,
  joinProofSchema,
  joinRequestSchema,
  noticeFileSchema,
  noticeSchema,
  publicKeySchema,
  tokenClaimsSchema,
} from "./identity.js";
export type { Invitation, JoinAnswer, JoinRequest, Notice, NoticeFile, PublicKey, TokenClaims } from "./identity.js";
export { figureIn, isWithheld, missingClasses, pooledSchema, pooledTable } from "./pooled.js";
export type { PooledTable } from "./pooled.js";
export { decisiveCells } from "./decisive.js";
export { casesFor, casesWith, combinationsOf, inputsAt } from "./cases.js";
export { recommend, RECOMMENDED } from "./recommended.js";
export { briefPlan } from "./brief.js";
export { channelsOf, mayLack } from "./channels.js";
export type { AnnouncedCases } from "./cases.js";
export { BIDS_SUFFIXES } from "./suffixes.js";
export {
  ARCHITECTURE_NAMES,
  LOSS_NAMES,
  MODEL_PRESETS,
  NORM_NAMES,
  OPTIMIZER_NAMES,
  PRECISION_NAMES,
  PRESET_NAMES,
} from "./vocabulary.js";
export { beyond, readableBy, UNDERSTOOD } from "./understanding.js";
export type {
  HeadName,
  IntensityName,
  LossName,
  ModelPreset,
  NormName,
  OptimizerName,
  SamplingName,
  ScheduleName,
  ArchitectureName,
  StrategyName,
  WeightingName,
} from "./vocabulary.js";
