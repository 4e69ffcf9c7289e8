/** `add model.tar.gz`: an archive of AllenNLP. */
import type { ArchiveOptions, ArchiveResult } from '@pilotlight/toolchain';
import { silent } from '@pilotlight/toolchain/internal/progress';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { wholeNumber } from '../kit/options.ts';
import { printable } from '../kit/style.ts';
import type { AddLine } from './add-options.ts';
import { parseCpuVariants } from './cpu-variants.ts';
import { packagedLine, proofTable } from './proofs.ts';
import { stageProgress } from './stage-progress.ts';

/** Options of checkpoints, which mean nothing to an archive. */
const OTHERS = [
  ...['task', 'file', 'output', 'pooling', 'decoding', 'scheme', 'texts'],
  ...['keep-fp32', 'evaluate', 'dataset', 'split'],
] as const;

/** Whether a source is an archive: by its name, because that is how AllenNLP tells one from a folder. */
export function isArchive(source: string | undefined): boolean {
  return source !== undefined && /\.(?:tar\.gz|tgz)$/i.test(source);
}

type Common = Pick<
  ArchiveOptions,
  'source' | 'packages' | 'name' | 'version' | 'force' | 'description' | 'revision'
>;

export async function addArchive(
  common: Common,
  values: AddLine['values'],
  { stdout, stderr }: Terminal,
): Promise<undefined> {
  const other = OTHERS.find((option) => values[option as keyof typeof values] !== undefined);
  if (other !== undefined) throw usageError(`--${other} is not for an archive of AllenNLP.`);
  const { base, predictor, reference, tokenization } = values;
  const budget = values['token-budget'];
  const progress = values.json || values.quiet ? silent : stageProgress(stderr);
  const { packageArchive } = await import('@pilotlight/toolchain/internal/allennlp/package/package-archive');
  const start = performance.now();
  const result = await packageArchive(
    {
      ...common,
      ...(base !== undefined && { base }),
      ...(predictor !== undefined && { predictor }),
      ...(reference !== undefined && { reference }),
      ...(tokenization !== undefined && { tokenization: parseTokenization(tokenization) }),
      variants: parseCpuVariants(values.variants, 'an archive of AllenNLP'),
      ...(budget !== undefined && { tokenBudget: wholeNumber(budget, '--token-budget', 1) }),
    },
    progress,
  );
  stdout.write(
    values.json ? `${JSON.stringify(result, null, 2)}\n` : summary(result, performance.now() - start),
  );
  return undefined;
}

function parseTokenization(value: string): 'whitespace' {
  if (value === 'whitespace') return value;
  throw usageError(
    `--tokenization '${value}' must be whitespace; without it rules for English stand in for spaCy.`,
  );
}

function summary(result: ArchiveResult, milliseconds: number): string {
  const { task, predictor, example = {} } = result.manifest;
  const { parity } = result;
  const lines = [
    '',
    packagedLine(result, milliseconds),
    '',
    proofTable(result),
    `${task} with the predictor ${predictor}; it takes ${printable(JSON.stringify(example))}`,
    parity
      ? `answers as AllenNLP did in ${parity.cases} cases; numbers are off by ${parity.largestDifference.toPrecision(2)} at most`
      : 'note: not compared with what AllenNLP answers; --reference FILE does it before anything is packaged',
  ];
  return `${lines.join('\n')}\n`;
}
