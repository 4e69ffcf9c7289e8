/** One sentence and others in, how alike they are out: cosines of their embeddings. */
import * as z from 'zod/mini';
import { cosine } from '../math/pooling.ts';
import type { Task } from '../ports.ts';
import { embeddingOf } from './feature-extraction.ts';
import { commonParameters } from './parameters.ts';

const input = z.object({
  source_sentence: z.string(),
  sentences: z.array(z.string()).check(z.minLength(1)),
});
const parameters = z.strictObject(commonParameters);

export const sentenceSimilarity: Task<z.infer<typeof input>, z.infer<typeof parameters>, number[]> = {
  name: 'sentence-similarity',
  input,
  parameters,
  outputs: ['hidden_states'],
  alignment: false,

  serves: ({ task }) => task === 'sentence-similarity' || task === 'feature-extraction',
  requests: ({ source_sentence, sentences }) => [source_sentence, ...sentences].map((text) => ({ text })),

  result(_input, results, _parameters, { taskDefaults }) {
    const pooling = taskDefaults?.pooling ?? 'none';
    const vectors = results.map(([window]) => embeddingOf(window, pooling === 'none' ? 'mean' : pooling));
    const [source = new Float64Array(), ...others] = vectors;
    return others.map((other) => cosine(source, other));
  },
};
