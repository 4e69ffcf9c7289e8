/** Pilotlight through its public engine. */
import { Engine, type Generation, type GenerationEvent } from '@pilotlight/engine';
import type { StreamReply } from '../protocol.ts';
import { type Generate, measure, readConfig, serve } from './serve.ts';

const { models, model: name, precision, threads, slots, prefixBytes = 0 } = readConfig();
const engine = new Engine({
  packages: models,
  variant: precision,
  intraOpThreads: threads,
  generationSlots: slots,
  generationPrefixBytes: prefixBytes,
});
const model = await engine.bulkModel({ name });
const GREEDY = { do_sample: false };

const generate: Generate = async (prompts, tokens, beams) => {
  const inputs = prompts.map((ids) => ({ ids }));
  const { results } = await model.predict(inputs, { ...GREEDY, max_new_tokens: tokens, num_beams: beams });
  return results.map(idsOf);
};

function idsOf(result: unknown): readonly number[] {
  return (result as Generation).sequences[0].tokens.map(({ id }) => id);
}

async function call(ids: readonly number[], tokens: number): Promise<readonly number[]> {
  const { results } = await model.predict({ ids }, { ...GREEDY, max_new_tokens: tokens });
  return idsOf(results[0]);
}

async function stream(ids: readonly number[], tokens: number): Promise<{ first: number; gaps: number[] }> {
  const start = performance.now();
  const prepared = await model.prepare({ ids }, { ...GREEDY, max_new_tokens: tokens });
  const events: AsyncIterable<GenerationEvent> | undefined = prepared.stream?.();
  if (!events) throw new TypeError('This model has no streams.');
  const times: number[] = [];
  for await (const { kind } of events) if (kind === 'token') times.push(performance.now());
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return { first: (times[0] ?? Number.NaN) - start, gaps };
}

void serve(async (command) => {
  const { prompts } = command;
  switch (command.do) {
    case 'generate':
      return measure(() => generate(prompts, command.tokens, command.beams));
    case 'calls':
      return measure(async () => {
        const ids: (readonly number[])[] = [];
        for (let from = 0; from < prompts.length; from += command.together) {
          const batch = prompts.slice(from, from + command.together);
          ids.push(
            ...(await Promise.all(batch.map((each, at) => call(each, command.tokens[from + at] ?? 1)))),
          );
        }
        return ids;
      });
    case 'stream': {
      const streams = await Promise.all(prompts.map((each) => stream(each, command.tokens)));
      return {
        firstMs: streams.map(({ first }) => first),
        gapsMs: streams.flatMap(({ gaps }) => gaps),
      } satisfies StreamReply;
    }
  }
});
