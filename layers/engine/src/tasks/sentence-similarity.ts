/** One sentence and others in, how alike they are out: cosines of their embeddings. */
import * as z from 'zod/mini';
import { cosine } from '../math/pooling.ts';
import type { Task, TokenRequest, TokenResult } from '../ports.ts';
import { condenseToEmbedding, EMBEDDING_OUTPUTS, poolingOf } from './embedding.ts';
import { finiteData } from './output.ts';
import { commonParameters } from './parameters.ts';
import { choosePrompt, promptParameters } from './prompts.ts';

const SHAPE = 'must be {"source_sentence": "...", "sentences": ["...", "..."]}';
const input = z.strictObject(
  {
    source_sentence: z.string(SHAPE),
    sentences: z.array(z.string(SHAPE), SHAPE).check(z.minLength(1, 'must have a sentence')),
  },
  SHAPE,
);
const parameters = z.strictObject({ ...commonParameters, ...promptParameters });

export const sentenceSimilarity: Task<z.infer<typeof input>, z.infer<typeof parameters>, number[]> = {
  name: 'sentence-similarity',
  input,
  parameters,
  outputs: EMBEDDING_OUTPUTS,
  alignment: false,

  serves: ({ task }) => task === 'sentence-similarity' || task === 'feature-extraction',

  requests({ source_sentence, sentences }, parameters, context) {
    const prompt = choosePrompt(parameters, context);
    return embedded(prompt, source_sentence, sentences);
  },

  pooling: (_parameters, { taskDefaults }) => poolingOf(taskDefaults?.pooling) ?? 'mean',

  condense: (window, _parameters, { taskDefaults }) =>
    condenseToEmbedding(window, undefined, 'mean', taskDefaults),

  async result(_input, [source, ...others], _parameters, { giveWay }) {
    const read = (windows: readonly TokenResult[] | undefined) =>
      Float64Array.from(finiteData(windows?.[0], 'embeddings'));
    const vector = read(source);
    const cosines: number[] = [];
    for (const other of others) {
      await giveWay();
      cosines.push(cosine(vector, read(other)));
    }
    return cosines;
  },
};

function* embedded(prompt: string, source: string, sentences: readonly string[]): Generator<TokenRequest> {
  yield { text: `${prompt}${source}`, part: { field: 'source_sentence' } };
  for (const [item, sentence] of sentences.entries())
    yield { text: `${prompt}${sentence}`, part: { field: 'sentences', item } };
}
