/**
 * Joins what ONNX Runtime writes of its operators with the stages of the engine, in the trace event format of Chrome, which Perfetto opens:
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
 */
import { parseJson } from '@pilotlight/model-format';
import * as z from 'zod';
import type { TimeShare } from './profile.ts';

const eventSchema = z.looseObject({
  name: z.string(),
  cat: z.string().optional(),
  ph: z.string(),
  /** Microseconds. */
  ts: z.number().optional(),
  dur: z.number().optional(),
  pid: z.number().optional(),
  tid: z.number().optional(),
  args: z.record(z.string(), z.unknown()).optional(),
});
export type TraceEvent = z.infer<typeof eventSchema>;

/** A file of ONNX Runtime, of one session. */
export interface RuntimeProfile {
  /** Milliseconds since the epoch at which its clock began, as its name says. */
  readonly startedAt: number;
  readonly events: readonly TraceEvent[];
}

/** A call, with the milliseconds since the epoch of its begin, and those of its stages. */
export interface TracedCall {
  readonly startedAt: number;
  readonly totalMs: number;
  readonly stages: readonly (readonly [name: string, ms: number])[];
}

/** Reads a file by its name, which ends in the local time: `_2026-12-01_06-13-42_995.json`. @throws SyntaxError, ZodError */
export function parseRuntimeProfile(name: string, content: string): RuntimeProfile {
  const digits = /_(\d{4})-(\d\d)-(\d\d)_(\d\d)-(\d\d)-(\d\d)(?:_(\d{3}))?\.json$/.exec(name)?.slice(1) ?? [];
  const [year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = digits.map((text) =>
    Number(text ?? 0),
  );
  return {
    startedAt: new Date(year, month - 1, day, hour, minute, second, ms).getTime(),
    events: z.array(eventSchema).parse(parseJson(content)),
  };
}

/** The row of the trace that stages stand in; operators keep the threads that they ran in. */
const STAGES_ROW = 1;

/**
 * All events on one clock, in microseconds from the first call. The clock of a file is known to a millisecond by its name; where there is one
 * session, its first run is laid to the beginning of inference of the first call.
 */
export function mergeTrace(
  calls: readonly TracedCall[],
  profiles: readonly RuntimeProfile[],
): readonly TraceEvent[] {
  const origin = calls[0]?.startedAt ?? 0;
  const pid = profiles[0]?.events[0]?.pid ?? 1;
  const shift = profiles.length === 1 ? alignment(calls[0], profiles[0]) : undefined;
  const named = (tid: number, kind: string, name: string): TraceEvent => ({
    ...{ name: kind, ph: 'M', pid, tid, args: { name } },
  });
  return [
    named(STAGES_ROW, 'process_name', 'pilotlight'),
    named(STAGES_ROW, 'thread_name', 'engine: stages of a call'),
    ...[...new Set(profiles.flatMap(({ events }) => events.map(({ tid = 0 }) => tid)))].map((tid) =>
      named(tid, 'thread_name', 'ONNX Runtime: operators'),
    ),
    ...calls.flatMap((call, index) => stageEvents(call, index, origin, pid)),
    ...profiles.flatMap(({ startedAt, events }) => {
      const moved = shift ?? 1_000 * (startedAt - origin);
      return events.map((event) => (event.ts === undefined ? event : { ...event, ts: event.ts + moved }));
    }),
  ];
}

function alignment(call: TracedCall | undefined, profile: RuntimeProfile | undefined): number | undefined {
  const run = profile?.events
    .filter(isRun)
    .reduce((first, { ts = 0 }) => Math.min(first, ts), Number.POSITIVE_INFINITY);
  if (!call || run === undefined || !Number.isFinite(run)) return undefined;
  const before = call.stages.slice(
    0,
    call.stages.findIndex(([name]) => name === 'infer'),
  );
  return 1_000 * before.reduce((sum, [, ms]) => sum + ms, 0) - run;
}

function stageEvents(
  { startedAt, totalMs, stages }: TracedCall,
  index: number,
  origin: number,
  pid: number,
): readonly TraceEvent[] {
  const row = { cat: 'engine', ph: 'X', pid, tid: STAGES_ROW };
  let at = 1_000 * (startedAt - origin);
  const events: TraceEvent[] = [{ ...row, name: `call ${index + 1}`, ts: at, dur: 1_000 * totalMs }];
  for (const [name, ms] of stages) {
    events.push({ ...row, name, ts: at, dur: 1_000 * ms });
    at += 1_000 * ms;
  }
  return events;
}

const isRun = ({ cat, name }: TraceEvent): boolean => cat === 'Session' && name === 'model_run';

/**
 * Milliseconds of a call by the type of its operators, most first; `between operators` is the rest of the runs. The first `warm` of the
 * calls are left out.
 */
export function sumByOperator(
  profiles: readonly RuntimeProfile[],
  { calls, warm }: { readonly calls: number; readonly warm: number },
): readonly TimeShare[] {
  const sums = new Map<string, number>();
  let runs = 0;
  for (const event of profiles.flatMap(({ events }) => afterRuns(events, warm / calls))) {
    const ms = (event.dur ?? 0) / 1_000 / (calls - warm);
    if (isRun(event)) runs += ms;
    if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time')) continue;
    const operator = String(event.args?.op_name ?? 'unknown');
    sums.set(operator, (sums.get(operator) ?? 0) + ms);
  }
  const inside = [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  const all = [...sums, ['between operators', Math.max(0, runs - inside)] as const];
  return sharesOf(all, Math.max(runs, inside)).toSorted((left, right) => right.ms - left.ms);
}

/** The events from the run on that so much of all runs is before. */
function afterRuns(events: readonly TraceEvent[], share: number): readonly TraceEvent[] {
  const runs = events
    .filter(isRun)
    .map(({ ts = 0 }) => ts)
    .toSorted((left, right) => left - right);
  const first = runs[Math.floor(share * runs.length)] ?? 0;
  return events.filter(({ ts = 0 }) => ts >= first);
}

/** Shares of a whole. */
export function sharesOf(
  parts: readonly (readonly [name: string, ms: number])[],
  whole: number,
): readonly TimeShare[] {
  return parts.map(([name, ms]) => ({ name, ms, share: whole === 0 ? 0 : ms / whole }));
}

/** The most bytes that the arenas of all sessions held together. */
export function mostArenaBytes(profiles: readonly RuntimeProfile[]): number | undefined {
  const most = profiles.flatMap(({ events }) => {
    const held = events.map(({ args }) => Number(args?.mem_arena_held)).filter(Number.isFinite);
    return held.length > 0 ? [Math.max(...held)] : [];
  });
  return most.length > 0 ? most.reduce((sum, bytes) => sum + bytes, 0) : undefined;
}
