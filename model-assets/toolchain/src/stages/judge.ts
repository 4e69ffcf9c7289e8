/**
 * Judges a variant by what it serves: texts go through fp32 and through the variant in the serving engine, and what the task of the
 * model makes of the outputs is compared. See judge/ADR-judge.md.
 */
import type { Predictor, TokenRequest, TokenResult } from '@pilotlight/engine';
import { type Judgement, TASK_FACTS } from '@pilotlight/model-format';
import { readAnswer } from './judge/answers.ts';
import {
  addScores,
  countDecisions,
  countOrders,
  countSpans,
  type ScoreTally,
  type ScoreUnit,
  type Tally,
} from './judge/compare.ts';
import { compareEmbeddings, readEmbedding } from './judge/embeddings.ts';
import { readLabel, readLabelSet, readScore } from './judge/labels.ts';
import { readMasks } from './judge/masks.ts';
import type { Decision, DecisionKind, ReadDecisions, ServedModel } from './judge/served.ts';
import { readTags } from './judge/tags.ts';

export { judgeRequests, selectRequests } from './judge/requests.ts';

/** The answers of fp32 to the requests that variants are judged on. */
export interface Reference {
  readonly requests: readonly TokenRequest[];
  /** The decisions of each request; none for a model that embeds. */
  readonly decisions: readonly (readonly Decision[])[];
  /** The embedding of each request; none for any other model. */
  readonly embeddings: readonly Float32Array[];
}

/** Requests of one call: enough for full batches, few enough that outputs as wide as a vocabulary do not fill the memory. */
const REQUESTS_PER_CALL = 50;

/** Runs the requests on fp32. Requests without a token are left out, because the model refuses them. */
export async function makeReference(
  fp32: Judged,
  requests: readonly TokenRequest[],
  report: (done: number) => void = () => {},
): Promise<Reference> {
  const inputs = requests.map(({ text, pair }) => ({ text, text_pair: pair }));
  const tokenized = await fp32.tokenize(inputs);
  const readable = requests.filter((_, index) => tokenized[index]?.ids.length !== 0);
  return { requests: readable, ...(await readAll(fp32, readable, undefined, report)) };
}

/** Runs the requests of the reference on a variant, and compares. */
export async function judge(
  variant: Judged,
  reference: Reference,
  report: (done: number) => void = () => {},
): Promise<Judgement> {
  const { manifest } = variant;
  const { requests } = reference;
  const answers = await readAll(variant, requests, reference, report);
  if (embeds(manifest)) {
    const { cosine, decisions } = compareEmbeddings(reference.embeddings, answers.embeddings);
    const rounded = { least: round(cosine.least), mean: round(cosine.mean) };
    return { texts: requests.length, cosine: rounded, decisions };
  }
  const { of, unit } = readerFor(manifest);
  const tally: Tally = { total: 0, changed: 0, clear: 0 };
  const scores: ScoreTally = { count: 0, sum: 0, largest: 0 };
  const scale = manifest.taskDefaults?.functionToApply === 'none' ? sizeOf(reference.decisions) : 1;
  for (const [index, fp32] of reference.decisions.entries()) {
    const given = answers.decisions[index] ?? [];
    addScores(fp32, given, unit, scores);
    if (of === 'spans') countSpans(fp32, given, manifest.labels, tally);
    else if (of !== 'orders') countDecisions(fp32, given, tally);
  }
  if (of === 'orders') {
    const values = (decisions: Reference['decisions']) =>
      decisions.map(([only]) => (only?.scores[0] ?? 0) / scale);
    countOrders(values(reference.decisions), values(answers.decisions), tally);
  }
  const { count, sum, largest } = scores;
  return {
    texts: requests.length,
    scores: { largest: round(largest / scale), mean: round(sum / (count || 1) / scale) },
    decisions: { of, ...tally },
  };
}

type Judged = Pick<Predictor, 'infer' | 'tokenize' | 'manifest'>;

/** A figure of a manifest: what another machine adds in another order would change digits beyond these. */
const round = (value: number): number => Number(value.toFixed(5));

function embeds({ task }: ServedModel): boolean {
  return TASK_FACTS[task].head === 'none';
}

interface Reader {
  /** The kind of decisions that a model serves. */
  readonly of: DecisionKind;
  readonly read: ReadDecisions;
  /** What differences of scores are measured in. */
  readonly unit: ScoreUnit;
}

function readerFor({ task, labels, taskDefaults }: ServedModel): Reader {
  const { head, reads } = TASK_FACTS[task];
  if (head === 'token-classification') return { of: 'spans', read: readTags, unit: 'own score' };
  if (head === 'question-answering') return { of: 'answers', read: readAnswer, unit: 'own score' };
  if (head === 'masked-lm') return { of: 'tokens', read: readMasks, unit: 'own score' };
  if (reads === 'query' || labels.length === 1) return { of: 'orders', read: readScore, unit: 'one' };
  if (taskDefaults?.functionToApply === 'sigmoid') return { of: 'labels', read: readLabelSet, unit: 'one' };
  return { of: 'labels', read: readLabel, unit: 'own score' };
}

async function readAll(
  predictor: Judged,
  requests: readonly TokenRequest[],
  reference: Reference | undefined,
  report: (done: number) => void,
): Promise<Pick<Reference, 'decisions' | 'embeddings'>> {
  const { manifest } = predictor;
  const decisions: (readonly Decision[])[] = [];
  const embeddings: Float32Array[] = [];
  const take = async (result: TokenResult): Promise<void> => {
    if (embeds(manifest)) embeddings.push(readEmbedding(result, manifest));
    else {
      const wanted = reference?.decisions[decisions.length];
      decisions.push(await readerFor(manifest).read(result, manifest, wanted));
    }
  };
  for (let start = 0; start < requests.length; start += REQUESTS_PER_CALL) {
    const part = requests.slice(start, start + REQUESTS_PER_CALL);
    const results = await predictor.infer(part, { truncate: true, alignment: !embeds(manifest) });
    for (const result of results) await take(result);
    report((start + part.length) / requests.length);
  }
  return { decisions, embeddings };
}

/** Root of the mean square of scores that are no probabilities. */
function sizeOf(decisions: Reference['decisions']): number {
  const scores = decisions.flatMap((own) => own.map((decision) => decision.scores[0] ?? 0));
  const squares = scores.reduce((sum, score) => sum + score * score, 0);
  return Math.sqrt(squares / (scores.length || 1)) || 1;
}
