import { main } from "../cli/main.js";
import type { TestCoordinator } from "./coordinator.js";

interface Seen {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly asked: readonly string[];
}

/** Runs a command as a person at a screen does, who answers every question with `answer`. */
export function atScreen(coordinator: TestCoordinator, answer: string, ...argv: string[]): Promise<Seen> {
  return seen(coordinator, answer, undefined, argv);
}

/** The lines of a command on a screen of so many columns; undefined: where nobody watches. */
export async function linesAt(
  coordinator: TestCoordinator,
  columns: number | undefined,
  ...argv: string[]
): Promise<string[]> {
  const { code, out, err } = await seen(coordinator, "", columns, argv);
  if (code !== 0) throw new Error(err);
  return out.split("\n").slice(0, -1);
}

async function seen(
  coordinator: TestCoordinator,
  answer: string,
  columns: number | undefined,
  argv: readonly string[],
): Promise<Seen> {
  const said = { out: "", err: "", asked: [] as string[] };
  const code = await main(
    [...argv, "--data", coordinator.data],
    {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      columns,
      screen: { out: false, err: true },
      ask: (question) => {
        said.asked.push(question);
        return Promise.resolve(answer);
      },
      env: {},
      interrupted: new AbortController().signal,
    },
    coordinator.clock,
  );
  return { code, ...said };
}
