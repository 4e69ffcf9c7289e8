/** The peer with the tasks beyond classification, as its users run it. */
import { type Answer, CANDIDATE_LABELS, QUESTION } from './protocol.ts';
import { type Subject, serve } from './serve.ts';

await serve(performance.now(), async ({ task = 'zero-shot', ...config }, mark) => {
  const { env, pipeline } = await import('@huggingface/transformers');
  mark('import');
  env.allowRemoteModels = false;
  env.localModelPath = config.models;
  const options = {
    dtype: config.scheme === 'int8' ? 'q8' : 'fp32',
    session_options: { intraOpNumThreads: config.threads },
  } as const;
  const { model } = config;
  switch (task) {
    case 'zero-shot': {
      const classify = await pipeline('zero-shot-classification', model, options);
      return subject(async (texts) => {
        const results = await classify([...texts], [...CANDIDATE_LABELS]);
        return results.map(({ labels, scores }) => ({
          label: labels[0] ?? '',
          score: scores[0] ?? Number.NaN,
        }));
      });
    }
    case 'embeddings': {
      const embed = await pipeline('feature-extraction', model, options);
      return subject(async (texts) => {
        const vectors: number[][] = (await embed([...texts], { pooling: 'mean', normalize: true })).tolist();
        return vectors.map(([score = Number.NaN]) => ({ label: '', score }));
      });
    }
    case 'questions': {
      const ask = await pipeline('question-answering', model, options);
      const countTokens = (text_pair: string, truncation: boolean): number =>
        ask.tokenizer(QUESTION, { text_pair, truncation }).input_ids.dims[1] ?? 0;
      return subject((contexts) =>
        Promise.all(
          contexts.map(async (context) => {
            const [answer] = [await ask(QUESTION, context)].flat();
            return {
              label: String(answer?.answer),
              score: countTokens(context, false) - countTokens(context, true),
            };
          }),
        ),
      );
    }
  }

  function subject(many: (texts: readonly string[]) => Promise<Answer[]>): Subject {
    mark('load');
    return { one: async (text) => (await many([text]))[0] ?? { label: '', score: Number.NaN }, many };
  }
});
