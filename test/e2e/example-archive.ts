/** The archive of examples/from-allennlp, packaged without a command, and what AllenNLP answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageArchive, silent } from '@pilotlight/toolchain';
import { copyMadeOnce } from '../fixtures/made-once.ts';

export const EXAMPLE = join(import.meta.dirname, '../../examples/from-allennlp');

export interface Reference {
  readonly input: { readonly sentence: string };
  readonly output: unknown;
}

export const REFERENCES: readonly Reference[] = readFileSync(join(EXAMPLE, 'references.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

export const INPUTS = REFERENCES.map(({ input }) => input);
export const OUTPUTS = REFERENCES.map(({ output }) => output);
export const SENTENCE = 'Joel Smith lives in Seattle .';

/** Packages it as `ner`, version 1.0.0, once in a run of vitest. Its goldens are the references. */
export function addExample(packages: string): Promise<void> {
  return copyMadeOnce('example-archive', packages, packageExample);
}

async function packageExample(packages: string): Promise<void> {
  await packageArchive(
    {
      source: join(EXAMPLE, 'model.tar.gz'),
      packages,
      name: 'ner',
      version: '1.0.0',
      tokenization: 'whitespace',
      reference: join(EXAMPLE, 'references.jsonl'),
      variants: ['fp32'],
      force: false,
    },
    silent,
  );
}
