/**
 * The sessions of one model, and which of them may run what waits. See ADR-parallel-sessions.md.
 *
 * Pure: nothing runs here, and nobody's time counts.
 */
import type { BatchSource, Choice } from './batch-source.ts';
import type { GraphRunner } from './graph-runner.ts';
import { Turns } from './turns.ts';

/**
 * What a session is for: `only` where there is no other one; `short` and `long` where short texts have a session of their own;
 * `whole` for the one that uses all threads, beside `part`s of them that run batches at the same time.
 */
export type LaneRole = 'only' | 'long' | 'short' | 'whole' | 'part';

/** A batch that a session runs. */
export interface RunningBatch {
  /** Tokens of its entries, without padding. */
  readonly tokens: number;
  /** Tokens of its longest entry. */
  readonly longest: number;
}

/** The part of a lane that the choice depends on. */
export interface LaneState {
  readonly role: LaneRole;
  readonly running: RunningBatch | undefined;
}

export interface Lane extends LaneState {
  readonly graph: GraphRunner;
  readonly turns: Turns;
  running: RunningBatch | undefined;
}

export function openLane(role: LaneRole, graph: GraphRunner): Lane {
  return { role, graph, turns: new Turns(), running: undefined };
}

/**
 * The lanes that choose. One whose session died would take batch after batch and fail them all; the others can do its work, unless
 * it has texts of its own, as a short and a long one have, or none is left.
 */
export function listWorking(lanes: readonly Lane[]): readonly Lane[] {
  const working = lanes.filter(({ role, graph }) => role === 'long' || role === 'short' || !graph.ended);
  return working.length > 0 ? working : lanes;
}

/** What waits, as far as the choice depends on it. */
export type Waiting = Pick<BatchSource, 'size' | 'tokens' | 'maxBatchTokens' | 'shortTokens'>;

/** Tells an idle lane what it may take of what waits; undefined where it is to rest. */
export function choose(lane: LaneState, lanes: readonly LaneState[], source: Waiting): Choice | undefined {
  switch (lane.role) {
    case 'whole':
      return chooseWhole(lanes, source);
    case 'part':
      return { lengths: 'all', maxTokens: fairShare(lanes, source) };
    case 'only':
      return { lengths: 'all' };
    case 'long':
    case 'short':
      return { lengths: lane.role };
  }
}

/**
 * All threads are quickest for what is alone, and for short texts while the others are busy with long ones. Several batches at once
 * are quicker on a thread each, because there none waits for another.
 */
function chooseWhole(lanes: readonly LaneState[], source: Waiting): Choice | undefined {
  const parts = lanes.filter(({ role }) => role === 'part');
  if (parts.every(({ running }) => running === undefined)) {
    // A text that is alone cannot be shared among the parts, however long it is.
    const isAlone = source.size === 1 || source.tokens <= source.maxBatchTokens / parts.length;
    return isAlone ? { lengths: 'all' } : undefined;
  }
  const busyWithLong = parts.every(({ running }) => running && running.longest > source.shortTokens);
  return busyWithLong ? { lengths: 'short' } : undefined;
}

/** The tokens that one of the parts may take, so that the others have as many: none runs for long while another one waits. */
function fairShare(
  lanes: readonly LaneState[],
  { tokens, maxBatchTokens }: Pick<BatchSource, 'tokens' | 'maxBatchTokens'>,
): number {
  const parts = lanes.filter(({ role }) => role === 'part');
  const running = parts.reduce((sum, part) => sum + (part.running?.tokens ?? 0), 0);
  return Math.min(Math.ceil((tokens + running) / parts.length), Math.ceil(maxBatchTokens / parts.length));
}
