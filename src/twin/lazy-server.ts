import type { ActionContext } from "../model/action.ts";
import type { Catalog } from "../model/catalog.ts";
import { MAJOR_DEFAULT, MAJORS, parseSqlEngine, twinRequest } from "./request.ts";
import type { TwinServer } from "./server.ts";

/** The twin's server of one run of an action: opened at its first use, closed with the action. */
export class LazyServer {
  readonly #twin: string | undefined;
  readonly #context: ActionContext;
  readonly #major: number | null;
  /** What SQL files are written for. */
  readonly engine: "postgres" | "sqlite";
  #server: Promise<TwinServer> | null = null;

  /**
   * `engine` and `twin` are the options of that name as the user gave them. Throws `invalid` (exit 2) for a wrong
   * engine or URL, before any work.
   */
  constructor(
    options: { readonly engine?: string | undefined; readonly twin?: string | undefined },
    context: ActionContext,
  ) {
    this.#twin = options.twin;
    this.#context = context;
    const engine = parseSqlEngine(options.engine, "--engine");
    this.engine = engine.name;
    this.#major = options.engine === undefined || engine.name !== "postgres" ? null : engine.major;
    twinRequest(this.#major ?? MAJOR_DEFAULT, options.twin, context);
  }

  /**
   * The server: of the major that was asked for, else of the catalog's own where that can be had, else of the
   * default. Throws `unavailable` (exit 3) when none can be started.
   */
  open(catalog: Catalog | null): Promise<TwinServer> {
    this.#server ??= this.#start(catalog);
    return this.#server;
  }

  async #start(catalog: Catalog | null): Promise<TwinServer> {
    const { openServer } = await import("./server/open.ts");
    const start = (major: number): Promise<TwinServer> => openServer(twinRequest(major, this.#twin, this.#context));
    const own = Number.parseInt(catalog?.engine.version ?? "", 10);
    if (this.#major !== null || !MAJORS.includes(own) || own === MAJOR_DEFAULT)
      return await start(this.#major ?? MAJOR_DEFAULT);
    try {
      return await start(own);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (this.#twin !== undefined) throw error;
      return await start(MAJOR_DEFAULT);
    }
  }

  /** Stops the server if it was opened. Never throws. */
  async close(): Promise<void> {
    const server = await this.#server?.catch(() => null);
    await server?.close();
  }
}
