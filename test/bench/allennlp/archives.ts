/** The archives that are measured, as packages of Pilotlight and as AllenNLP opens them, and what they are asked. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from 'pilotlight/internal/kit/errors';
import * as z from 'zod';
import { Random } from '../../fixtures/random.ts';
import { addPackage } from '../package-model.ts';
import { WORK } from '../paths.ts';
import { digest, SOURCES } from '../prepare.ts';
import type { Input } from './protocol.ts';

export interface ArchiveKind {
  /** The name of its folder. */
  readonly name: string;
  /** What tables call it. */
  readonly label: string;
  /** AllenNLP's name of its predictor. */
  readonly predictor: string;
  readonly registers?: string;
  /** The field of the input that is a text. */
  readonly field: 'sentence' | 'source';
  /** Words of a text, from the least to the most. */
  readonly words: readonly [least: number, most: number];
}

export const ARCHIVE_KINDS: readonly ArchiveKind[] = [
  {
    name: 'made_crf_tagger_bioul',
    label: 'crf_tagger',
    predictor: 'sentence_tagger',
    registers: 'allennlp_models.tagging',
    field: 'sentence',
    words: [4, 25],
  },
  ...['lstm', 'cnn'].map((encoder) => ({
    name: `made_basic_classifier_${encoder}`,
    label: `basic_classifier (${encoder})`,
    predictor: 'text_classifier',
    field: 'sentence' as const,
    words: [4, 25] as const,
  })),
  {
    name: 'made_seq2seq_reverse',
    label: 'simple_seq2seq, beam 4',
    predictor: 'seq2seq',
    registers: 'allennlp_models.generation',
    field: 'source',
    words: [3, 8],
  },
];

export interface MeasuredArchive extends ArchiveKind {
  /** `model.tar.gz` */
  readonly archive: string;
  /** The name of the package. */
  readonly model: string;
  readonly inputs: readonly Input[];
}

/** Inputs of the comparison of answers and of the first prediction are the first of them. */
const INPUTS = { sentence: 1000, source: 64 } as const;
const SEED = 16;

const referenceSchema = z.object({
  cases: z.array(z.object({ input: z.record(z.string(), z.unknown()) })),
});

/** Packages the archives of a folder that are known here, once. @throws CliError USAGE where it has none of them */
export async function prepareArchives(
  folder: string,
  packages = join(WORK, 'allennlp', 'packages'),
): Promise<readonly MeasuredArchive[]> {
  const kinds = ARCHIVE_KINDS.filter(({ name }) => existsSync(join(folder, name, 'model.tar.gz')));
  if (kinds.length === 0) {
    const names = ARCHIVE_KINDS.map(({ name }) => name).join(', ');
    throw usageError(
      `--archives: ${folder} has none of ${names}, each a folder with model.tar.gz and reference.json.`,
    );
  }
  mkdirSync(packages, { recursive: true });
  const made: MeasuredArchive[] = [];
  for (const kind of kinds) {
    const archive = join(folder, kind.name, 'model.tar.gz');
    const model = kind.name.replaceAll('_', '-');
    const stamp = join(packages, `${model}.made-by`);
    const sources = digest(SOURCES) + digest(['model.tar.gz'], join(folder, kind.name));
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
      const more = kind.predictor === 'sentence_tagger' ? ['--tokenization', 'whitespace'] : [];
      await addPackage(archive, packages, model, { task: 'of the archive', more });
      writeFileSync(stamp, sources);
    }
    made.push({ ...kind, archive, model, inputs: makeInputs(kind, join(folder, kind.name)) });
  }
  return made;
}

/** Texts of the words of the archive's own cases. */
function makeInputs({ field, words: [least, most] }: ArchiveKind, folder: string): Input[] {
  const { cases } = referenceSchema.parse(JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')));
  const words = cases.flatMap(({ input }) => String(input[field] ?? '').split(/\s+/)).filter(Boolean);
  const random = new Random(SEED);
  return Array.from({ length: INPUTS[field] }, () => {
    const length = least + random.below(most - least + 1);
    const text = Array.from({ length }, () => words[random.below(words.length)]).join(' ');
    return { [field]: text };
  });
}
