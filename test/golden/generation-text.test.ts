/** Prompts, texts and conversations of models that generate, against what transformers gives. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openGenerationFolder } from '../fixtures/generation-text.ts';

const shared = join(import.meta.dirname, '../../../shared/references/gen');
const hasReferences = existsSync(shared);
const families = hasReferences
  ? readdirSync(shared).filter((name) => existsSync(join(shared, name, 'reference.json')))
  : ['../shared/references/gen is not at hand'];

const ids = z.array(z.int());
const referenceSchema = z.looseObject({
  cases: z.array(
    z.looseObject({
      kind: z.string(),
      prompts: z.array(z.string()).nullish(),
      input_ids: z.array(ids).nullish(),
      attention_mask: z.array(ids).nullish(),
      prompt_ids_transformers_4_57_6: ids.optional(),
      messages: z.array(z.looseObject({ role: z.string() })).optional(),
      rendered: z.string().optional(),
      sequences: z.array(ids),
      new_token_start: z.int(),
      text: z.array(z.string()).optional(),
      text_raw: z.array(z.string()).optional(),
    }),
  ),
});

function readCases(family: string) {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(shared, family, file), 'utf8'));
  const { is_encoder_decoder } = z
    .looseObject({ is_encoder_decoder: z.boolean().default(false) })
    .parse(read('config.json'));
  return { cases: referenceSchema.parse(read('reference.json')).cases, hasEncoder: is_encoder_decoder };
}

/** The ids without the padding of a batch. */
const withoutPadding = (tokens: readonly number[], mask: readonly number[] | undefined) =>
  tokens.filter((_, index) => mask?.[index] !== 0);

describe.skipIf(!hasReferences)('the text of a checkpoint (skipped without ../shared/references)', () => {
  it.each(families)('a prompt has the ids of transformers: %s', async (family) => {
    const { text } = await openGenerationFolder(join(shared, family));
    let compared = 0;
    for (const { kind, prompts, input_ids, attention_mask, ...one } of readCases(family).cases) {
      if (kind === 'chat') continue;
      for (const [index, prompt] of (prompts ?? []).entries()) {
        const latest = withoutPadding(input_ids?.[index] ?? [], attention_mask?.[index]);
        const older = one.prompt_ids_transformers_4_57_6;
        const given = await text.encode(prompt);
        expect([latest, older], JSON.stringify(prompt)).toContainEqual(given);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });

  it.each(families)(
    'ids have the text of transformers, with special tokens and without: %s',
    async (family) => {
      const { text } = await openGenerationFolder(join(shared, family));
      const { cases, hasEncoder } = readCases(family);
      for (const { sequences, new_token_start, text: plain, text_raw } of cases) {
        for (const [index, sequence] of sequences.entries()) {
          const part = hasEncoder ? sequence : sequence.slice(new_token_start);
          if (plain) expect(text.decode(part)).toBe(plain[index]);
          if (text_raw) expect(text.decode(part, { skipSpecialTokens: false })).toBe(text_raw[index]);
        }
      }
    },
  );

  it.each(families)('a conversation has the text and the ids of transformers: %s', async (family) => {
    const { text } = await openGenerationFolder(join(shared, family));
    for (const { messages, rendered = '', input_ids } of readCases(family).cases) {
      if (!messages) continue;
      const given = await text.renderChat(messages);
      expect(given).toBe(rendered);
      expect(await text.encode(given, { specialTokens: false })).toEqual(input_ids?.[0]);
    }
  });
});
