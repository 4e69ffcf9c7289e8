import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterForward,
  afterProbe,
  type Circuit,
  CLOSED,
  decide,
} from '../../../../functions/app/src/hand-over/circuit.ts';

const settings = { failuresToOpen: 3, coolDownMs: 1000 };
const OPEN: Circuit = { state: 'open', since: 500 };

describe('the circuit breaker', () => {
  it('lets every request through while it is closed', () => {
    expect(decide(CLOSED, 0, settings)).toEqual({ circuit: CLOSED, admission: 'forward' });
  });

  it('opens at so many failures in a row, and an answer between them begins the count anew', () => {
    const results = [false, false, true, false, false, false];
    const states = results.map((_, i) =>
      results
        .slice(0, i + 1)
        .reduce<Circuit>((circuit, answered) => afterForward(circuit, answered, 70, settings), CLOSED),
    );
    expect(states.map(({ state }) => state)).toEqual([...Array(5).fill('closed'), 'open']);
    expect(states.at(-1)).toEqual({ state: 'open', since: 70 });
  });

  it('refuses while it is open, and sends one probe at the end of the cool-down', () => {
    expect(decide(OPEN, 1499, settings)).toEqual({ circuit: OPEN, admission: 'refuse' });
    const first = decide(OPEN, 1500, settings);
    expect(first).toEqual({ circuit: { state: 'half-open' }, admission: 'probe' });
    expect(decide(first.circuit, 99_000, settings).admission).toBe('refuse');
  });

  it('closes when the probe finds the container ready, and cools down again when it does not', () => {
    expect(afterProbe(true, 2000)).toEqual(CLOSED);
    const again = afterProbe(false, 2000);
    expect(decide(again, 2999, settings).admission).toBe('refuse');
    expect(decide(again, 3000, settings).admission).toBe('probe');
  });

  it.each([OPEN, { state: 'half-open' } as const])(
    'learns nothing from requests that were sent before it was $state',
    (circuit) => {
      expect(afterForward(circuit, true, 9000, settings)).toEqual(circuit);
      expect(afterForward(circuit, false, 9000, settings)).toEqual(circuit);
    },
  );
});

/** Requests arrive, and what they asked of the container comes back after any time and in any order. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'request' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('result' as const), which: fc.nat(), ok: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(3000) }) },
);

interface World {
  circuit: Circuit;
  now: number;
  /** Requests that were sent and have not come back. */
  pending: ('forward' | 'probe')[];
  /** Results of requests that were forwarded while it was closed for the last time. */
  failuresInARow: number;
  openedAt: number | undefined;
}

function play(
  world: World,
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  check: (world: World, admission?: string) => void,
) {
  for (const one of steps) {
    if (one.kind === 'wait') world.now += one.ms;
    if (one.kind === 'request') {
      const { circuit, admission } = decide(world.circuit, world.now, settings);
      check(world, admission);
      world.circuit = circuit;
      if (admission !== 'refuse') world.pending.push(admission);
    }
    if (one.kind === 'result' && world.pending.length > 0) {
      const [sent] = world.pending.splice(one.which % world.pending.length, 1);
      const before = world.circuit.state;
      if (sent === 'probe') {
        world.circuit = afterProbe(one.ok, world.now);
        world.failuresInARow = 0;
      } else {
        world.circuit = afterForward(world.circuit, one.ok, world.now, settings);
        if (before === 'closed') world.failuresInARow = one.ok ? 0 : world.failuresInARow + 1;
      }
      if (world.circuit.state === 'open' && before !== 'open') world.openedAt = world.now;
    }
    check(world);
  }
}

const begun = (): World => ({ circuit: CLOSED, now: 0, pending: [], failuresInARow: 0, openedAt: undefined });
const property = (check: (world: World, admission?: string) => void) =>
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => play(begun(), steps, check)),
    { numRuns: 300 },
  );

describe('the circuit breaker, whatever comes in whatever order', () => {
  it('has one probe under way at most, and exactly one while it is half-open', () => {
    property(({ circuit, pending }) => {
      const probes = pending.filter((sent) => sent === 'probe').length;
      expect(probes).toBe(circuit.state === 'half-open' ? 1 : 0);
    });
  });

  it('sends nothing to the container before the cool-down is over', () => {
    property(({ now, openedAt = Number.NEGATIVE_INFINITY, circuit }, admission) => {
      if (circuit.state !== 'open' || admission === undefined) return;
      expect(admission).toBe(now - openedAt < settings.coolDownMs ? 'refuse' : 'probe');
    });
  });

  it('is open after as many failures in a row as open it, and closed before', () => {
    property(({ circuit, failuresInARow }) => {
      if (circuit.state === 'closed') expect(failuresInARow).toBeLessThan(settings.failuresToOpen);
      else if (failuresInARow > 0) expect(failuresInARow).toBe(settings.failuresToOpen);
    });
  });
});
