/** Labels of texts, as text classification and zero-shot classification serve them. */
import { argmax, at, sigmoid, softmax } from '@pilotlight/engine/internal/math/activations';
import { marginOf, type ReadDecisions, scoresOf } from './served.ts';

/** The label of a text is the most probable one; its score is the one that counts, because most of many others are next to zero. */
export const readLabel: ReadDecisions = ({ outputs }, _model, reference) => {
  const scores = softmax(outputs.logits?.data ?? []);
  const choice = argmax(scores);
  const columns = reference?.[0]?.columns ?? [choice];
  return [{ choice, margin: marginOf(scores), scores: scoresOf(scores, columns), columns }];
};

/** Of a model with several labels for a text, each label is a decision: more probable than not. */
export const readLabelSet: ReadDecisions = ({ outputs }) =>
  Array.from(sigmoid(outputs.logits?.data ?? []), (score) => ({
    choice: score > 0.5 ? 1 : 0,
    margin: Math.abs(2 * score - 1),
    scores: Float64Array.of(score),
  }));

/** One score for a text: what a ranker gives, or a model of one label. Two logits are "it does not fit" and "it does". */
export const readScore: ReadDecisions = ({ outputs }, { taskDefaults }) => {
  const logits = outputs.logits?.data ?? [];
  const logit = logits.length > 1 ? at(logits, 1) - at(logits, 0) : at(logits, 0);
  const isRaw = taskDefaults?.functionToApply === 'none';
  return [{ choice: '', margin: 0, scores: isRaw ? Float64Array.of(logit) : sigmoid([logit]) }];
};
