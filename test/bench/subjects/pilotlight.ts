/** Pilotlight as a function deploys it: one bundle, the package in a folder, the options of the function. */
import './started.ts';
import { Engine } from '@pilotlight/engine';
import { keepHeapSmall } from '../../../functions/app/src/settings/small-heap.ts';
import { serve } from './serve.ts';
import { started } from './started.ts';

void serve(started, async (config, mark) => {
  mark('import');
  keepHeapSmall();
  const { models: packages, scheme: variant, threads: intraOpThreads, verify } = config;
  const packing = 'later';
  const engine = new Engine({ packages, variant, intraOpThreads, packing, ...(verify && { verify }) });
  const predictor = await engine.predictor(config.model);
  mark('load');
  const predict = async (inputs: unknown) => {
    const { results } = await predictor.predict(inputs);
    return results.map(best);
  };
  return {
    one: async (text) => (await predict(text))[0] ?? best([]),
    many: (texts) => predict(texts),
    settle: () => predictor.pack(),
    steps: {
      manifest: predictor.loadTimings.openMs,
      verify: predictor.loadTimings.verifyMs,
      tokenizer: predictor.loadTimings.tokenizerMs,
      session: predictor.loadTimings.sessionMs,
    },
  };
});

/** The result of text-classification is a list of labels with their scores, best first. */
function best(result: unknown): { label: string; score: number } {
  const [first] = Array.isArray(result) ? result : [];
  return { label: String(first?.label), score: Number(first?.score) };
}
