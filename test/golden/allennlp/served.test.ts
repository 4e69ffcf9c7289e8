/**
 * Archives of ../shared from their files to answers over HTTP: each is packaged, after it has been proven that it answers as AllenNLP did,
 * and served. A handful always; PILOTLIGHT_TESTS=long takes all of them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { afterAll, expect, it } from 'vitest';
import { createApp } from '../../../functions/app/src/app.ts';
import { compareAnswers } from '../../../layers/engine/src/runtimes/allennlp/goldens/compare-answers.ts';
import { packageArchive } from '../../../model-assets/toolchain/src/allennlp/package/package-archive.ts';
import { archivePath, hasArchives, hubPath, listArchives, readReference } from '../../fixtures/allennlp.ts';
import { givenInput } from '../../fixtures/allennlp-inputs.ts';
import { describeShared } from '../../fixtures/shared.ts';
import { LONG } from '../../scale.ts';
import { temporaryFolder } from '../../unit/toolchain/temporary-folder.ts';

/** One of each kind of text processing and of decoding. */
const HANDFUL = [
  'made_crf_tagger_bioul',
  'made_crf_bert_folding',
  'made_dep_bert',
  'made_seq2seq_reverse',
  'made_coref_spanbert',
  'made_snli_bert',
];

const packages = temporaryFolder();
const engine = new Engine({ packages, memoryBudgetBytes: 1 });
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const app = createApp({ engine, logger: quiet });
afterAll(() => engine.dispose());

async function post(model: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await app.request(`/models/${model}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  return { status: response.status, body: await response.json() };
}

const names = listArchives().filter((name) => LONG || HANDFUL.includes(name));

describeShared({ folder: 'allennlp', isThere: hasArchives }, names, (name) => {
  const reference = readReference(name);

  it('is packaged with what AllenNLP answered as the proof', async () => {
    const lines = reference.cases.map((each) =>
      JSON.stringify({ input: givenInput(reference, each), output: each.output }),
    );
    const file = join(packages, `${name}.jsonl`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    const base = inner(name) ?? hubPath(name);
    const packaging = packageArchive({
      ...{ source: archivePath(name), packages, name, version: '1.0.0', force: true, tokenBudget: 1024 },
      predictor: reference.predictor_name,
      ...(base !== undefined && { base }),
      ...(reference.tokenization === 'whitespace' && { tokenization: 'whitespace' }),
      reference: file,
    });
    const { parity, proofs } = await packaging;
    expect(parity?.cases).toBe(reference.cases.length);
    expect(proofs).toHaveLength(1);
  }, 120_000);

  it('answers over HTTP as AllenNLP did, numbers within 1e-4', async () => {
    for (const each of reference.cases) {
      const { status, body } = await post(name, givenInput(reference, each));
      expect(status, JSON.stringify(body)).toBe(200);
      const { problem, largest, at } = compareAnswers(each.output, body);
      expect(problem, JSON.stringify(each.input)).toBeUndefined();
      expect(largest, `${JSON.stringify(each.input)}: ${at}`).toBeLessThan(1e-4);
    }
  }, 120_000);

  it('refuses with 4xx what raises in AllenNLP, and answers what it answers', async () => {
    for (const each of reference.degenerate) {
      const { status, body } = await post(name, givenInput(reference, each));
      const what = `${JSON.stringify(each.input)}: ${JSON.stringify(body).slice(0, 200)}`;
      if (each.output) expect(compareAnswers(each.output, body).problem, what).toBeUndefined();
      else {
        expect(status, what).toBeGreaterThanOrEqual(400);
        expect(status, what).toBeLessThan(500);
      }
    }
  }, 60_000);
});

/** The archive that a `from_archive` names: it is another of ../shared. */
function inner(name: string): string | undefined {
  return name === 'basic_classifier_from_archive' ? archivePath('basic_classifier') : undefined;
}
