/** The messages between the benchmark and the process of its clients: one JSON value a line. */
import type { Lognormal } from '../texts.ts';

/** The texts that clients send; the only argument of their process, as JSON. */
export interface ClientsConfig {
  /** A tokenizer.json of whole words. */
  readonly tokenizer: string;
  readonly seed: number;
  /** The number of different texts; clients begin again after the last. */
  readonly texts: number;
  readonly lengths: Lognormal;
}

interface Timed {
  /** Address of the model's route. */
  readonly url: string;
  /** Seconds that count, after `warmSeconds` that do not. */
  readonly seconds: number;
  readonly warmSeconds: number;
}

export type LoadCommand =
  /** So many clients, each of which sends a request as soon as it has the answer to the last. */
  | ({ readonly do: 'closed'; readonly clients: number } & Timed)
  /** Requests arrive by chance, so many a second on average, whatever becomes of the ones before. */
  | ({ readonly do: 'open'; readonly rate: number } & Timed);

export interface LoadReply {
  /** Requests that were answered in the seconds that count, by status; `broken` are those without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** One pair for each request that was answered with 200: its tokens, and the milliseconds from when it was due to its answer. */
  readonly samples: readonly (readonly [tokens: number, milliseconds: number])[];
}
