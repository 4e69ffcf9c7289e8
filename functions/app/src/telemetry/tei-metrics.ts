/** The metrics of text-embeddings-inference about its two kinds of work, for dashboards that were made for it. They count requests. */
import type { Exchange, PredictionRecord } from '../serve/ports.ts';
import { Counter, Histogram } from './prometheus-text.ts';

/** The kinds of TEI, each by the names of the routes that do such work. */
const KINDS = {
  embed: /^(?:tei(?:Default)?(?:Embed|Similarity)|openAiEmbeddings$)/,
  predict: /^tei(?:Default)?(?:Predict|Rerank)$/,
} as const;
type Kind = keyof typeof KINDS;

class Work {
  readonly count = new Counter();
  readonly success = new Counter();
  readonly duration = new Histogram();
  readonly tokenization = new Histogram();
  readonly queue = new Histogram();
  readonly inference = new Histogram();
}

export class TeiMetrics {
  readonly #work: Readonly<Record<Kind, Work>> = { embed: new Work(), predict: new Work() };

  answered({ route, model, status, ms }: Exchange): void {
    const work = this.#find(route);
    if (!work) return;
    work.count.add({ model });
    if (status >= 400) return;
    work.success.add({ model });
    work.duration.observe({ model }, ms / 1000);
  }

  predicted({ route, model, timings }: PredictionRecord): void {
    const work = this.#find(route);
    work?.tokenization.observe({ model }, timings.tokenizeMs / 1000);
    work?.queue.observe({ model }, timings.queueMs / 1000);
    work?.inference.observe({ model }, timings.inferMs / 1000);
  }

  render(): string[] {
    return Object.entries(this.#work).flatMap(([kind, work]) => [
      ...work.count.render(`te_${kind}_count`, `Requests to ${kind}.`),
      ...work.success.render(`te_${kind}_success`, 'Those that were answered.'),
      ...work.duration.render(`te_${kind}_duration`, 'Seconds from the head of one to its answer.'),
      ...work.tokenization.render(`te_${kind}_tokenization_duration`, 'From text to tokens.'),
      ...work.queue.render(`te_${kind}_queue_duration`, 'Waiting for batches of other requests.'),
      ...work.inference.render(`te_${kind}_inference_duration`, 'In the model.'),
    ]);
  }

  #find(route: string): Work | undefined {
    if (KINDS.embed.test(route)) return this.#work.embed;
    return KINDS.predict.test(route) ? this.#work.predict : undefined;
  }
}
