import { decisionList } from "./decisions.ts";
import type { Subject } from "./subject.ts";

/** Whether and where another kind of store would serve this design better, with the figures at which it would. */
export function nosql(subject: Subject): string {
  return decisionList(subject.decisions("store"));
}
