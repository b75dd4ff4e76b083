import { errorFactory } from "@fedace/ace-core/foundation";

/** Error codes of `@fedace/coordinator`. Add a code here with its cause and remedy; ERRORS.md is generated from it. */
export const COORDINATOR_ERRORS = {
  DATA_FOLDER_UNSPECIFIED: {
    exit: "usage",
    cause: "No data folder was named.",
    remedy: "Give --data DIR, or set FEDACE_DATA.",
  },
  DATA_FOLDER_UNINITIALISED: {
    exit: "state",
    cause: "The folder is not the data folder of a coordinator.",
    remedy: "Name the right folder, or make one with `fedace-coordinator init --data DIR --url URL`.",
  },
  DATA_FOLDER_INITIALISED: {
    exit: "state",
    cause: "The folder already holds a coordinator; nothing was changed.",
    remedy: "Use the coordinator that is there, or choose another folder.",
  },
  DATA_FOLDER_NOT_EMPTY: {
    exit: "state",
    cause: "The folder holds something else than a coordinator; nothing was changed.",
    remedy: "Choose an empty folder, or one that does not exist yet.",
  },
  DATA_FOLDER_NOT_WRITABLE: {
    exit: "resources",
    cause: "The data folder cannot be made or written.",
    remedy: "Choose a folder in which this account may write, or let the administrator grant it.",
  },
  DATA_FOLDER_IN_USE: {
    exit: "state",
    cause: "Another coordinator process serves this data folder.",
    remedy: "Stop the other process, or use another folder; commands other than serve work beside it.",
  },
  DATA_FOLDER_DAMAGED: {
    exit: "state",
    cause: "A file of the data folder is missing or cannot be read.",
    remedy: "Restore the data folder from a backup.",
  },
  DATABASE_NEWER: {
    exit: "state",
    cause: "The database was written by a newer version of the coordinator.",
    remedy: "Update the coordinator.",
  },
  DATABASE_BUSY: {
    exit: "state",
    cause: "Another process held the database for too long.",
    remedy: "Try again; if it goes on, look for a backup or virus scanner that holds coordinator.db.",
  },
  DISK_FULL: {
    exit: "resources",
    cause: "The disk of the data folder is full.",
    remedy: "Free space on that disk; sites send again by themselves.",
  },
  URL_INVALID: {
    exit: "usage",
    cause: "The coordinator's address is no URL that sites could use.",
    remedy: "Give the address as sites see it, such as https://fedace.example.org:8443.",
  },
  URL_INSECURE: {
    exit: "usage",
    cause: "Plain HTTP would carry weights and secrets readably through the network.",
    remedy: "Use an https URL; plain http is for loopback, or with --behind-proxy.",
  },
  PORT_IN_USE: {
    exit: "network",
    cause: "Another program listens on the port.",
    remedy: "Stop the other program, or choose another port with --port and tell the sites.",
  },
  PORT_FORBIDDEN: {
    exit: "network",
    cause: "This account may not listen on the port.",
    remedy: "Choose a port above 1023 with --port.",
  },
  ADDRESS_UNAVAILABLE: {
    exit: "network",
    cause: "The host to listen on is not an address of this machine.",
    remedy: "Give --host 0.0.0.0 for all addresses, or one that this machine has.",
  },
  TLS_FILES_INVALID: {
    exit: "input",
    cause: "The certificate and key given do not make a TLS server.",
    remedy: "Give a PEM certificate chain and its own unencrypted PEM key.",
  },
  SITE_NAME_INVALID: {
    exit: "usage",
    cause: "The name of a site is not of the form that the protocol allows.",
    remedy: "Use 1 to 32 lower-case letters, digits or -, beginning with a letter or digit.",
  },
  SITE_NOT_FOUND: {
    exit: "input",
    cause: "There is no site of this name.",
    remedy: "See `fedace-coordinator site list`.",
  },
  SITE_OUTDATED: {
    exit: "refused",
    cause: "A site's client is of a version that does not know what the plan asks for.",
    remedy: "Have the site's client updated, or leave the keys named out of the plan and create the run anew.",
  },
  EXPIRY_INVALID: {
    exit: "usage",
    cause: "The time an invitation is to be valid is not a duration, or out of bounds.",
    remedy: "Give a duration such as 12h or 7d, at most 90d.",
  },
  OUTPUT_EXISTS: {
    exit: "input",
    cause: "What is there under the name to write to is not what this command writes; it was not touched.",
    remedy: "Choose another name, or give --force to replace what is there.",
  },
  OUTPUT_NOT_WRITABLE: {
    exit: "resources",
    cause: "The output file cannot be written.",
    remedy: "Choose a folder that exists and in which this account may write.",
  },
  INPUT_UNREADABLE: {
    exit: "input",
    cause: "A file named on the command line cannot be read.",
    remedy: "See that the file exists and that this account may read it.",
  },
  PLAN_NOT_YAML: {
    exit: "input",
    cause: "The plan is not a YAML file.",
    remedy: "Correct the line named; README.md shows a whole plan.",
  },
  PLAN_TOO_LARGE: {
    exit: "input",
    cause: "The plan's network is larger than the protocol can carry.",
    remedy: "Use fewer filters or levels.",
  },
  RUN_NOT_FOUND: {
    exit: "input",
    cause: "There is no run with this identifier.",
    remedy: "See `fedace-coordinator run list`.",
  },
  RUN_STATE: {
    exit: "state",
    cause: "The run is in a state in which this cannot be done.",
    remedy: "See `fedace-coordinator run show RUN`.",
  },
  RUN_TOO_FEW_SITES: {
    exit: "refused",
    cause: "Fewer sites can take part than the plan's quorum asks for.",
    remedy: "Invite more sites, or lower the quorum in the plan and create the run anew.",
  },
  RUN_INPUT_NOWHERE: {
    exit: "refused",
    cause:
      "None of the sites that can take part has an image of this kind, and a network cannot learn what nobody shows it.",
    remedy: "Invite a site that has it, or take it out of the plan's inputs.",
  },
  ROUND_QUORUM_MISSED: {
    exit: "state",
    cause: "The round ended without enough updates; the run is paused and keeps what was counted.",
    remedy: "See that the sites named are running, then `fedace-coordinator run resume RUN`.",
  },
  AGGREGATION_FAILED: {
    exit: "state",
    cause: "The updates of a round could not be averaged; the run is paused and keeps what was counted.",
    remedy: "Remove the cause named, then `fedace-coordinator run resume RUN`.",
  },
  MODEL_NOT_FOUND: {
    exit: "input",
    cause: "The run has no such model.",
    remedy: "See `fedace-coordinator model list RUN`.",
  },
  MODEL_NOT_ASSESSED: {
    exit: "state",
    cause:
      "No model of the run has been scored in every class and metric that decides (`best` in the plan, else the Dice of every class), so none is the best.",
    remedy:
      "Take --round latest; in the next run let a site that annotates the missing class keep a case back (`run show` names it), or name in `best` what can be assessed.",
  },
  MODEL_UNTRAINED: {
    exit: "state",
    cause: "The run has only its initial weights, which have learned nothing.",
    remedy: "Wait for a round to be averaged; --round 0 writes the initial weights all the same.",
  },
  MODEL_PRUNED: {
    exit: "state",
    cause: "The model's weights were taken out of the store by `run prune`.",
    remedy: "Take one that is still there; `fedace-coordinator model list RUN` shows them.",
  },
  RUN_NEEDED: {
    exit: "state",
    cause: "Another run's plan goes on from a model of this run; nothing was removed.",
    remedy: "Remove that run first; `fedace-coordinator run prune RUN` frees the models that nothing needs.",
  },
  BUNDLE_SIGNATURE: {
    exit: "refused",
    cause: "The bundle is not what the coordinator with this key has signed.",
    remedy: "Do not use the file; fetch it again from the coordinator.",
  },
  AUDIT_BROKEN: {
    exit: "refused",
    cause: "The audit log has been changed after it was written.",
    remedy: "Treat the data folder as tampered with: compare it with a backup.",
  },
  COMMAND_USAGE: {
    exit: "usage",
    cause: "The command line is not as the command expects.",
    remedy: "See the command's --help.",
  },
  COORDINATOR_INTERNAL: {
    exit: "internal",
    cause: "A mistake in the coordinator itself.",
    remedy: "Report it with the message and the steps that led to it.",
  },
} as const;

export type CoordinatorErrorCode = keyof typeof COORDINATOR_ERRORS;

/** Makes an error of this package: `throw coordinatorError("RUN_NOT_FOUND", "…")`. */
export const coordinatorError = errorFactory(COORDINATOR_ERRORS);
