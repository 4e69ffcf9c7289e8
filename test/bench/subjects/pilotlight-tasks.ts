/** Pilotlight with the tasks beyond classification, bundled as a function is deployed. */
import './started.ts';
import { Engine, type Prediction, type Predictor } from '@pilotlight/engine';
import { keepHeapSmall } from '../../../functions/app/src/settings/small-heap.ts';
import { type Answer, type BenchTask, CANDIDATE_LABELS, QUESTION } from './protocol.ts';
import { serve } from './serve.ts';
import { started } from './started.ts';

void serve(started, async ({ task = 'zero-shot', ...config }, mark) => {
  mark('import');
  keepHeapSmall();
  const { models: packages, scheme: variant, threads: intraOpThreads } = config;
  const engine = new Engine({ packages, variant, intraOpThreads, verify: 'size', packing: 'later' });
  const predictor = await engine.predictor(config.model);
  mark('load');
  const { ask, answer } = TASKS[task];
  const predict = async (texts: readonly string[]): Promise<Answer[]> => {
    const prediction = await ask(predictor, texts);
    return prediction.results.map((result) => answer(result, prediction));
  };
  return {
    one: async (text) => (await predict([text]))[0] ?? { label: '', score: Number.NaN },
    many: predict,
    settle: () => predictor.pack(),
  };
});

interface TaskOfBench {
  ask(predictor: Predictor, texts: readonly string[]): Promise<Prediction>;
  answer(result: unknown, prediction: Prediction): Answer;
}

/** A result has the shape of its task. */
const TASKS: Readonly<Record<BenchTask, TaskOfBench>> = {
  'zero-shot': {
    ask: (predictor, texts) => predictor.predict([...texts], { candidate_labels: CANDIDATE_LABELS }),
    answer: (result) => {
      const { labels, scores } = result as { labels: string[]; scores: number[] };
      return { label: labels[0] ?? '', score: scores[0] ?? Number.NaN };
    },
  },
  embeddings: {
    ask: (predictor, texts) => predictor.predict([...texts], { pooling: 'mean', normalize: true }),
    answer: (result) => ({ label: '', score: (result as number[])[0] ?? Number.NaN }),
  },
  questions: {
    ask: (predictor, contexts) =>
      predictor.predict(contexts.map((context) => ({ question: QUESTION, context }))),
    answer: (result, { tokens }) => ({
      label: (result as { answer: string }).answer,
      score: tokens.truncated,
    }),
  },
};
