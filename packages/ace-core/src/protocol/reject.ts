/**
 * Why the coordinator refuses something a site sent: the whole family of codes that cross the wire, with what the
 * site's administrator should do. Kept apart from the local error codes on purpose: these say nothing about a machine.
 */
export const REJECT_CODES = {
  PROTOCOL_VERSION: "The two sides speak different protocol versions: update the older one.",
  MESSAGE_MALFORMED: "A message is not as the protocol says: update the site's client.",
  RATE_LIMITED: "Too many messages in a short time: the site's client waits and tries again.",
  ANSWERS_UNREAD:
    "The site asked for more than it read: the site's client connects again; look at its network if it goes on.",
  TOKEN_MISSING: "The connection carries no token: connect with `fedace-site serve`.",
  TOKEN_MALFORMED: "The token cannot be read: update the site's client.",
  TOKEN_SIGNATURE: "The token is not signed with the key this site enrolled with: join again with a new invitation.",
  TOKEN_EXPIRED: "The token has expired: check the clocks of both machines.",
  TOKEN_NOT_YET_VALID: "The token lies in the future: check the clocks of both machines.",
  TOKEN_REUSED: "The token was used before: the site's client makes a new one for each connection.",
  TOKEN_AUDIENCE: "The token is meant for another coordinator: check the site's data folder.",
  CLOCK_SKEW: "The clocks of site and coordinator differ too much: set the clock (NTP) on the machine that is wrong.",
  SITE_UNKNOWN: "The coordinator does not know this site: join with an invitation.",
  SITE_REVOKED: "The operator has revoked this site: ask the operator for a new invitation.",
  SITE_CONNECTED_ELSEWHERE:
    "Another client has connected as this site, with the same key: stop the other one, which may run on a copy of the data folder; if nobody runs one, ask the operator to revoke this site and to invite it anew.",
  INVITATION_UNKNOWN: "The coordinator does not know this invitation: ask the operator for a new one.",
  INVITATION_USED: "The invitation has been used: ask the operator for a new one.",
  INVITATION_EXPIRED: "The invitation has expired: ask the operator for a new one.",
  RUN_UNKNOWN: "There is no such run, or this site is not part of it.",
  ROUND_CLOSED: "The round is over: the site's client takes part in the next one.",
  UPDATE_UNKNOWN: "No upload with this identity was begun: the site's client begins anew.",
  UPDATE_DUPLICATE: "This site's update of this round has been counted already.",
  UPDATE_TOO_LARGE: "The update is larger than the plan's network: check the versions of both sides.",
  UPDATE_OFFSET: "A chunk does not follow the last one: the site's client resumes from the offset named.",
  UPDATE_CHECKSUM: "The upload arrived damaged: the site's client sends it again.",
  UPDATE_LAYOUT: "The update's tensors are not those of the plan's network: check the versions of both sides.",
  UPDATE_NOT_FINITE: "The update holds values that are infinite or not a number: look at the site's training log.",
  UPDATE_NORM: "The update's norm is beyond the bound: look at the site's training log.",
  UPDATE_NUMBERS: "A declared number of the update is impossible: update the site's client.",
  COORDINATOR_BUSY: "The coordinator cannot take this now, its disk may be full: the site's client tries again.",
} as const;

export type RejectCode = keyof typeof REJECT_CODES;
