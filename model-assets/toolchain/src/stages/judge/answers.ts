/** Spans of a context that answer a question. */
import { softmax } from '@pilotlight/engine/internal/math/activations';
import { spansByScore, type TokenSpan } from '@pilotlight/engine/internal/tasks/answer-spans';
import type { ReadDecisions } from './served.ts';

/** The longest answer that a call gets unless it says otherwise, in tokens. */
const LONGEST = 15;

/** The best span of the context and its probability, which is that of its first token times that of its last one. */
export const readAnswer: ReadDecisions = ({ encoding, outputs }, _model, reference) => {
  const { sequenceIds = [] } = encoding.alignment ?? {};
  const context = [...encoding.ids.keys()].filter((token) => sequenceIds[token] === 1);
  const edges = (logits: Float32Array = new Float32Array()) =>
    softmax(context.map((token) => logits[token] ?? Number.NaN));
  const [starts, ends] = [edges(outputs.start_logits?.data), edges(outputs.end_logits?.data)];
  const found = spansByScore([{ starts: starts.map(Math.log), ends: ends.map(Math.log) }], LONGEST);
  const [best, second] = [found.next().value, found.next().value];
  if (!best) return [];
  const width = starts.length;
  const columns = reference?.[0]?.columns ?? [best.start * width + best.end];
  const probability = (column: number) =>
    (starts[Math.floor(column / width)] ?? Number.NaN) * (ends[column % width] ?? Number.NaN);
  return [
    {
      choice: `${best.start}-${best.end}`,
      margin: probabilityOf(best) - (second ? probabilityOf(second) : 0),
      scores: Float64Array.from(columns, probability),
      columns,
    },
  ];
};

const probabilityOf = ({ score }: TokenSpan): number => Math.exp(score);
