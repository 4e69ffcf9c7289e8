/** Decisions that one text alone does not show: which other text is the nearest, and which of two scores is higher. */
import { nearestOf } from '@pilotlight/toolchain/internal/stages/judge/embeddings';
import type { Answer, Decision, Kind } from './answer.ts';

/** Every text is compared with every other. */
const MOST_NEIGHBOURS = 2_000;

/** Adds the decisions to the answers of one model. Those of embeddings are for 2,000 texts at most. */
export function decideAmongOthers(answers: readonly Answer[], kind: Kind): readonly Answer[] {
  if (kind === 'orders') return answers.map((answer, index) => withOrder(answer, answers[index - 1]));
  if (kind === 'neighbours' && answers.length <= MOST_NEIGHBOURS) return withNeighbours(answers);
  return answers;
}

function withOrder(answer: Answer, before: Answer | undefined): Answer {
  const [own, other] = [answer.scores[0]?.[1], before?.scores[0]?.[1]];
  if (own === undefined || other === undefined) return answer;
  const difference = own - other;
  const choice = ['lower', 'the same', 'higher'][Math.sign(difference) + 1] ?? 'unknown';
  const decision: Decision = {
    at: 'than the text before it',
    choice,
    score: own,
    margin: Math.abs(difference),
  };
  return { ...answer, decisions: [...answer.decisions, decision] };
}

function withNeighbours(answers: readonly Answer[]): readonly Answer[] {
  const vectors = answers.map(({ vector }) => Float32Array.from(vector ?? []));
  const nearest = nearestOf(vectors);
  return answers.map((answer, index) => {
    const own = vectors[index] ?? new Float32Array();
    const neighbour = nearest[index] ?? -1;
    if (own.length === 0 || neighbour < 0) return answer;
    const score = dot(own, vectors[neighbour]);
    let second = -1;
    for (const [other, vector] of vectors.entries())
      if (other !== index && other !== neighbour && vector.length > 0)
        second = Math.max(second, dot(own, vector));
    const decision = { at: 'nearest text', choice: `text ${neighbour + 1}`, score, margin: score - second };
    return { ...answer, decisions: [...answer.decisions, decision] };
  });
}

/** Of two vectors of length 1, the cosine. */
export function dot(left: ArrayLike<number>, right: ArrayLike<number> = []): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}
