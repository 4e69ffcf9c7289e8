import type { LogLine } from '@pilotlight/local';
import * as z from 'zod';

/** The time that one environment took to load one model, in milliseconds. The steps overlap. */
export interface ModelLoad {
  readonly model: string;
  readonly OpenTime: number;
  readonly VerifyTime: number;
  readonly TokenizerTime: number;
  readonly SessionTime: number;
  readonly LoadTime: number;
}

/** Steps are fields of the log, which are text, unless somebody asked for metrics of them. */
const milliseconds = z.coerce.number();
const metricsSchema = z.object({
  model: z.string(),
  OpenTime: milliseconds,
  VerifyTime: milliseconds,
  TokenizerTime: milliseconds,
  SessionTime: milliseconds,
  LoadTime: milliseconds,
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads the metrics of model loads out of log lines, which is where functions write them (embedded metric format). */
export class LoadTimes {
  readonly #loads = new Map<string, ModelLoad[]>();

  read({ environment, source, text }: LogLine): void {
    if (source !== 'stdout' || !text.includes('"LoadTime"')) return;
    const load = metricsSchema.safeParse(parsed(text)).data;
    if (load) this.#loads.set(environment, [...this.of(environment), load]);
  }

  /** The times of each model that the environment has loaded up to now. */
  of(environment: string): readonly ModelLoad[] {
    return this.#loads.get(environment) ?? [];
  }
}
