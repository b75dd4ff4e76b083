import { main } from "../cli/main.js";
import type { TestCoordinator } from "./coordinator.js";

/** Runs a command as a person at a screen does, who answers every question with `answer`. */
export async function atScreen(
  coordinator: TestCoordinator,
  answer: string,
  ...argv: string[]
): Promise<{ code: number; out: string; err: string; asked: string[] }> {
  const said = { out: "", err: "", asked: [] as string[] };
  const code = await main(
    [...argv, "--data", coordinator.data],
    {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
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
