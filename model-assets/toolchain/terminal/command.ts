/** What a subcommand is, and what it may write to. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** All of its options, with examples. */
  readonly help: string;
  /** Gives the exit code. Throws PilotlightError. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
