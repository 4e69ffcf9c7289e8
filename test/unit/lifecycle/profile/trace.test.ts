/** What ONNX Runtime writes of its operators, beside the stages of the engine. */
import {
  mergeTrace,
  mostArenaBytes,
  parseRuntimeProfile,
  sumByOperator,
} from '@pilotlight/lifecycle/internal/profile/trace';
import { describe, expect, it } from 'vitest';

const event = (name: string, cat: string, ts: number, dur: number, args = {}) => ({
  ...{ name, cat, ts, dur, args, ph: 'X', pid: 9, tid: 10 },
});
const node = (op_name: string, ts: number, dur: number, mem_arena_held = '1000') =>
  event(`${op_name}_kernel_time`, 'Node', ts, dur, { op_name, mem_arena_held });
const written = [
  event('session_initialization', 'Session', 5, 50),
  ...[event('model_run', 'Session', 1_000, 500), node('MatMul', 1_010, 400), node('Add', 1_420, 40)],
  ...[event('model_run', 'Session', 2_000, 300), node('MatMul', 2_010, 200, '3000'), node('Add', 2_220, 40)],
];
const profile = parseRuntimeProfile('session-1_2026-01-02_03-04-05_678.json', JSON.stringify(written));
const call = (startedAt: number) => ({
  ...{ startedAt, totalMs: 1 },
  stages: [
    ['tokenize', 0.2],
    ['queue', 0],
    ['infer', 0.6],
    ['postprocess', 0.1],
  ] as const,
});

describe('a trace', () => {
  const events = mergeTrace([call(50_000), call(50_001)], [profile]);
  const named = (name: string) => events.filter((one) => one.name === name);

  it('has each call with its stages one after the other', () => {
    expect(named('call 2')).toEqual([expect.objectContaining({ ts: 1_000, dur: 1_000, ph: 'X' })]);
    expect(named('infer').map(({ ts }) => ts)).toEqual([200, 1_200]);
  });

  it('lays the first run to the beginning of inference, so that operators stand below their stage', () => {
    expect(named('model_run').map(({ ts }) => ts)).toEqual([200, 1_200]);
    expect(named('MatMul_kernel_time').map(({ ts }) => ts)).toEqual([210, 1_210]);
  });

  it('names its rows', () => {
    expect(named('thread_name').map(({ args }) => args)).toEqual([
      { name: 'engine: stages of a call' },
      { name: 'ONNX Runtime: operators' },
    ]);
  });

  it('of several sessions has the clock that the names of the files say, in local time', () => {
    expect(profile.startedAt).toBe(new Date(2026, 0, 2, 3, 4, 5, 678).getTime());
    const moved = mergeTrace([call(profile.startedAt)], [profile, profile]);
    expect(moved.filter(({ name }) => name === 'model_run').map(({ ts }) => ts)).toEqual([
      1_000, 2_000, 1_000, 2_000,
    ]);
  });
});

describe('the time of operators', () => {
  it('is summed by their type, of the calls after the warm ones', () => {
    const shares = sumByOperator([profile], { calls: 2, warm: 1 });
    expect(shares.map(({ name, ms }) => [name, Number(ms.toFixed(3))])).toEqual([
      ['MatMul', 0.2],
      ['between operators', 0.06],
      ['Add', 0.04],
    ]);
  });

  it('comes with the most that the arena held', () => {
    expect(mostArenaBytes([profile, profile])).toBe(6_000);
    expect(mostArenaBytes([])).toBeUndefined();
  });
});
