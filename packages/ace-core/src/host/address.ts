/** An address at which a coordinator is reached. */
export interface Address {
  /** As written, without a slash at its end. */
  readonly url: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** Path before the coordinator's own, without a slash at its end: empty unless a proxy puts one there. */
  readonly prefix: string;
  /** Whether the host is this machine. */
  readonly loopback: boolean;
}

/** Why a text is no address: not http or https, more than host, port and path, or plain http to another machine. */
type AddressProblem = "scheme" | "surplus" | "insecure";

const DEFAULT_PORTS = { "https:": 443, "http:": 80 } as const;

/**
 * Whether traffic to this host stays on the machine: the name `localhost` alone, `::1`, and IPv4 addresses 127.0.0.0/8
 * (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). Names below `.localhost` are not: whether they stay is the resolver's to say.
 */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  const [first, ...rest] = host.split(".");
  const octet = (text: string): boolean => /^\d{1,3}$/.test(text) && Number(text) <= 255;
  return first === "127" && rest.length === 3 && rest.every(octet);
}

/** The host of a URL, without the brackets of an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

/**
 * Takes a coordinator's URL apart. Plain http is for loopback only: anything else would show weights to the network.
 *
 * @returns the address, or why it is none
 */
export function parseAddress(text: string): Address | AddressProblem {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return "scheme";
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return "surplus";
  const host = hostOf(url);
  const secure = url.protocol === "https:";
  const loopback = isLoopback(host);
  if (!secure && !loopback) return "insecure";
  return {
    url: url.href.replace(/\/$/, ""),
    host,
    port: url.port === "" ? DEFAULT_PORTS[url.protocol] : Number(url.port),
    secure,
    prefix: url.pathname.replace(/\/+$/, ""),
    loopback,
  };
}
