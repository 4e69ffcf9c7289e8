/**
 * A circuit breaker as a state machine without a clock and without a network: after several failures in a row, no request goes to the
 * server any more, and after a while one request asks whether it is back. M. T. Nygard, Release It!, 2nd ed., chapter 5.
 */
export interface CircuitSettings {
  /** Failures in a row that open it. */
  readonly failuresToOpen: number;
  /** Milliseconds from its opening to the probe. */
  readonly coolDownMs: number;
}

/** Times are those of the caller's clock, in milliseconds. */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly since: number }
  /** One probe is under way. */
  | { readonly state: 'half-open' };

/** The next step of a request: ask the server, ask first whether it is ready, or go without it. */
export type CircuitDecision = 'forward' | 'probe' | 'refuse';

export const CLOSED: Circuit = { state: 'closed', failures: 0 };

/** After the cool-down, the first request has to probe, and the others go without the server until it has. */
export function decide(
  circuit: Circuit,
  now: number,
  { coolDownMs }: CircuitSettings,
): { readonly circuit: Circuit; readonly admission: CircuitDecision } {
  if (circuit.state === 'closed') return { circuit, admission: 'forward' };
  if (circuit.state === 'half-open' || now - circuit.since < coolDownMs)
    return { circuit, admission: 'refuse' };
  return { circuit: { state: 'half-open' }, admission: 'probe' };
}

/** A request that was forwarded was answered, or failed. A request that began before the circuit opened changes nothing. */
export function afterForward(
  circuit: Circuit,
  answered: boolean,
  now: number,
  { failuresToOpen }: CircuitSettings,
): Circuit {
  if (circuit.state !== 'closed') return circuit;
  if (answered) return CLOSED;
  const failures = circuit.failures + 1;
  return failures < failuresToOpen ? { state: 'closed', failures } : { state: 'open', since: now };
}

/** The probe found the server ready, or not. Only the request that was told to probe may say so. */
export function afterProbe(ready: boolean, now: number): Circuit {
  return ready ? CLOSED : { state: 'open', since: now };
}
