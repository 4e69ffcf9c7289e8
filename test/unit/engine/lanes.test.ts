import { describe, expect, it } from 'vitest';
import { choose, type LaneRole, type LaneState } from '../../../layers/engine/src/batching/lanes.ts';

/** Texts of a token each, or so many as are given. */
const source = (tokens: number, size = tokens) => ({ size, tokens, maxBatchTokens: 64, shortTokens: 8 });

/** Lanes by their roles, each with the tokens of the only text that it runs, or idle at 0. */
function lanesOf(...states: readonly (readonly [LaneRole, number])[]): [LaneState, ...LaneState[]] {
  const [first, ...others] = states.map(([role, tokens]): LaneState => {
    return { role, running: tokens === 0 ? undefined : { tokens, longest: tokens } };
  });
  if (!first) throw new RangeError('no lane');
  return [first, ...others];
}

describe('a session that is the only one, or has its own lengths', () => {
  it.each([
    ['only', 'all'],
    ['long', 'long'],
    ['short', 'short'],
  ] as const)('%s takes %s entries, whatever runs beside it', (role, lengths) => {
    const lanes = lanesOf([role, 0], ['short', 4]);
    expect(choose(lanes[0], lanes, source(100))).toEqual({ lengths });
  });
});

describe('the session of all threads, beside two parts', () => {
  const chosen = (tokens: number, ...parts: readonly number[]) => {
    const lanes = lanesOf(['whole', 0], ...parts.map((running) => ['part', running] as const));
    return choose(lanes[0], lanes, source(tokens));
  };

  it('takes what waits while no part runs, up to the batch of one part', () => {
    expect(chosen(32, 0, 0)).toEqual({ lengths: 'all' });
    expect(chosen(33, 0, 0)).toBeUndefined();
  });

  it('takes a text that is alone, however long it is', () => {
    const lanes = lanesOf(['whole', 0], ['part', 0], ['part', 0]);
    expect(choose(lanes[0], lanes, source(500, 1))).toEqual({ lengths: 'all' });
    expect(choose(lanes[0], lanes, source(500, 2))).toBeUndefined();
  });

  it('rests while a part is idle, or runs short texts', () => {
    expect(chosen(4, 20, 0)).toBeUndefined();
    expect(chosen(4, 20, 8)).toBeUndefined();
  });

  it('takes short texts while every part is busy with long ones', () => {
    expect(chosen(4, 20, 9)).toEqual({ lengths: 'short' });
  });
});

describe('a part of the threads', () => {
  const share = (waiting: number, ...others: readonly (readonly [LaneRole, number])[]) => {
    const lanes = lanesOf(['part', 0], ...others);
    return choose(lanes[0], lanes, source(waiting));
  };

  it('takes as much as leaves the other part as much', () => {
    expect(share(20, ['part', 0])).toEqual({ lengths: 'all', maxTokens: 10 });
    expect(share(20, ['part', 10])).toEqual({ lengths: 'all', maxTokens: 15 });
    expect(share(21, ['part', 0])).toEqual({ lengths: 'all', maxTokens: 11 });
  });

  it('takes no more than its share of a batch, so that a batch takes no longer than on all threads', () => {
    expect(share(1000, ['part', 30])).toEqual({ lengths: 'all', maxTokens: 32 });
  });

  it('does not count what the session of all threads runs', () => {
    expect(share(20, ['part', 10], ['whole', 50])).toEqual({ lengths: 'all', maxTokens: 15 });
  });
});
