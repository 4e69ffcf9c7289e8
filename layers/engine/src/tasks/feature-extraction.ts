/** Text in, vectors out: one for each token, or one for the text where a pooling is chosen. */
import { listOf } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import { at } from '../math/activations.ts';
import { copyRow, normalize } from '../math/pooling.ts';
import type { Task, TaskContext, TokenResult } from '../ports.ts';
import { alreadyPooled, condenseToEmbedding, EMBEDDING_OUTPUTS, poolingOf } from './embedding.ts';
import { finiteData } from './output.ts';
import { commonParameters } from './parameters.ts';
import { choosePrompt, promptParameters } from './prompts.ts';
import { invalidInput, invalidParameter } from './refusals.ts';

const SHAPE = 'must be a text, or {"tokens": [ids of tokens]}';
const id = z.int(SHAPE).check(z.nonnegative('must not be negative'));
const input = z.union(
  [
    z.string(),
    z.strictObject({
      tokens: listOf(id).check(z.minLength(1, 'must have a token')),
      /** Whether those that the model needs around a text are added where they are not there. @default true */
      add_special_tokens: z.optional(z.boolean()),
    }),
  ],
  SHAPE,
);
type Input = z.infer<typeof input>;

const parameters = z.strictObject({
  ...commonParameters,
  ...promptParameters,
  /** @default - the model's own, or `none`: one vector a token */
  pooling: z.optional(z.enum(['none', 'cls', 'mean', 'max', 'last-token'])),
  /** Scale each vector to length 1. @default - the model's own, or false */
  normalize: z.optional(z.boolean()),
  /** Keep the first numbers of each vector, before it is scaled; for models trained for that (Matryoshka). @default - all */
  dimensions: z.optional(z.int().check(z.positive())),
});
type Parameters = z.infer<typeof parameters>;

/** `[hidden]` where pooled, else `[tokens][hidden]`. */
export type Features = readonly number[] | readonly (readonly number[])[];

export const featureExtraction: Task<Input, Parameters, Features> = {
  name: 'feature-extraction',
  input,
  parameters,
  outputs: EMBEDDING_OUTPUTS,
  alignment: false,
  answersOutputs: true,

  serves: ({ task }) => task === 'feature-extraction' || task === 'sentence-similarity',

  requests(input, parameters, context) {
    if (typeof input === 'string') return [{ text: `${choosePrompt(parameters, context)}${input}` }];
    const asked = parameters.prompt_name ?? parameters.prompt;
    if (asked !== undefined && choosePrompt(parameters, context) !== '')
      throw invalidParameter('prompt', 'goes before a text, not before ids of tokens');
    const unknown = findUnknown(input.tokens, context);
    if (unknown < 0) {
      const idsAreWhole = input.add_special_tokens === false;
      return [{ text: '', ids: input.tokens, ...(idsAreWhole && { idsAreWhole }) }];
    }
    const reason = `the model has no token ${input.tokens[unknown]}`;
    throw invalidInput(`.tokens[${unknown}]`, reason);
  },

  pooling: ({ pooling }, { taskDefaults }) => poolingOf(pooling ?? taskDefaults?.pooling),

  condense(window, { pooling }, { taskDefaults }) {
    if (!isPooled(window, pooling, taskDefaults)) return window;
    return condenseToEmbedding(window, poolingOf(pooling), 'mean', taskDefaults);
  },

  async result(_input, [windows], parameters, { taskDefaults, giveWay }) {
    const only = windows?.[0];
    const finish = (vector: Float64Array): number[] => {
      const kept = keepFirst(vector, parameters.dimensions);
      return listOfNumbers(
        (parameters.normalize ?? taskDefaults?.normalize ?? false) ? normalize(kept) : kept,
      );
    };
    if (isPooled(only, parameters.pooling, taskDefaults)) {
      return finish(new Float64Array(finiteData(only, 'embeddings')));
    }
    const states = finiteData(only, 'hidden_states');
    const tokens = only?.encoding.ids.length ?? 1;
    const vectors: number[][] = [];
    for (let token = 0; token < tokens; token++) {
      await giveWay();
      vectors.push(finish(copyRow(states, token, states.length / tokens)));
    }
    return vectors;
  },
};

/** `Array.from` takes four times as long, and makes an object of each number, which is slow to write. */
function listOfNumbers(vector: Float64Array): number[] {
  const list: number[] = [];
  for (let i = 0; i < vector.length; i++) list.push(at(vector, i));
  return list;
}

/** Finds the first id that is no token: ids may have gaps, so that the highest can be above the number of tokens. */
function findUnknown(ids: readonly number[], { textProcessing, vocabulary }: TaskContext): number {
  const { vocabSize } = textProcessing;
  return ids.findIndex((id) => id >= vocabSize && vocabulary.idToToken(id) === undefined);
}

/** Whether a call has one vector a text. @throws EngineError INVALID_PARAMETER where the graph can give no other */
function isPooled(
  window: TokenResult | undefined,
  pooling: Parameters['pooling'],
  taskDefaults: TaskContext['taskDefaults'],
): boolean {
  const { embeddings, hidden_states } = window?.outputs ?? {};
  if (pooling !== undefined && pooling !== 'none') return true;
  if (pooling === undefined) return embeddings !== undefined || (taskDefaults?.pooling ?? 'none') !== 'none';
  if (embeddings && !hidden_states) throw alreadyPooled(taskDefaults?.pooling);
  return false;
}

function keepFirst(vector: Float64Array, dimensions: number | undefined): Float64Array {
  if (dimensions === undefined) return vector;
  if (dimensions <= vector.length) return vector.subarray(0, dimensions);
  throw invalidParameter('dimensions', `the vectors of this model have ${vector.length} numbers`);
}
