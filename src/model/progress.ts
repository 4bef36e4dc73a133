/** Where long work tells how far it is. Surfaces draw it; nothing else prints. */
export interface Progress {
  /** Starts a task with a title of a few words; `total` is in units of the task's own choice. */
  start(title: string, total?: number): ProgressTask;
  /** A remark that stands by itself: something was left out, a fallback was taken. */
  note(message: string): void;
}

/** One task under way. Exactly one of `done` and `failed` ends it. */
export interface ProgressTask {
  /** `finished` of `total` units are done; `detail` says what is at hand right now. */
  update(finished: number, detail?: string): void;
  done(summary?: string): void;
  failed(summary?: string): void;
}

/** Tells nobody: for tests and for callers that do not care. */
export const silentProgress: Progress = {
  start: () => ({ update: () => {}, done: () => {}, failed: () => {} }),
  note: () => {},
};
