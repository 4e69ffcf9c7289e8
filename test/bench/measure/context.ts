import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import type { Prepared } from '../prepare.ts';
import type { SubjectSpec } from '../subject-process.ts';
import { type SubjectKey, subjectSpec } from '../subjects.ts';

/** The context that every measurement gets. */
export interface Context {
  readonly prepared: Prepared;
  readonly threads: number;
  readonly rounds: number;
  /** Requests of the memory measurement. */
  readonly requests: number;
  /** Minutes of the soak. */
  readonly minutes: number;
  readonly progress: ProgressBar;
}

/** Seeds of the texts, one for each measurement. */
export const SEED = {
  cold: 11,
  warm: 12,
  bulk: 13,
  memory: 14,
  batch: 15,
  tasks: 16,
  load: 17,
  soak: 18,
  gpu: 19,
  peers: 20,
  quality: 21,
  burst: 22,
  generate: 23,
  streams: 24,
} as const;

export function specifySubjects(keys: readonly SubjectKey[], context: Context, text: string): SubjectSpec[] {
  return keys.map((key) => subjectSpec(key, context.prepared, context.threads, text));
}

/** Lists of numbers under names, filled as rounds go by. */
export class Samples {
  readonly #lists = new Map<string, number[]>();

  add(name: string, value: number): void {
    const list = this.#lists.get(name);
    if (list) list.push(value);
    else this.#lists.set(name, [value]);
  }

  get(name: string): readonly number[] {
    return this.#lists.get(name) ?? [];
  }

  names(): string[] {
    return [...this.#lists.keys()];
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
