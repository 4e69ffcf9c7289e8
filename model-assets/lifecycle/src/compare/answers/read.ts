/** Reads the results of a task as decisions and scores. */
import type {
  EntityGroup,
  Generation,
  LabelScore,
  MaskToken,
  PredictOptions,
  SpanAnswer,
} from '@pilotlight/engine';
import { type PackageManifest, TASK_FACTS } from '@pilotlight/model-format';
import type { Answer, Decision, Kind } from './answer.ts';
import { readJson } from './json.ts';

/** How the answers of a model are asked for, and read. */
export interface Reading {
  readonly kind: Kind;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly options: Pick<PredictOptions, 'task'>;
  /** Throws nothing: a result has the shape of its task. */
  read(result: unknown): Omit<Answer, 'ids'>;
}

/** New tokens of a generated text: two models that differ do so early. */
const NEW_TOKENS = 32;
const TRUNCATE = { truncate: true };

/** Chooses how the models of a manifest are read. */
export function readingFor(manifest: PackageManifest): Reading {
  if (manifest.runtime === 'generation') {
    const parameters = { ...TRUNCATE, do_sample: false, num_beams: 1, max_new_tokens: NEW_TOKENS };
    return { kind: 'texts', parameters, options: {}, read: readText };
  }
  if (manifest.runtime === 'allennlp')
    return { kind: 'values', parameters: {}, options: { task: 'predictor' }, read: readJson };
  if (manifest.runtime === 'transformers.js')
    return { kind: 'values', parameters: {}, options: {}, read: readJson };
  const { task, labels, taskDefaults } = manifest;
  const { head, reads } = TASK_FACTS[task];
  switch (head) {
    case 'token-classification':
      return { kind: 'spans', parameters: TRUNCATE, options: {}, read: readSpans };
    case 'question-answering':
      return { kind: 'answers', parameters: TRUNCATE, options: {}, read: readSpanAnswer };
    case 'masked-lm':
      return { kind: 'tokens', parameters: TRUNCATE, options: {}, read: readMasks };
    case 'none': {
      const pooling = taskDefaults?.pooling === undefined ? { pooling: 'mean' } : {};
      const parameters = { ...TRUNCATE, ...pooling, normalize: true };
      return { kind: 'neighbours', parameters, options: { task: 'feature-extraction' }, read: readVector };
    }
    case 'sequence-classification': {
      const options = { task: 'text-classification' } as const;
      if (labels.length <= 1 || reads === 'query')
        return { kind: 'orders', parameters: TRUNCATE, options, read: readScore };
      const isSet = taskDefaults?.functionToApply === 'sigmoid';
      return { kind: 'labels', parameters: TRUNCATE, options, read: isSet ? readLabelSet : readLabel };
    }
  }
}

function readLabel(result: unknown): Omit<Answer, 'ids'> {
  const scored = result as readonly LabelScore[];
  const [first, second] = scored;
  const decisions = first
    ? [
        {
          at: 'label',
          choice: first.label,
          score: first.score,
          margin: first.score - (second?.score ?? 0),
        },
      ]
    : [];
  return { decisions, scores: scored.map(({ label, score }) => [label, score]) };
}

/** Of a model with several labels for a text, each label is a decision: more probable than not. */
function readLabelSet(result: unknown): Omit<Answer, 'ids'> {
  const scored = result as readonly LabelScore[];
  const decisions = scored.map(({ label, score }) => ({
    at: label,
    choice: score > 0.5 ? 'yes' : 'no',
    score: Math.max(score, 1 - score),
    margin: Math.abs(2 * score - 1),
  }));
  return { decisions, scores: scored.map(({ label, score }) => [label, score]) };
}

/** One score for a text; of several logits of a ranker the last label is "it fits". */
function readScore(result: unknown): Omit<Answer, 'ids'> {
  const scored = result as readonly LabelScore[];
  const last = scored.toSorted((one, other) => (one.label < other.label ? -1 : 1)).at(-1);
  return { decisions: [], scores: last ? [['score', last.score]] : [] };
}

function readSpans(result: unknown): Omit<Answer, 'ids'> {
  const spans = result as readonly EntityGroup[];
  const place = ({ start, end, word }: EntityGroup) => `${start}-${end} ${JSON.stringify(word)}`;
  return {
    decisions: spans.map((span) => ({ at: place(span), choice: span.entity_group, score: span.score })),
    scores: spans.map((span) => [place(span), span.score]),
  };
}

function readSpanAnswer(result: unknown): Omit<Answer, 'ids'> {
  const { answer, score, start, end } = result as SpanAnswer;
  return {
    decisions: [{ at: 'answer', choice: `${JSON.stringify(answer)} at ${start}-${end}`, score }],
    scores: [['answer', score]],
  };
}

/** The first token of each mask; the scores are those of its five best. */
function readMasks(result: unknown): Omit<Answer, 'ids'> {
  const list = result as readonly MaskToken[] | readonly (readonly MaskToken[])[];
  const masks = (Array.isArray(list[0]) ? list : [list]) as readonly (readonly MaskToken[])[];
  const decisions = masks.flatMap(([first, second], index): Decision[] => {
    if (!first) return [];
    const margin = first.score - (second?.score ?? 0);
    return [{ at: `mask ${index + 1}`, choice: first.token_str, score: first.score, margin }];
  });
  const scores = masks.flatMap((tokens, index) =>
    tokens.map(({ token_str, score }): [string, number] => [`mask ${index + 1}: ${token_str}`, score]),
  );
  return { decisions, scores };
}

function readVector(result: unknown): Omit<Answer, 'ids'> {
  return { decisions: [], scores: [], vector: Array.from(result as ArrayLike<number>) };
}

function readText(result: unknown): Omit<Answer, 'ids'> {
  const [{ text, finishReason }] = (result as Generation).sequences;
  return {
    decisions: [
      { at: 'text', choice: text },
      ...(finishReason === 'length' ? [] : [{ at: 'end', choice: finishReason }]),
    ],
    scores: [],
  };
}
