import type { SiteLink } from "./types.js";

/** The connections that are open: at most one per site. */
export class Links {
  readonly #open = new Map<string, SiteLink>();

  /**
   * Takes a new connection. An older one of the same site gives way: far more often than a second client it is one
   * that has died without saying so.
   */
  add(link: SiteLink): void {
    const older = this.#open.get(link.site);
    this.#open.set(link.site, link);
    older?.close("SITE_CONNECTED_ELSEWHERE");
  }

  /** Returns false where a newer connection of the site has taken over. */
  remove(link: SiteLink): boolean {
    if (!this.isCurrent(link)) return false;
    return this.#open.delete(link.site);
  }

  isCurrent(link: SiteLink): boolean {
    return this.#open.get(link.site) === link;
  }

  get(site: string): SiteLink | undefined {
    return this.#open.get(site);
  }

  all(): SiteLink[] {
    return [...this.#open.values()];
  }
}
