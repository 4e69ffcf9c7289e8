/** The messages between the benchmark and the process of the clients of a server: one JSON value a line. */

/** The texts that clients send: all of 16 tokens, or of mixed lengths. */
export type TextKind = 'short' | 'mixed';

/** The only argument of their process, as JSON. */
export interface ClientsConfig {
  /** A tokenizer.json of whole words. */
  readonly tokenizer: string;
  readonly seed: number;
  /** The longest text that the model takes, in tokens. */
  readonly maxTokens: number;
}

export interface LoadCommand {
  /** Address that a text is posted to, as `{"inputs": text}`. */
  readonly url: string;
  /** The process of the server. */
  readonly pid: number;
  readonly kind: TextKind;
  /** So many clients, each with a connection of its own, send a text as soon as they have the answer to the last. */
  readonly clients: number;
  /** Answers that count. The same texts are sent to every server, in the same order. */
  readonly requests: number;
}

/** What came of the answers that count. */
export interface LoadReply {
  /** From the last answer that does not count to the last one that does. */
  readonly milliseconds: number;
  /** CPU of the server in that time. */
  readonly cpuMilliseconds: number;
  /** Milliseconds of each request that was answered with 200. */
  readonly latencies: readonly number[];
  /** Requests with another answer, or with none. */
  readonly failed: number;
}
