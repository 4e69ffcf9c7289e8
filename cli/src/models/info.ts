import type { PackageEntry } from '@pilotlight/engine';
import {
  type ArchiveManifest,
  describeDistance,
  describeLoss,
  type OnnxManifest,
  type PackageManifest,
  sumOfBytes,
  type Variant,
} from '@pilotlight/model-format';
import { selectPackages } from '@pilotlight/toolchain/internal/package/packages-folder';
import { packagesFolder } from '../clone.ts';
import { EXIT, type Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { printable } from '../kit/style.ts';
import { megabytes } from '../kit/table.ts';
import { generationFacts } from './generation-facts.ts';
import type { InfoLine } from './info-options.ts';
import { describeQuality } from './quality.ts';

/** Gives the exit code 1 where the package is broken. @throws CliError, EngineError */
export async function info({ values, positionals }: InfoLine, { stdout }: Terminal): Promise<number> {
  const [selection, more] = positionals;
  if (selection === undefined || more !== undefined || selection === 'all')
    throw usageError('info takes one model.');
  const [entry] = await selectPackages(packagesFolder(values.packages), selection);
  if (entry === undefined) throw usageError('info takes one model.');
  stdout.write(`${values.json ? JSON.stringify(entry, null, 2) : describe(entry)}\n`);
  return entry.problem === undefined ? EXIT.ok : EXIT.failed;
}

function describe({ name, version, manifest, problem }: PackageEntry): string {
  if (manifest === undefined) return `${name}@${version} is broken: ${printable(problem ?? '')}`;
  const facts = factsOf(manifest);
  const width = Math.max(...facts.map(([key]) => key.length));
  const lines = facts.map(([key, value]) => `${key.padEnd(width)}  ${printable(value)}`);
  return [
    `${name}@${version}${manifest.description ? `: ${printable(manifest.description)}` : ''}`,
    '',
    ...lines,
  ].join('\n');
}

type Fact = readonly [key: string, value: string];

function factsOf(manifest: PackageManifest): readonly Fact[] {
  switch (manifest.runtime) {
    case 'onnx':
      return onnxFacts(manifest);
    case 'generation':
      return generationFacts(manifest);
    case 'allennlp':
      return archiveFacts(manifest);
    case 'transformers.js':
      return [
        ['task', manifest.task],
        ['runtime', manifest.runtime],
      ];
  }
}

function archiveFacts(manifest: ArchiveManifest): readonly Fact[] {
  const { task, predictor, tasks, hub, source, variants, defaultVariant, parity, example } = manifest;
  const hubs = Object.keys(hub);
  return [
    ['model', `${task} of AllenNLP, predictor ${predictor}`],
    ...(tasks.length > 0 ? [['tasks', tasks.join(', ')] as const] : []),
    ...(example ? [['takes', JSON.stringify(example)] as const] : []),
    ...(hubs.length > 0 ? [['tokenizers', hubs.join(', ')] as const] : []),
    ['source', source.version === undefined ? source.id : `${source.id}, made by AllenNLP ${source.version}`],
    ...Object.entries(variants).map(
      ([name, { scheme, files, tokenBudget, speedup, largestDifference }]): Fact => {
        const size = megabytes(sumOfBytes(files));
        const speed = speedup === undefined ? '' : `, ${speedup.toFixed(1)} times as fast as fp32`;
        const off =
          largestDifference === undefined
            ? ''
            : `, numbers off by ${largestDifference.toPrecision(2)} at most`;
        return [
          name === defaultVariant ? `${name} (served)` : name,
          `${scheme}, ${size}, batches of ${tokenBudget} tokens${speed}${off}`,
        ];
      },
    ),
    parity
      ? [
          'parity',
          `answers as AllenNLP in ${parity.cases} cases; numbers off by ${parity.largestDifference.toPrecision(2)} at most`,
        ]
      : ['parity', "not compared with AllenNLP's own answers; package it with --reference"],
  ];
}

/** Labels beyond these are counted. */
const MOST_LABELS = 10;

function onnxFacts(manifest: OnnxManifest): readonly Fact[] {
  const { task, labels, textProcessing, source, variants, defaultVariant, quality } = manifest;
  const rest = labels.length > MOST_LABELS ? ` and ${labels.length - MOST_LABELS} more` : '';
  const from = [source.id, source.kind, source.revision, source.license, source.precision].filter(
    (part) => part !== undefined,
  );
  return [
    ['task', task],
    ...(labels.length > 0 ? [['labels', labels.slice(0, MOST_LABELS).join(', ') + rest] as const] : []),
    ['longest text', `${textProcessing.maxTokens} tokens`],
    ['source', from.join(', ')],
    ...Object.entries(variants).flatMap(([variant, facts]) =>
      variantFacts(variant === defaultVariant ? `${variant} (served)` : variant, facts),
    ),
    ...quality.map((entry): Fact => ['quality', describeQuality(entry)]),
  ];
}

function variantFacts(name: string, variant: Variant): readonly Fact[] {
  const { scheme, files, tokenBudget, speedup, keptFp32 = [], againstFp32 } = variant;
  const size = megabytes(sumOfBytes(files));
  const speed =
    speedup === undefined ? '' : `, ${speedup.toFixed(1)} times as fast as fp32 where it was packaged`;
  return [
    [name, `${scheme}, ${size}, batches of ${tokenBudget} tokens${speed}`],
    ...(keptFp32.length > 0 ? [['', `in fp32: ${keptFp32.join(', ')}`] as const] : []),
    ...(againstFp32
      ? [['', `beside fp32: ${describeLoss(againstFp32)}; ${describeDistance(againstFp32)}`] as const]
      : []),
  ];
}
