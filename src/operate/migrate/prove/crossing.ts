import type { Session } from "../../../engines/postgres/driver.ts";
import { tryOut } from "../../../twin/under-load/load.ts";
import type { CodeVersion, Load, LoadReport } from "../../../twin/under-load/load.ts";
import type { Code } from "./clients.ts";

/** Which code gives way to which while steps run, or while they are taken back. */
export interface Sides {
  /** At work at the beginning. */
  readonly leaving: CodeVersion;
  /** Set to work as soon as all of it can. */
  readonly coming: CodeVersion;
  readonly code: Readonly<Record<CodeVersion, Code>>;
  /** Both versions say the same: one of them works, from the beginning to the end. */
  readonly same: boolean;
  /** Steps before which the leaving code has to stop, by their names. */
  readonly parting: ReadonlySet<string>;
}

/** How two versions of an application went through a run. */
export interface Crossed {
  readonly report: LoadReport;
  readonly sides: Sides;
  /** After what the coming code first worked, in words; null when it never did. */
  readonly comingFrom: string | null;
  /** Whether the leaving code was stopped before the coming code worked. */
  readonly gap: boolean;
  /** Before what the leaving code was stopped; null when it went on to the end. */
  readonly leavingUntil: string | null;
  /** Whether the leaving code was at work at all. */
  readonly left: boolean;
  /** Labels of what was done, in order. */
  readonly labels: readonly string[];
  /** The steps that were done when the coming code first worked: it may need any of them. */
  readonly needed: ReadonlySet<string>;
}

/** Lets clients of two versions come and go as in a rollout, or as in taking one back. */
export class Crossing {
  readonly #load: Load;
  readonly #prober: Session;
  readonly #sides: Sides;
  readonly #labels: string[] = [];
  readonly #done = new Set<string>();
  #needed: ReadonlySet<string> = new Set();
  #comingFrom: string | null = null;
  #leavingUntil: string | null = null;
  #gap = false;
  #left = false;

  constructor(load: Load, prober: Session, sides: Sides) {
    this.#load = load;
    this.#prober = prober;
    this.#sides = sides;
  }

  /** Sets to work who is at work at the beginning: the leaving code where it can work at all. */
  async begin(label: string, canWork: boolean): Promise<void> {
    const { leaving, coming, code, same } = this.#sides;
    this.#load.mark(label);
    const first = same ? "old" : leaving;
    if (!same && !canWork) return;
    if (first === coming) this.#comingFrom = "before the first step";
    else this.#left = true;
    await this.#load.start(first, code[first].works);
  }

  /** Something is about to be done to steps, by their names, in a session. */
  async before(names: readonly string[], label: string, runner: Session): Promise<void> {
    const { leaving, coming, same, parting } = this.#sides;
    this.#load.runner = runner.pid;
    if (!same && names.some((name) => parting.has(name)) && this.#load.works(leaving)) {
      this.#gap = !this.#load.works(coming);
      this.#leavingUntil = label;
      await this.#load.stop(leaving);
    }
    if (!this.#labels.includes(label)) this.#labels.push(label);
    this.#load.mark(label);
  }

  /** It is done and committed. */
  async after(names: readonly string[], when: string): Promise<void> {
    for (const name of names) this.#done.add(name);
    await this.tryComing(when);
  }

  /** Sets the coming code to work once all of it works. */
  async tryComing(when: string): Promise<void> {
    const { coming, code, same } = this.#sides;
    if (this.#comingFrom !== null || same) return;
    await this.#prober.execute("SET lock_timeout = '2s'");
    for (const work of code[coming].works) if ((await tryOut(this.#prober, work)) !== null) return;
    this.#comingFrom = when;
    this.#needed = new Set(this.#done);
    await this.#load.start(coming, code[coming].works);
  }

  /** Ends all clients. */
  async finish(): Promise<Crossed> {
    const report = await this.#load.finish();
    return {
      report,
      sides: this.#sides,
      comingFrom: this.#comingFrom,
      gap: this.#gap,
      leavingUntil: this.#leavingUntil,
      left: this.#left,
      labels: this.#labels,
      needed: this.#needed,
    };
  }
}
