import { errorFactory } from "./errors.js";

/** Error codes of `@fedace/ace-core`. Add a code here with its cause and remedy; ERRORS.md is generated from it. */
export const CORE_ERRORS = {
  PROGRAM_NOT_BUILT: {
    exit: "resources",
    cause: "The checkout was installed, but not built.",
    remedy: "Run `npm run build` in the checkout, then the command again.",
  },
  LABEL_CLASS_UNKNOWN: {
    exit: "input",
    cause: "A label map names a class that the plan does not have.",
    remedy: "Use the plan's class names, exactly as written there.",
  },
  LABEL_CLASSES_INVALID: {
    exit: "input",
    cause: "The list of classes is too short, too long, or names a class twice.",
    remedy: "List 2 to 31 different classes, the background first.",
  },
  LABEL_MAP_CONTRADICTION: {
    exit: "input",
    cause: "A label map contradicts itself, or says nothing that could be learned.",
    remedy: "Give every label value one meaning, and at least one value a class other than the background.",
  },
  LABEL_VALUE_UNMAPPED: {
    exit: "input",
    cause: "A label image holds a value that the label map does not mention.",
    remedy: "Add the value to the label map, or map it to ignore.",
  },
  RUN_CLASS_UNCOVERED: {
    exit: "refused",
    cause: "No site's labels can teach the model this class, or tell it from another one.",
    remedy: "Invite a site that annotates the class, or take the class out of the plan.",
  },
  PLAN_INVALID: {
    exit: "input",
    cause: "The plan has an unknown key, a missing one, or a value out of range.",
    remedy: "Correct the named key; README.md shows a whole plan.",
  },
  PLAN_PATCH_INDIVISIBLE: {
    exit: "input",
    cause: "The pooling of the network does not divide the patch.",
    remedy: "Make every side of the patch a multiple of the number named.",
  },
  PLAN_MEMORY: {
    exit: "resources",
    cause: "A training step of this plan needs more memory than there is.",
    remedy: "Use a smaller patch, batch or model.",
  },
  WEIGHTS_MALFORMED: {
    exit: "input",
    cause: "The file is not a well-formed safetensors file.",
    remedy: "Fetch the file again; if it comes from a site, update that site's client.",
  },
  WEIGHTS_LAYOUT: {
    exit: "input",
    cause: "The weights are not those of the plan's network: a tensor is missing, additional or of another shape.",
    remedy: "Use weights of the same plan.",
  },
  BUNDLE_NEWER: {
    exit: "input",
    cause:
      "The model bundle was written by a newer version of FedACE, and cannot be used without what only that one knows.",
    remedy: "Update FedACE on this machine.",
  },
  BUNDLE_INVALID: {
    exit: "input",
    cause: "The file is not a FedACE model bundle, or a part of it is missing.",
    remedy: "Download the bundle again with `fedace-coordinator model get`.",
  },
  ENGINE_UNAVAILABLE: {
    exit: "resources",
    cause: "The engine asked for cannot run on this machine.",
    remedy: "Use --engine auto, or see `fedace-site engine list`.",
  },
  ENGINE_MEMORY: {
    exit: "resources",
    cause: "The engine ran out of memory.",
    remedy: "Use a smaller patch, batch or model, or stop other programs.",
  },
  ENGINE_FAILED: {
    exit: "resources",
    cause: "The GPU or its driver failed while it computed; nothing of what it computed was used.",
    remedy: "Run again; if it fails again, update the driver or use --engine wasm.",
  },
  TRAINING_DIVERGED: {
    exit: "state",
    cause: "The loss or the weights became infinite or not a number during training.",
    remedy: "Lower the learning rate in the plan.",
  },
  TRAINING_NO_CASES: {
    exit: "input",
    cause: "There is no case to train on.",
    remedy: "Add cases with labels to the archive, and look at `fedace-site check`.",
  },
} as const;

export type CoreErrorCode = keyof typeof CORE_ERRORS;

/** Makes an error of this package: `throw coreError("PLAN_INVALID", "…")`. */
export const coreError = errorFactory(CORE_ERRORS);
