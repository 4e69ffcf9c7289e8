/** One run of the step graph for several inputs, and what each of them gets of it. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Feeds, Outputs, Session, Tensor } from '../../../ports.ts';
import type { Asks, StepRows } from '../search/search.ts';
import { type RunRow, type RunShape, stepFeeds } from './step-feeds.ts';

export interface StepGraph {
  readonly session: Session;
  /** The names of what the graph reads. */
  readonly inputs: ReadonlySet<string>;
  /** The names of what it gives for the cache. */
  readonly added: readonly string[];
  readonly facts: DecoderFacts;
}

export interface StepJob {
  readonly row: RunRow;
  readonly asks: Asks;
}

export interface StepResult {
  /** With what the tokens add to the cache. */
  readonly outputs: Outputs;
  /** What each job asked for, in their order; undefined where the model gave it no numbers. */
  readonly rows: readonly (StepRows | undefined)[];
}

/** @throws EngineError SESSION_FAILED */
export async function runStep(
  graph: StepGraph,
  jobs: readonly StepJob[],
  shape: Omit<RunShape, 'window'>,
  cache: Feeds,
): Promise<StepResult> {
  const { vocabSize, window } = graph.facts;
  const top = Math.min(vocabSize, Math.max(1, ...jobs.map(({ asks }) => asks.top)));
  const rows = jobs.map(({ row }) => row);
  const feeds = stepFeeds(rows, { ...shape, window }, { top, bias: joinBias(jobs, vocabSize) }, graph.inputs);
  const wantsLogits = jobs.some(({ asks }) => readsLogits(asks));
  const outputs = await graph.session.run({ ...feeds, ...cache }, [
    'scores',
    'classes',
    ...(wantsLogits ? ['logits'] : []),
    ...graph.added,
  ]);
  return { outputs, rows: share(jobs, outputs, vocabSize) };
}

function readsLogits({ top, logits = false }: Asks): boolean {
  return logits || top === 0;
}

function joinBias(jobs: readonly StepJob[], vocabSize: number): Tensor | undefined {
  if (!jobs.some(({ asks }) => asks.bias)) return undefined;
  const rows = jobs.reduce((sum, { row }) => sum + row.scored.length, 0);
  const [only, ...others] = jobs;
  if (only?.asks.bias && others.length === 0) return { dims: [rows, vocabSize], data: only.asks.bias };
  const data = new Float32Array(rows * vocabSize);
  let first = 0;
  for (const { row, asks } of jobs) {
    if (asks.bias) data.set(asks.bias, first * vocabSize);
    first += row.scored.length;
  }
  return { dims: [rows, vocabSize], data };
}

function share(jobs: readonly StepJob[], outputs: Outputs, vocabSize: number): StepResult['rows'] {
  const { scores, classes, logits } = outputs;
  const count = scores?.dims[1];
  if (!scores || !classes || count === undefined) {
    throw new EngineError('SESSION_FAILED', 'The step graph gave no scores. Package the model again.');
  }
  let first = 0;
  return jobs.map(({ row, asks }) => {
    const rows = row.scored.length;
    const [from, to] = [first, first + rows];
    first = to;
    const own: StepRows = {
      rows,
      count,
      scores: scores.data.subarray(from * count, to * count),
      classes: classes.data.subarray(from * count, to * count),
      ...(readsLogits(asks) && { logits: logits?.data.subarray(from * vocabSize, to * vocabSize) }),
    };
    return hasNumbers(own) ? own : undefined;
  });
}

/** A row whose best score is no number has none, and its tokens would spoil the cache. */
function hasNumbers({ rows, count, scores }: StepRows): boolean {
  for (let row = 0; row < rows; row++) if (Number.isNaN(scores[row * count])) return false;
  return true;
}
