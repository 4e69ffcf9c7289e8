/** The messages between `bench generate` and a process that generates: one JSON value a line. */

/** The only argument of such a process, as JSON. */
export interface GenerateConfig {
  /** Folder of packages or of exports, or of the checkpoint. */
  readonly models: string;
  /** The name of the model in it. */
  readonly model: string;
  readonly precision: 'fp32' | 'int8';
  readonly hasEncoder: boolean;
  readonly threads: number;
  /** Texts that have a place in the cache at once, where the process asks. */
  readonly slots: number;
  /** Bytes of first tokens that prompts share, where the process can keep them. @default 0, none */
  readonly prefixBytes?: number;
}

export type GenerateCommand =
  /** Generates for all prompts at once, `tokens` each. */
  | {
      readonly do: 'generate';
      readonly prompts: readonly (readonly number[])[];
      readonly tokens: number;
      readonly beams: number;
    }
  /** One call for each prompt, of `tokens[prompt]` tokens; `together` of them begin when those before have all ended, or all at once. */
  | {
      readonly do: 'calls';
      readonly prompts: readonly (readonly number[])[];
      readonly tokens: readonly number[];
      readonly together: number;
    }
  /** All prompts as streams at once. */
  | {
      readonly do: 'stream';
      readonly prompts: readonly (readonly number[])[];
      readonly tokens: number;
    };

export interface GenerateReply {
  readonly milliseconds: number;
  /** CPU of the process in that time, of all of its threads. */
  readonly cpuMilliseconds: number;
  /** New tokens of each prompt. */
  readonly ids: readonly (readonly number[])[];
}

export interface StreamReply {
  /** From the call to the first token, of each stream. */
  readonly firstMs: readonly number[];
  /** Between one token of a stream and the next, of all streams. */
  readonly gapsMs: readonly number[];
}
