import { isIPv6 } from "node:net";

/** Hextets of an IPv6 address that one customer of a network has to himself (RFC 6177): the rest he may vary at will. */
const IPV6_PREFIX = 4;

/**
 * Whom a connection comes from, as far as its address tells: an IPv4 address, or the /64 network of an IPv6 address.
 *
 * @param address as `socket.remoteAddress` has it; undefined where the connection has ended already
 */
export function originOf(address: string | undefined): string {
  if (address === undefined || !isIPv6(address)) return address ?? "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = "", after] = address.replace(/%.*$/, "").split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const gap = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const hextets = [...head, ...Array.from({ length: gap }, () => "0"), ...tail];
  return `${hextets
    .slice(0, IPV6_PREFIX)
    .map((hextet) => Number.parseInt(hextet, 16).toString(16))
    .join(":")}::/64`;
}
