/** Warns of a failure that no call waits for: `what` and the reason, `Weights could not be packed: not enough memory`. */
export function warnOfFailure(what: string, cause: unknown): void {
  const reason = cause instanceof Error ? cause.message : String(cause);
  process.emitWarning(`${what}: ${reason}`, 'PilotlightWarning');
}
