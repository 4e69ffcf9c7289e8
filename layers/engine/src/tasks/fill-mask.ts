/** A text with masks in, tokens that may stand there out: the fill-mask of Hugging Face pipelines. */
import * as z from 'zod/mini';
import { EngineError } from '../errors.ts';
import { at, softmax } from '../math/activations.ts';
import type { Task, TaskContext } from '../ports.ts';
import { outputData } from './output.ts';
import { commonParameters } from './parameters.ts';

const parameters = z.strictObject({
  ...commonParameters,
  /** How many tokens to give for each mask. */
  top_k: z._default(z.int().check(z.positive()), 5),
  /** Tokens to choose from. @default - all of the vocabulary */
  targets: z.optional(z.array(z.string()).check(z.minLength(1))),
});
type Parameters = z.infer<typeof parameters>;

export interface MaskToken {
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  /** The text with the token in its place. */
  readonly sequence: string;
}

/** A list for each mask where there are several, as Hugging Face pipelines give them. */
export const fillMask: Task<string, Parameters, MaskToken[] | MaskToken[][]> = {
  name: 'fill-mask',
  input: z.string(),
  parameters,
  outputs: ['logits'],
  alignment: false,

  serves: ({ task }) => task === 'fill-mask',
  requests: (text) => [{ text }],

  async result(_text, [windows], { top_k, targets }, { vocabulary, textProcessing }) {
    const only = windows?.[0];
    const logits = outputData(only, 'logits');
    const ids = only?.encoding.ids ?? [];
    const mask = vocabulary.idOf(textProcessing.maskToken ?? '[MASK]');
    const places = [...ids.keys()].filter((place) => ids[place] === mask);
    if (places.length === 0)
      throw new EngineError('INVALID_INPUT', `inputs: has no ${textProcessing.maskToken ?? '[MASK]'}.`, {
        details: { field: 'inputs' },
      });
    const size = logits.length / ids.length;
    const allowed = targets?.map((target) => targetId(target, vocabulary));
    const lists = await Promise.all(
      places.map((place) => {
        const scores = softmax(logits.subarray(place * size, (place + 1) * size));
        const best = (allowed ?? [...scores.keys()])
          .sort((a, b) => at(scores, b) - at(scores, a))
          .slice(0, top_k);
        return Promise.all(
          best.map(async (token) => ({
            score: at(scores, token),
            token,
            token_str: await vocabulary.decode([token]),
            sequence: await vocabulary.decode(ids.with(place, token), { skipSpecialTokens: true }),
          })),
        );
      }),
    );
    return lists.length === 1 ? (lists[0] ?? []) : lists;
  },
};

function targetId(target: string, vocabulary: TaskContext['vocabulary']): number {
  const id = vocabulary.idOf(target);
  if (id !== undefined) return id;
  throw new EngineError('INVALID_PARAMETER', `parameters.targets: the model has no token '${target}'.`, {
    details: { field: 'parameters.targets' },
  });
}
