/** Divides tokenizer.json, so that its vocabulary is read beside the other work of a cold start. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { splitIsWhole } from '@pilotlight/engine/internal/tokenizer/split-is-whole';
import type { SplitTokenizer, TextProcessing } from '@pilotlight/model-format';
import { z } from 'zod';
import { describeFile } from '../package-files/describe-file.ts';

const FOLDER = 'tokenizer';

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).default([]),
  model: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('WordPiece'), vocab: z.record(z.string(), z.int()) }),
    z.looseObject({
      type: z.literal('BPE'),
      vocab: z.record(z.string(), z.int()),
      /** Newer files list pairs, older ones put a space between the two. */
      merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    }),
  ]),
});
type TokenizerModel = z.infer<typeof tokenizerSchema>['model'];

/**
 * Writes the parts of the package's tokenizer.json beside it. Undefined, and nothing written, where the library opens them as
 * another tokenizer or not at all: a Unigram, ids with gaps, options that its reader of files does not take.
 */
export async function splitTokenizer(
  folder: string,
  textProcessing: TextProcessing,
): Promise<SplitTokenizer | undefined> {
  const text = await readFile(join(folder, textProcessing.file.path), 'utf8');
  const parsed = tokenizerSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const { model, added_tokens } = parsed.data;
  const vocab = Object.fromEntries(added_tokens.map(({ content, id }) => [content, id]));
  const rest = { ...parsed.data, model: { ...model, vocab, ...('merges' in model && { merges: [] }) } };
  const files = { 'rest.json': JSON.stringify(rest), ...vocabularyFiles(model) };
  await mkdir(join(folder, FOLDER));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, FOLDER, name), content);
  const [restFile, ...vocabulary] = Object.keys(files).map((name) =>
    describeFile(folder, `${FOLDER}/${name}`),
  );
  if (restFile) {
    const split = { rest: restFile, vocabulary };
    const whole = splitIsWhole({ path: (file) => join(folder, file) }, { ...textProcessing, split });
    if (await whole.catch(() => false)) return split;
  }
  await rm(join(folder, FOLDER), { recursive: true });
  return undefined;
}

/** Gives the contents of the vocabulary files by name, in the order in which the library takes them. */
function vocabularyFiles(model: TokenizerModel): Record<string, string> {
  if (model.type === 'BPE') {
    const merges = model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
    return {
      'vocab.json': JSON.stringify(model.vocab),
      'merges.txt': lines(['#version: 0.2', ...merges]),
    };
  }
  const byId = Object.entries(model.vocab).sort(([, left], [, right]) => left - right);
  return { 'vocab.txt': lines(byId.map(([token]) => token)) };
}

const lines = (values: readonly string[]): string => values.map((value) => `${value}\n`).join('');
