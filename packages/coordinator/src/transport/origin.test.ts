import assert from "node:assert/strict";
import test from "node:test";
import { originOf } from "./origin.js";

test("a peer is known by its IPv4 address, written in either way, or by the network of its IPv6 address", () => {
  for (const [address, origin] of [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:0DB8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    [undefined, ""],
  ] as const) {
    assert.equal(originOf(address), origin);
  }
});
