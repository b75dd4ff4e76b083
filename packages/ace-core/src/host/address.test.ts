import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoopback, parseAddress } from "./address.js";

test("loopback is this machine and nothing that merely looks like it", () => {
  for (const host of ["localhost", "127.0.0.1", "127.255.1.2", "::1"]) assert.ok(isLoopback(host), host);
  for (const host of ["127.example", "127.0.0.1.example", "127.0.0.256", "a.localhost", "10.0.0.1", "::2", ""])
    assert.ok(!isLoopback(host), host);
});

test("an address is taken apart; what is none says why", () => {
  const loopback = { secure: false, loopback: true, prefix: "" };
  assert.deepEqual(parseAddress("http://127.0.0.1:9000"), {
    url: "http://127.0.0.1:9000",
    host: "127.0.0.1",
    port: 9000,
    ...loopback,
  });
  assert.deepEqual(parseAddress("http://[::1]/"), { url: "http://[::1]", host: "::1", port: 80, ...loopback });
  assert.deepEqual(parseAddress("https://a.example/fed/"), {
    url: "https://a.example/fed",
    host: "a.example",
    port: 443,
    secure: true,
    prefix: "/fed",
    loopback: false,
  });
  assert.equal(parseAddress("ftp://a.example"), "scheme");
  assert.equal(parseAddress("nonsense"), "scheme");
  assert.equal(parseAddress("http://a.example"), "insecure");
  for (const more of ["https://u:p@a.example", "https://a.example/?q", "https://a.example/#f"])
    assert.equal(parseAddress(more), "surplus");
});
