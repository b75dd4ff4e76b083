/** Error codes of joining, connecting, sending and training; part of `SITE_ERRORS`. */
export const CLIENT_ERRORS = {
  INVITATION_INVALID: {
    exit: "input",
    cause: "The file is not a FedACE invitation, or its contents cannot be used.",
    remedy: "Ask the operator for the invitation file again, and pass it on unchanged.",
  },
  NOTICE_INVALID: {
    exit: "input",
    cause: "The notice of a move was not signed by this site's coordinator, or cannot be used; nothing was changed.",
    remedy: "Ask the operator for the file that `fedace-coordinator move` wrote, and pass it on unchanged.",
  },
  INVITATION_LAPSED: {
    exit: "input",
    cause: "The invitation has expired by this machine's clock.",
    remedy: "Ask the operator for a new invitation; check this machine's clock if it should still be valid.",
  },
  DATA_FOLDER_UNSPECIFIED: {
    exit: "usage",
    cause: "Neither --data nor the environment variable FEDACE_DATA names the data folder.",
    remedy: "Give --data DIR, or set FEDACE_DATA.",
  },
  DATA_FOLDER_NOT_WRITABLE: {
    exit: "resources",
    cause: "The data folder cannot be created, or this account may not write in it.",
    remedy: "Choose another --data folder, or give this account the right to write there.",
  },
  DATA_FOLDER_IN_USE: {
    exit: "state",
    cause: "Another fedace-site process is using this data folder.",
    remedy: "Stop the other process, or use a folder of its own for each site.",
  },
  DATA_FOLDER_DAMAGED: {
    exit: "state",
    cause: "A file in the data folder is not as this program wrote it.",
    remedy: "Restore the data folder from a backup, or join again with a new invitation and --replace.",
  },
  SITE_NOT_JOINED: {
    exit: "usage",
    cause: "The data folder holds no site: it has not joined a coordinator.",
    remedy: "Run `fedace-site join INVITATION --data DIR` first, with the invitation from the operator.",
  },
  SITE_ALREADY_JOINED: {
    exit: "usage",
    cause: "The data folder belongs to a site that has joined a coordinator already.",
    remedy: "Use another --data folder, or --replace to give up the old enrolment.",
  },
  COORDINATOR_NOT_FOUND: {
    exit: "network",
    cause: "The coordinator's host name cannot be resolved.",
    remedy: "Check the name with the operator, and this machine's DNS settings.",
  },
  COORDINATOR_REFUSED: {
    exit: "network",
    cause: "Nothing listens at the coordinator's address.",
    remedy: "Ask the operator whether the coordinator runs, and whether a firewall lets this port through.",
  },
  COORDINATOR_UNREACHABLE: {
    exit: "network",
    cause: "The network has no way to the coordinator, or the connection broke.",
    remedy: "Check this machine's network and the hospital's firewall for outgoing connections to this port.",
  },
  COORDINATOR_TIMEOUT: {
    exit: "network",
    cause: "The coordinator did not answer in time.",
    remedy: "A firewall may drop packets in silence: ask for outgoing connections to this host and port.",
  },
  COORDINATOR_CERTIFICATE: {
    exit: "refused",
    cause: "The server shows another certificate than the one the invitation pins.",
    remedy:
      "Do not go on before the operator has confirmed the fingerprint; a proxy that opens TLS connections may be in between.",
  },
  COORDINATOR_TLS: {
    exit: "network",
    cause: "No secure connection could be made with the server.",
    remedy: "Check the address and port with the operator, and this machine's clock.",
  },
  PROXY_INVALID: {
    exit: "usage",
    cause: "The environment variable HTTPS_PROXY does not name an HTTP proxy.",
    remedy: "Set HTTPS_PROXY to http://HOST:PORT, or name the coordinator's host in NO_PROXY.",
  },
  PROXY_UNREACHABLE: {
    exit: "network",
    cause: "The proxy that HTTPS_PROXY names cannot be reached.",
    remedy: "Check the proxy's address, or name the coordinator's host in NO_PROXY.",
  },
  PROXY_REFUSED: {
    exit: "network",
    cause: "The proxy that HTTPS_PROXY names opens no way to the coordinator.",
    remedy: "Ask for the coordinator's host and port to be allowed, or put name and password into HTTPS_PROXY.",
  },
  COORDINATOR_FOREIGN: {
    exit: "network",
    cause: "The server that answers is not a FedACE coordinator, or a proxy answers in its place.",
    remedy: "Check the address and port with the operator.",
  },
  COORDINATOR_ANSWER: {
    exit: "network",
    cause: "The coordinator's answer is not as the protocol says.",
    remedy: "Update the older of the two programs.",
  },
  COORDINATOR_PROTOCOL: {
    exit: "refused",
    cause: "The coordinator speaks another version of the protocol.",
    remedy: "Install the same FedACE release on both sides.",
  },
  CLOCK_OFF: {
    exit: "refused",
    cause: "The clocks of this machine and of the coordinator differ too much for signed tokens.",
    remedy: "Set the clock of the machine that is wrong, best by NTP.",
  },
  LEAVE_UNKNOWN: {
    exit: "refused",
    cause: "The coordinator is of a version that knows no message by which a site leaves; it was told nothing.",
    remedy: "Ask the operator to revoke this site; then `fedace-site leave --offline --forget` forgets the key here.",
  },
  CONNECTION_LOST: {
    exit: "network",
    cause: "The connection to the coordinator was lost while a message was under way.",
    remedy: "Nothing is to be done: the site connects again by itself.",
  },
  ASSIGNMENT_INVALID: {
    exit: "refused",
    cause: "An assignment is not signed by this site's coordinator, is not meant for this site, or is malformed.",
    remedy: "Tell the operator; the site did not act on it.",
  },
  MODEL_DAMAGED: {
    exit: "network",
    cause: "The model that was downloaded is not the one the assignment names.",
    remedy: "Nothing is to be done: the site downloads it again.",
  },
  OUTBOUND_REFUSED: {
    exit: "internal",
    cause: "A message did not pass the outbound policy, so it was not sent.",
    remedy: "Report this as a defect: nothing left the site.",
  },
  LEDGER_BROKEN: {
    exit: "state",
    cause: "The record of what left the site has been changed or cut.",
    remedy:
      "Nothing more is sent. Move receipts.jsonl out of the data folder, for whoever is responsible for data protection; then start again.",
  },
  WORKER_CRASHED: {
    exit: "resources",
    cause: "The training process ended by itself, often because the system was out of memory.",
    remedy: "Give the machine more memory, or ask the operator for a plan with a smaller patch or batch.",
  },
  SITE_DISK: {
    exit: "resources",
    cause: "The disk of the data folder has too little room for the model and the update.",
    remedy: "Free space, or move the data folder to a larger disk.",
  },
  LABELS_UNSPECIFIED: {
    exit: "usage",
    cause: "Nothing says what the label values of the archive mean.",
    remedy: "Give --kind tissue, --kind lesion, or --labels MAP.yaml.",
  },
  LABELS_DOUBTED: {
    exit: "input",
    cause: "The label map fits the archive's values, but something speaks for its being the wrong one.",
    remedy:
      "Look at `fedace-site check ARCHIVE` with the same --kind or --labels; if the map is right, add --confirm-labels.",
  },
  LABELS_FILE: {
    exit: "input",
    cause: "The label map file cannot be read as a label map.",
    remedy: "Write `values:` with one line per label value, such as `1: [lesion]`.",
  },
  PLAN_FILE: {
    exit: "input",
    cause: "The plan file cannot be read as YAML.",
    remedy: "Correct the line it names; README.md shows a whole plan.",
  },
  BUNDLE_UNTRUSTED: {
    exit: "refused",
    cause: "The model bundle is not signed by the coordinator that this site joined.",
    remedy:
      "Download the bundle again from your coordinator; `predict` without --data checks it against its own key only.",
  },
  COMPARE_NO_CASES: {
    exit: "input",
    cause: "The archive has no case on which both models could be scored: none is kept back from training for good.",
    remedy: "Use an archive of four cases or more, and a plan whose training.holdout is above 0.",
  },
  COMPARE_PLAN: {
    exit: "input",
    cause: "The bundle lacks a plan by which a site can train alone.",
    remedy: "Give one with --plan PLAN.yaml: ask the operator for that of a run that trained.",
  },
  COMPARE_MISMATCH: {
    exit: "input",
    cause: "The plan given is for other classes, images or spacing than the bundle's model.",
    remedy: "Give the plan of the model's run, or leave --plan out: the bundle has it.",
  },
  COMPARE_CLASSES: {
    exit: "input",
    cause: "The labels of the archive show no class of the model, so there is nothing to learn or to score.",
    remedy:
      "Give the --kind or --labels with which this archive takes part; `fedace-site check ARCHIVE` shows what it has.",
  },
  COMPARE_ARCHIVE_CHANGED: {
    exit: "state",
    cause: "The training cases are not those with which training alone was begun, or their labels mean something else.",
    remedy: "Put the archive back as it was, or give --restart to train anew with the cases as they are.",
  },
  COMMAND_USAGE: {
    exit: "usage",
    cause: "The command line cannot be understood.",
    remedy: "Look at --help of the command.",
  },
  INTERRUPTED: {
    exit: "state",
    cause: "The command was interrupted before it was done.",
    remedy: "Run it again; nothing half-done was left behind.",
  },
  SITE_INTERNAL: {
    exit: "internal",
    cause: "Something happened that the program did not expect.",
    remedy: "Report this as a defect, with the message.",
  },
} as const;
