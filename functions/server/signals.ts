const ENDING = ['SIGTERM', 'SIGINT'] as const;

/**
 * The first signal ends the process with what `end` resolves to; a second one ends it at once, as it does a process that does
 * not listen to it: `process.exit` would tear down the threads of sessions that are in native code, which crashes.
 */
export function endOnSignals(end: (signal: NodeJS.Signals) => Promise<number>): void {
  let ending = false;
  for (const signal of ENDING) {
    process.on(signal, () => {
      if (ending) {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
        return;
      }
      ending = true;
      void end(signal).then((code) => process.exit(code));
    });
  }
}
