import type { SiteLink } from "./types.js";

/** The connections that are open: at most one per site. */
export class Links {
  readonly #open = new Map<string, SiteLink>();
  readonly #ready = new Set<SiteLink>();

  /**
   * Takes a new connection. An older one of the same site gives way: far more often than a second client it is one
   * that has died without saying so.
   *
   * @returns the one that gave way
   */
  add(link: SiteLink): SiteLink | undefined {
    const older = this.#open.get(link.site);
    this.#open.set(link.site, link);
    if (older === undefined) return undefined;
    this.#ready.delete(older);
    older.close("SITE_CONNECTED_ELSEWHERE");
    return older;
  }

  /** Returns false where a newer connection of the site has taken over. */
  remove(link: SiteLink): boolean {
    this.#ready.delete(link);
    return this.isCurrent(link) && this.#open.delete(link.site);
  }

  isCurrent(link: SiteLink): boolean {
    return this.#open.get(link.site) === link;
  }

  /** The site has sent its manifest on this connection and can be given work. */
  markReady(link: SiteLink): void {
    if (this.isCurrent(link)) this.#ready.add(link);
  }

  all(): SiteLink[] {
    return [...this.#open.values()];
  }

  ready(): SiteLink[] {
    return [...this.#ready];
  }
}
