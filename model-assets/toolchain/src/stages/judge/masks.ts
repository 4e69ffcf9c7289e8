/** Tokens in place of masks. */
import { argmax, softmax } from '@pilotlight/engine/internal/math/activations';
import { topIndices } from '@pilotlight/engine/internal/math/top-indices';
import { marginOf, type ReadDecisions, scoresOf } from './served.ts';

/** Tokens that a call gets unless it says otherwise. */
const SERVED = 5;

/** The most probable token of each mask, with the probabilities of the first five of fp32. */
export const readMasks: ReadDecisions = ({ encoding, outputs }, { textProcessing }, reference) => {
  const { maskToken = '[MASK]' } = textProcessing;
  const logits = outputs.logits?.data ?? new Float32Array();
  const width = logits.length / encoding.ids.length;
  const places = [...encoding.ids.keys()].filter((place) => encoding.alignment?.tokens[place] === maskToken);
  return places.map((place, index) => {
    const scores = softmax(logits.subarray(place * width, (place + 1) * width));
    const columns = reference?.[index]?.columns ?? topIndices(scores, SERVED);
    return { choice: argmax(scores), margin: marginOf(scores), scores: scoresOf(scores, columns), columns };
  });
};
