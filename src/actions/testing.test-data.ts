import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Action, ActionContext, Style } from "../model/action.ts";
import { openServer } from "../twin/server/open.ts";
import { contextIn, playground, requestFor } from "../twin/server/testing.test-data.ts";
import type { Playground } from "../twin/server/testing.test-data.ts";
import type { TwinServer } from "../twin/server.ts";

const plain = (text: string): string => text;

/** A style without colours. */
export const PLAIN: Style = {
  columns: 80,
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
};

/** Writes a file below a playground's temporary directory, and returns its name. */
export function putIn({ temporary }: Pick<Playground, "temporary">, name: string, text: string): string {
  mkdirSync(dirname(join(temporary, name)), { recursive: true });
  writeFileSync(join(temporary, name), text);
  return name;
}

/** A playground for the tests of a file, and a server that `begin` is told of. */
export function playgroundWithServer(begin: (server: TwinServer) => void): Playground {
  const place = playground();
  let server: TwinServer;
  beforeAll(async () => {
    server = await openServer(requestFor(place.cacheDir));
    begin(server);
  }, 120_000);
  afterAll(async () => {
    await server.close();
    place.remove();
  });
  return place;
}

/** What an action told: its result as JSON, as text for a person, its notes and its exit code. */
export interface Told<Report> {
  readonly report: Report;
  readonly shown: string;
  readonly said: readonly string[];
  readonly exitCode: number;
}

/** Runs an action in a playground. `Report` is what its JSON is taken for. */
export async function told<Report>(
  action: Action,
  place: Playground,
  input: Readonly<Record<string, unknown>>,
  parts: Partial<ActionContext> = {},
): Promise<Told<Report>> {
  const context = contextIn(place, parts);
  const output = await action.run(action.input.parse(input), context);
  return {
    report: JSON.parse(JSON.stringify(output)) as Report,
    shown: action.render(output, PLAIN),
    said: context.progress.notes,
    exitCode: action.exitCode(output),
  };
}
