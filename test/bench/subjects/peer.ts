/** The peer as its users run it: `pipeline` from the installed package, its own defaults but for the threads. */
import { serve } from './serve.ts';

await serve(performance.now(), async (config, mark) => {
  const { env, pipeline } = await import('@huggingface/transformers');
  mark('import');
  env.allowRemoteModels = false;
  env.localModelPath = config.models;
  const classify = await pipeline('text-classification', config.model, {
    dtype: config.scheme === 'int8' ? 'q8' : 'fp32',
    session_options: { intraOpNumThreads: config.threads },
  });
  mark('load');
  return {
    one: async (text) => best(await classify(text)),
    many: async (texts) => (await classify([...texts])).flat().map((answer) => best([answer])),
  };
});

function best(answers: readonly { label: string; score: number }[]) {
  const { label, score } = answers[0] ?? { label: '', score: Number.NaN };
  return { label, score };
}
