import assert from "node:assert/strict";
import test from "node:test";
import { consoleLogger } from "@fedace/ace-core/host";
import { createCoordinator } from "../service/index.js";
import { runCommand, TestCoordinator } from "../testing/coordinator.js";
import { createRun, greet } from "../testing/federation.js";
import { manifest } from "../testing/worker.js";

/** What a terminal, a log reader or a page would act on; line ends are the program's own. */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** ESC, BEL, C1's CSI, a bidirectional override, a zero-width space and a line separator. */
const HOSTILE = "\u001b[2J\u0007\u009b5m\u202e\u200b\u2028";

test("text of a site's manifest acts on nothing: in site list, run show, audit list, their JSON, and the server's logs", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const said: string[] = [];
  const { clock, data } = coordinator;
  const terminal = { err: (text: string) => said.push(text) };
  for (const json of [false, true]) {
    const logger = consoleLogger({ terminal, clock }, { json, level: "debug" });
    const server = createCoordinator({ clock, logger }, { data, port: 0 });
    await server.start();
    const site = await coordinator.site(json ? "south" : "north");
    const labels = { values: { "0": "rest", "1": [`${HOSTILE}lesion`] } } as const;
    const words = manifest("lesion", {
      engine: `engine${HOSTILE}`,
      labels: { values: { ...labels.values, "1": [...labels.values[1]] } },
    });
    const { socket } = await greet(coordinator, site, words);
    const run = await createRun(coordinator);
    await coordinator.run("run", "start", run);
    for (const command of [
      ["site", "list"],
      ["run", "show", run],
      ["run", "list"],
      ["audit", "list"],
    ]) {
      const asJson = await coordinator.run(...command);
      const asText = await runCommand([...command, "--data", data], clock);
      for (const { out, err } of [asJson, asText]) said.push(out, err);
    }
    socket.disconnect();
    await server.stop();
  }
  const lines = said.join("").split("\n");
  assert.ok(
    lines.some((line) => line.includes("engine\\x1b[2J")),
    "shown, and seen for what it is",
  );
  assert.ok(lines.some((line) => line.includes("lesion") && line.includes("\\u202e")));
  assert.deepEqual(
    lines.filter((line) => ACTING.test(line)),
    [],
  );
});
