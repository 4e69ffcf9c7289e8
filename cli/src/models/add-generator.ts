/** `add` of a checkpoint that generates text. */

import { describeTextLoss, GENERATION_TASKS } from '@pilotlight/model-format';
import type { GeneratorOptions, GeneratorResult, TextAttempt } from '@pilotlight/toolchain';
import { QUALITY_LEVELS } from '@pilotlight/toolchain/internal/options';
import { silent } from '@pilotlight/toolchain/internal/progress';
import { INT8_RUNGS } from '@pilotlight/toolchain/internal/schemes/rung';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { chooseOne } from '../kit/options.ts';
import { printable } from '../kit/style.ts';
import { duration, megabytes, table } from '../kit/table.ts';
import type { AddLine } from './add-options.ts';
import { parseCpuVariants } from './cpu-variants.ts';
import { packagedLine, proofTable } from './proofs.ts';
import { describeQuality } from './quality.ts';
import { stageProgress } from './stage-progress.ts';

/** Options of other models, which mean nothing to one that generates. */
const OTHERS = ['base', 'file', 'output', 'pooling', 'decoding', 'token-budget'] as const;

const RUNGS = INT8_RUNGS.map(({ scheme }) => scheme);

type Values = AddLine['values'];
type Common = Pick<
  GeneratorOptions,
  'source' | 'packages' | 'name' | 'version' | 'force' | 'description' | 'revision' | 'evaluations'
>;

/** Whether a task that was asked for is one of generation: its name, or that of a translation from one language to another. */
export function isGenerationTask(task: string | undefined): boolean {
  return (
    task === undefined || task.startsWith('translation_') || GENERATION_TASKS.some((name) => name === task)
  );
}

export async function addGenerator(
  common: Common,
  values: Values,
  { stdout, stderr }: Terminal,
): Promise<undefined> {
  const other =
    OTHERS.find((option) => values[option] !== undefined) ?? (values.normalize ? 'normalize' : undefined);
  if (other !== undefined) throw usageError(`--${other} is not for a model that generates text.`);
  const { task, texts, scheme } = values;
  const progress = values.json || values.quiet ? silent : stageProgress(stderr);
  const { packageGenerator } = await import(
    '@pilotlight/toolchain/internal/generation/package/package-generator'
  );
  const start = performance.now();
  const result = await packageGenerator(
    {
      ...common,
      ...(task !== undefined && { task }),
      ...(texts !== undefined && { texts }),
      ...(scheme !== undefined && { scheme: chooseOne(RUNGS, scheme, '--scheme') }),
      variants: parseCpuVariants(values.variants, 'a model that generates text'),
      quality: chooseOne(QUALITY_LEVELS, values.quality, '--quality'),
      keep: values['keep-fp32'] ?? [],
      reduceRange: values['reduce-range'],
    },
    progress,
  );
  stdout.write(
    values.json ? `${JSON.stringify(result, null, 2)}\n` : summary(result, performance.now() - start),
  );
  return undefined;
}

function summary(result: GeneratorResult, milliseconds: number): string {
  const { manifest, tried, notes } = result;
  const { quality = [], family, task } = manifest;
  const lines = [
    '',
    packagedLine(result, milliseconds),
    '',
    ...(tried.length > 0 ? [ladderTable(tried), ''] : []),
    proofTable(result),
    `${family} for ${task}; ${speeds(result)}`,
    ...Object.entries(manifest.variants).flatMap(([name, { againstFp32 }]) =>
      againstFp32 ? [`${name} beside fp32: ${describeTextLoss(againstFp32)}`] : [],
    ),
    ...quality.map((entry) => printable(describeQuality(entry))),
    ...notes.map((note) => `note: ${printable(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function ladderTable(tried: readonly TextAttempt[]): string {
  const right = 'right' as const;
  const columns = [
    { title: 'TRIED FOR INT8' },
    ...['SIZE', 'SPEED', 'TOKENS AS FP32', 'PERPLEXITY', 'chrF'].map((title) => ({ title, align: right })),
    { title: '' },
  ];
  return table(
    columns,
    tried.map(({ title, bytes, speedup, judgement: { tokenAgreement, perplexity, chrF }, missed }) => [
      title,
      megabytes(bytes),
      `${speedup.toFixed(1)}x`,
      `${(100 * tokenAgreement).toFixed(1)} %`,
      `${perplexity.served.toPrecision(3)}, fp32 ${perplexity.fp32.toPrecision(3)}`,
      chrF.toFixed(1),
      missed.length === 0 ? 'good enough' : 'loses too much',
    ]),
  );
}

/** `a step takes 5 ms, 1,000 tokens of a prompt 800 ms` */
function speeds({ manifest: { variants, defaultVariant } }: GeneratorResult): string {
  const { speed } = variants[defaultVariant] ?? {};
  if (speed === undefined) return 'its speed was not measured';
  return `a step takes ${duration(speed.stepMs)}, 1,000 tokens of a prompt ${duration(1000 * speed.promptMsPerToken)}`;
}
