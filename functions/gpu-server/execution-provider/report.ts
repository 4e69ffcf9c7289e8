/** What was found out about the machine, and what became of it: for the log, for /metrics and for whoever repairs a machine. */
import type { ExecutionProvider } from '@pilotlight/engine';

/** One execution provider that was looked at. */
export interface ProviderCandidate {
  readonly provider: ExecutionProvider;
  /** Whether it ran a tiny graph, and gave what the graph gives. */
  readonly works: boolean;
  /** Milliseconds that the process of the trial took. @default - there was no trial */
  readonly ms?: number;
  /** Why it does not work. @default - it works */
  readonly reason?: string;
}

/** The choice of the execution provider, as it was made once at the start of the process. */
export interface ExecutionProviderReport {
  readonly chosen: ExecutionProvider;
  /** Whether EXECUTION_PROVIDER named it, so that no other one was looked at. */
  readonly forced: boolean;
  /** In the order of preference; the CPU is not tried. */
  readonly candidates: readonly ProviderCandidate[];
}
