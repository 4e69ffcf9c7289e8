/** Where a command writes: results to stdout, progress and errors to stderr. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
}

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** All of its options, with examples. */
  readonly help: string;
  /** Gives the exit code. Throws PilotlightError. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
