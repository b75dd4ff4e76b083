import type { Command } from "commander";
import { sleep } from "@fedace/ace-core/foundation";
import { readOverview } from "../records/index.js";
import type { Overview } from "../rounds/index.js";
import { addCommand, printerOf, withCoordinator } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { plainOverview } from "./overview-json.js";
import { progressLine, renderOverview, timeLeft } from "./overview-text.js";

/** How often --watch looks, milliseconds. */
const WATCH_INTERVAL_MS = 500;
/** Moves the cursor home and clears what is below: the screen is drawn anew without flicker. */
const REDRAW = "\u001b[H\u001b[J";
const CLEAR = "\u001b[2J";

export function addShow(run: Command, context: CommandContext): void {
  addCommand(
    run,
    "show <run>",
    "show where a run stands: rounds, sites, Dice per class and site",
    "fedace-coordinator run show brain-joint-3f2a9c1e --watch",
  )
    .option("--watch", "go on showing until the run ends")
    .action((id: string, options: CommonOptions & { watch?: boolean }) => show(context, id, options));
}

async function show(
  context: CommandContext,
  id: string,
  options: CommonOptions & { readonly watch?: boolean },
): Promise<void> {
  await withCoordinator(context, options, async ({ database }) => {
    const printer = printerOf(context, options);
    const read = (): Promise<Overview> => readOverview(database, id, context.clock.now());
    let view = await read();
    if (options.watch !== true) {
      printer.result(plainOverview(view), renderOverview(view));
      return;
    }
    const { interactive, interrupted } = context.terminal;
    const redraws = interactive && !printer.json;
    if (redraws) printer.text(CLEAR);
    for (let shown = ""; ; view = await read()) {
      const text = redraws ? renderOverview(view).join("\n") : progressLine(view);
      if (text !== shown || redraws) {
        if (redraws) printer.text(`${REDRAW}${text}\n`);
        else printer.result(plainOverview(view), [`${text}${timeLeft(view)}`]);
      }
      shown = text;
      if (view.ended || interrupted.aborted) break;
      await sleep(context.clock, WATCH_INTERVAL_MS, interrupted).catch(() => undefined);
    }
    if (!redraws && !printer.json) printer.result({}, renderOverview(view));
  });
}
