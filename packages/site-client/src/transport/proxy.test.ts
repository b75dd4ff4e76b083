import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { isFedaceError, seededRandom, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import { checkAddress } from "../identity/index.js";
import { Connection } from "./connection.js";
import { Places } from "./places.js";
import { tunnelTo } from "./proxy.js";
import type { ProxySetting } from "./proxy.js";

const address = checkAddress("https://coordinator.example:8443");
const closing: Server[] = [];
after(() => {
  for (const server of closing) {
    server.closeAllConnections();
    server.close();
  }
});

test("a proxy is taken as the environment names it, with name and password, for secure addresses only", () => {
  const plain = { host: "proxy.example", port: 3128, authorization: undefined };
  assert.deepEqual(tunnelTo(address, { url: "http://proxy.example:3128" }), plain);
  assert.deepEqual(tunnelTo(address, { url: "http://proxy.example" }), { ...plain, port: 80 });
  assert.equal(tunnelTo(address, undefined), undefined);
  assert.equal(tunnelTo(address, { url: "" }), undefined);
  assert.equal(tunnelTo({ ...address, secure: false }, { url: "http://proxy.example" }), undefined);
  // RFC 7617, section 2: user-id "Aladdin", password "open sesame".
  const named = tunnelTo(address, { url: "http://Aladdin:open%20sesame@proxy.example" });
  assert.equal(named?.authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  for (const url of ["socks5://proxy.example", "proxy.example:3128", "::"]) {
    assert.throws(() => tunnelTo(address, { url }), { code: "PROXY_INVALID" });
  }
});

test("a name or password with a % that begins no escape is refused, and not shown", () => {
  for (const login of ["me:50%off", "100%:word", "me:%c3%28"]) {
    assert.throws(
      () => tunnelTo(address, { url: `http://${login}@proxy.example` }),
      (error) =>
        isFedaceError(error, "PROXY_INVALID") && !/50|100|c3/.test(error.message) && error.remedy.includes("%25"),
    );
  }
  const good = tunnelTo(address, { url: "http://me:50%25off@proxy.example" })?.authorization;
  assert.equal(Buffer.from((good ?? "").replace("Basic ", ""), "base64").toString(), "me:50%off");
});

test("NO_PROXY names hosts, domains, or everything", () => {
  const goes = (except: string): boolean => tunnelTo(address, { url: "http://proxy.example", except }) !== undefined;
  for (const except of ["coordinator.example", "a, COORDINATOR.example", ".example", "*.example", "*"]) {
    assert.equal(goes(except), false, except);
  }
  for (const except of ["", "example", "other.example", ".coordinator", "nator.example"])
    assert.equal(goes(except), true, except);
});

async function proxyOn(answer: (host: string) => string): Promise<ProxySetting & { asked: string[] }> {
  const asked: string[] = [];
  const server = createServer();
  server.on("connect", (request, socket) => {
    asked.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`);
    socket.on("error", () => socket.destroy());
    socket.end(answer(request.url ?? ""));
  });
  closing.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://me:word@127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** The code with which the first attempt through a proxy fails. */
function firstFailure(setting: ProxySetting): Promise<string> {
  return new Promise((resolve) => {
    const nothing = (): void => undefined;
    const connection: Connection = new Connection(
      { clock: systemClock, random: seededRandom(1), logger: silentLogger },
      {
        places: new Places({ address, trust: { mode: "system" }, tunnel: tunnelTo(address, setting) }),
        token: () => Promise.resolve("token"),
        events: {
          connected: nothing,
          disconnected: nothing,
          message: nothing,
          ended: nothing,
          retrying: (error) => {
            connection.stop();
            resolve(isFedaceError(error) ? `${error.code}: ${error.message}` : "");
          },
        },
      },
    );
    connection.start();
  });
}

test("a proxy that wants a password, forbids the host or is not there is told apart from the coordinator", async () => {
  const wanting = await proxyOn(() => "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  assert.match(await firstFailure(wanting), /^PROXY_REFUSED: .*name and password/);
  assert.deepEqual(wanting.asked, ["coordinator.example:8443 Basic bWU6d29yZA=="]);
  const forbidding = await proxyOn(() => "HTTP/1.1 403 Forbidden\r\n\r\n");
  assert.match(await firstFailure(forbidding), /^PROXY_REFUSED: .*status 403/);
  const socket = connect(1, "127.0.0.1");
  await once(socket, "error");
  assert.match(await firstFailure({ url: "http://127.0.0.1:1" }), /^PROXY_UNREACHABLE/);
});
