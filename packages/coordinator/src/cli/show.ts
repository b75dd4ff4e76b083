import type { Command } from "commander";
import { sleep } from "@fedace/ace-core/foundation";
import type { Line } from "@fedace/ace-core/host";
import { readOverview } from "../records/index.js";
import type { Overview } from "../rounds/index.js";
import { isServed } from "../store/index.js";
import { addCommand, NOT_SERVED, printerOf, withCoordinator } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { plainOverview } from "./overview-json.js";
import { progressLine, renderOverview, timeLeft } from "./overview-text.js";

/** How often --watch looks, milliseconds. */
const WATCH_INTERVAL_MS = 500;

export function addShow(run: Command, context: CommandContext): void {
  addCommand(
    run,
    "show <run>",
    "show where a run stands: rounds, sites, Dice per class and site",
    "fedace-coordinator run show brain-joint-3f2a9c1e --watch",
  )
    .option("--watch", "go on showing until the run ends")
    .option("--metrics", "show every metric per class and site, of the best model")
    .action((id: string, options: CommonOptions & { watch?: boolean; metrics?: boolean }) =>
      show(context, id, options),
    );
}

async function show(
  context: CommandContext,
  id: string,
  options: CommonOptions & { readonly watch?: boolean; readonly metrics?: boolean },
): Promise<void> {
  await withCoordinator(context, options, async ({ database, folder }) => {
    const printer = printerOf(context, options);
    const read = (): Promise<Overview> => readOverview(database, id, context.clock.now());
    const plain = (view: Overview): object => ({ ...plainOverview(view), serving: isServed(folder) });
    const rendered = (view: Overview): Line[] => [
      ...renderOverview(view, options.metrics),
      ...(view.ended || isServed(folder) ? [] : [NOT_SERVED]),
    ];
    let view = await read();
    if (options.watch !== true) {
      printer.result(plain(view), rendered(view));
      return;
    }
    const { interrupted } = context.terminal;
    for (let shown = ""; ; view = await read()) {
      const line = progressLine(view);
      if (printer.redraws) printer.redraw(rendered(view));
      else if (line !== shown) printer.result(plain(view), [`${line}${timeLeft(view)}`]);
      shown = line;
      if (view.ended || interrupted.aborted) break;
      await sleep(context.clock, WATCH_INTERVAL_MS, interrupted).catch(() => undefined);
    }
    if (!printer.redraws && !printer.json) printer.result({}, renderOverview(view, options.metrics));
  });
}
