/** Adapters that PEFT saved give, merged, the answers that PEFT gives (lora/make-adapters.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readSource } from '../../model-assets/toolchain/src/sources/index.ts';
import { runModel } from '../unit/toolchain/fixtures/run-model.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { writeBases } from './lora/bases.ts';

const ADAPTERS = 'test/golden/lora/adapters';
const rows = z.array(z.array(z.int()));
const { ids, mask, answers } = z
  .object({
    ids: rows,
    mask: rows,
    answers: z.record(z.string(), z.object({ base: z.string(), answer: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(join(ADAPTERS, 'answers.json'), 'utf8')));
const bases = temporaryFolder();
writeBases(bases);

const dims = [ids.length, ids[0]?.length ?? 0] as const;
const feed = {
  input_ids: ids.flat(),
  attention_mask: mask.flat(),
  token_type_ids: ids.flat().map(() => 0),
};

describe('an adapter that is merged into its base', () => {
  test.each(Object.entries(answers))('answers as PEFT does: %s', async (name, { base, answer }) => {
    const { model } = await readSource(join(ADAPTERS, name), { base: join(bases, base) });
    const output = await runModel(model, feed, dims);
    expect(output).toHaveLength(answer.length);
    const errors = answer.map((value, index) => Math.abs(value - (output[index] ?? Number.NaN)));
    expect(Math.max(...errors)).toBeLessThan(1e-5);
  });
});
