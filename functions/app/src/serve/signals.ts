const ENDING = ['SIGTERM', 'SIGINT'] as const;

export interface Ending {
  /** Called before a later signal ends the process: removes what must not stay behind. @default - there is nothing */
  readonly atOnce?: () => void;
  /** How long after the first signal another one is the same: npm passes on the one that its process group got already. @default 0 */
  readonly sameSignalMs?: number;
}

/**
 * The first signal ends the process with what `end` resolves to. A later one ends it as it does a process that does not listen
 * to it: `process.exit` would tear down the threads of sessions that are in native code, which crashes.
 */
export function endOnSignals(
  end: (signal: NodeJS.Signals) => Promise<number>,
  { atOnce = () => {}, sameSignalMs = 0 }: Ending = {},
): void {
  let endingSince: number | undefined;
  for (const signal of ENDING) {
    process.on(signal, () => {
      if (endingSince === undefined) {
        endingSince = performance.now();
        void end(signal).then((code) => process.exit(code));
        return;
      }
      if (performance.now() - endingSince < sameSignalMs) return;
      atOnce();
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  }
}
