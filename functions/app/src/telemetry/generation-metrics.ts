/** What models write, and how fast, as /metrics shows it. Nothing before the first text. */
import type { PredictionRecord } from '../serve/ports.ts';
import { Counter, Histogram } from './prometheus-text.ts';

export class GenerationMetrics {
  readonly #prompt = new Counter();
  readonly #generated = new Counter();
  readonly #sequences = new Counter();
  readonly #firstToken = new Histogram();
  readonly #token = new Histogram();
  readonly #prefixHits = new Counter();
  readonly #prefixTokens = new Counter();
  #isUsed = false;

  predicted({ model, version, variant, generation }: PredictionRecord): void {
    if (!generation) return;
    this.#isUsed = true;
    const labels = { model, version, variant };
    this.#prompt.add(labels, generation.promptTokens);
    this.#generated.add(labels, generation.newTokens);
    for (const reason of generation.finishReasons) this.#sequences.add({ ...labels, finish_reason: reason });
    const { hits, tokens } = generation.prefixes;
    if (hits > 0) {
      this.#prefixHits.add(labels, hits);
      this.#prefixTokens.add(labels, tokens);
    }
    for (const { firstTokenMs, tokenMs } of generation.pace) {
      this.#firstToken.observe(labels, firstTokenMs / 1000);
      this.#token.observe(labels, tokenMs / 1000);
    }
  }

  render(): string[] {
    if (!this.#isUsed) return [];
    return [
      ...this.#prompt.render('pilotlight_prompt_tokens_total', 'Tokens of prompts and sources.'),
      ...this.#generated.render('pilotlight_generated_tokens_total', 'Tokens of generated texts.'),
      ...this.#sequences.render(
        'pilotlight_generated_sequences_total',
        'Generated texts, by why they ended.',
      ),
      ...this.#firstToken.render(
        'pilotlight_first_token_seconds',
        'From the begin of a prediction to the first token of an input.',
      ),
      ...this.#token.render('pilotlight_token_seconds', 'Between two tokens of an input, on average.'),
      ...this.#prefixHits.render(
        'pilotlight_prefix_cache_hits_total',
        'Inputs whose first tokens had been read before.',
      ),
      ...this.#prefixTokens.render('pilotlight_prefix_cache_tokens_total', 'Those tokens.'),
    ];
  }
}
