/** Texts of checkpoints with random weights, which know no JSON: the grammar alone makes it one. */
import type { Generation } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openReference } from '../../support/generation/open-generator.ts';
import { hasGenerators } from '../../support/generation/references.ts';

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    count: { type: 'integer', minimum: 0, maximum: 99 },
    kind: { enum: ['a', 'b'] },
  },
  required: ['name', 'count', 'kind'],
  additionalProperties: false,
};
const json = { kind: 'json_schema', schema };
const regex = { kind: 'regex', pattern: '(?:yes|no) [a-z]{1,5}' };
const WAYS = [
  { num_beams: 1, do_sample: false },
  { num_beams: 3, do_sample: false, num_return_sequences: 2 },
  { num_beams: 1, do_sample: true, seed: 3, temperature: 1.5, top_k: 0, num_return_sequences: 2 },
];

async function generate(family: string, parameters: Record<string, unknown>): Promise<string[]> {
  const generator = await openReference(family);
  const free = { max_new_tokens: 80, max_length: null, min_length: null, no_repeat_ngram_size: null };
  try {
    const texts: string[] = [];
    for (const way of WAYS) {
      const { results } = await generator.predict('hello there', { ...free, ...way, ...parameters });
      const { sequences } = results[0] as Generation;
      texts.push(...sequences.map(({ text }) => text));
    }
    return texts;
  } finally {
    await generator.dispose();
  }
}

describe.skipIf(!hasGenerators)('a text with a grammar (skipped without ../shared/references)', () => {
  // BART has a first token that is forced, and stands in no text.
  it.each(['gpt2', 'llama', 'bart'])('follows it, greedily, by beams and drawn: %s', async (family) => {
    const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    const objects = await generate(family, { grammar: json });
    expect(objects).toHaveLength(5);
    for (const text of objects) expect(validator.safeParse(JSON.parse(text)).success, text).toBe(true);
    for (const text of await generate(family, { grammar: regex }))
      expect(text).toMatch(/^(?:yes|no) [a-z]{1,5}$/);
  });

  it('is refused where the model has no tokens for it', async () => {
    await expect(generate('t5', { grammar: json })).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });
});
