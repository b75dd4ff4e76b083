import type {
  CoordinatorMessage,
  CoordinatorMessageName,
  RejectCode,
  SiteAnswer,
  SiteMessage,
  SiteMessageName,
} from "@fedace/ace-core/protocol";
import type { Identified } from "../identity/index.js";

/** One authenticated connection of a site. */
export interface SiteLink extends Identified {
  /** When anything last came on it, Unix milliseconds: a client that is there answers a ping every 10 s. */
  heardAt(): number;
  send<N extends CoordinatorMessageName>(name: N, payload: CoordinatorMessage<N>): void;
  /** Says goodbye with the reason and disconnects. */
  close(code: RejectCode): void;
}

/** Who answers the messages of connected sites. A `Refusal` thrown becomes the rejection that the site sees. */
export interface Desk {
  connected(link: SiteLink): Promise<void>;
  disconnected(link: SiteLink): Promise<void>;
  answer<N extends SiteMessageName>(link: SiteLink, name: N, payload: SiteMessage<N>): Promise<SiteAnswer<N>>;
}
