/** The messages between `bench streams` and the process of its clients: one JSON value a line. */

/** The only argument of that process, as JSON. */
export interface StreamClientsConfig {
  /** Address of the model's route. */
  readonly url: string;
  readonly seed: number;
  readonly requests: readonly StreamRequest[];
}

export interface StreamRequest {
  readonly inputs: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Tokens that the answer has. */
  readonly tokens: number;
}

export type StreamCommand =
  /** Sends each request by itself, without `stream`, and keeps its text. */
  | { readonly do: 'alone' }
  /** So many clients, each of which sends a request as soon as its last stream is over; every third stream is left midway. */
  | { readonly do: 'load'; readonly clients: number; readonly seconds: number }
  /** Begins streams of `tokens` tokens, and answers while they run: once `atOnce` of them have told a token, one has ended, or time is up. */
  | { readonly do: 'hold'; readonly streams: number; readonly atOnce: number; readonly tokens: number }
  /** Waits for the end of those streams. */
  | { readonly do: 'end' };

export interface AloneReply {
  readonly texts: number;
}

export interface LoadReply {
  /** Streams with the text that their request gives alone. */
  readonly same: number;
  readonly differing: number;
  readonly left: number;
  /** Streams without an end, by their status or what broke them. */
  readonly failed: Readonly<Record<string, number>>;
  /** Tokens that were told, to those who left, too. */
  readonly tokens: number;
  /** Of each stream that was not left: milliseconds from its request to its first token, and between two tokens on average. */
  readonly firstMs: readonly number[];
  readonly tokenMs: readonly number[];
}

export interface HoldReply {
  /** Streams that had told a token while none had ended. */
  readonly telling: number;
}

export interface EndReply {
  /** Streams by their finish_reason, where they have one. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Those of them that have fewer tokens than they were to have. */
  readonly early: number;
  /** Streams without a finish_reason, by what became of them. */
  readonly failed: Readonly<Record<string, number>>;
}
