/**
 * Quantises a package anew whose checkpoint is lost: its int8 weights become an fp32 checkpoint, which goes the way of any other. What
 * the package says of the original checkpoint stays: its goldens, the figures of fp32 and the source.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, FolderStore, type Predictor } from '@pilotlight/engine';
import type { OnnxManifest, Quality } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import { loadModel } from '../graph/external.ts';
import { publish, writeManifest } from '../package/publish.ts';
import { withStaging } from '../package/staging.ts';
import { describeFile } from '../package-files/describe-file.ts';
import { formatGoldens, type Goldens, parseGoldens } from '../package-files/goldens-file.ts';
import { packageModel } from '../package-model.ts';
import type { Progress } from '../progress.ts';
import { evaluate } from '../stages/evaluate.ts';
import { modelCard } from '../stages/model-card.ts';
import { largestTolerance, measureTolerance, verifyGoldens, verifyVariants } from '../stages/verify.ts';
import { restoreBert } from './bert-checkpoint.ts';
import { writeCheckpoint } from './write-checkpoint.ts';

/** Where the package's own section begins in its model card, after the card of the source. */
const PACKAGE_SECTION = '\n## Package\n';

/** Eight bits, and no equalised channels: the models that Pilotlight trains have no outlier channels, and are small, so that each node counts. */
const SETTINGS = { keep: [], reduceRange: false, equalise: false } as const;

export interface RequantiseOptions {
  /** Folder of packages, which the new version is added to. */
  readonly packages: string;
  readonly name: string;
  /** The version to read. */
  readonly from: string;
  /** The version to write. */
  readonly version: string;
  /** The test split behind each dataset that the package has figures for. */
  readonly fileOf: (dataset: string) => string;
}

/**
 * Writes the new version, with a variant int8 that gives an answer the same bits in any batch.
 *
 * @throws ToolchainError VERIFY_FAILED where its answers are too far from the goldens of the original checkpoint; EngineError
 */
export async function requantise(
  { packages, name, from, version, fileOf }: RequantiseOptions,
  progress: Progress,
): Promise<OnnxManifest> {
  const old = await readManifest(packages, name, from);
  const scratch = await mkdtemp(join(tmpdir(), 'pilotlight-requantise-'));
  try {
    const source = await restoreSource(join(packages, name, from), old, scratch);
    const { taskDefaults: { decoding } = {}, description } = old;
    const { folder, manifest } = await packageModel(
      {
        ...{ source, packages: join(scratch, 'packages'), name, version, quantise: SETTINGS },
        ...(decoding !== undefined && { decoding }),
        ...(description !== undefined && { description }),
      },
      progress,
    );
    return await withStaging({ packages, name, version, force: false }, async (staging) => {
      await cp(folder, staging.folder, { recursive: true });
      const served = { packages: staging.root, version };
      const goldens = await adoptGoldens(join(packages, name, from), old, served, progress);
      const quality = await measureQuality({ packages, version: from }, old, served, fileOf, progress);
      const adopted = await adopt(staging.folder, { old, made: manifest, goldens, quality });
      await progress.stage('verify package', (report) => verifyVariants(staging.root, adopted, report));
      await publish(staging, adopted, false);
      return adopted;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** One version of the package, in a folder of packages. */
interface Place {
  readonly packages: string;
  readonly version: string;
}

async function readManifest(packages: string, name: string, version: string): Promise<OnnxManifest> {
  const entries = await new FolderStore(packages).list();
  const entry = entries.find((candidate) => candidate.name === name && candidate.version === version);
  if (entry?.manifest?.runtime === 'onnx') return entry.manifest;
  throw new ToolchainError(
    'SOURCE_NOT_FOUND',
    `There is no package ${name}@${version} that can be quantised anew.`,
  );
}

/** Writes the checkpoint that the package stands for, with its tokenizer and the card of its source. Gives its folder. */
async function restoreSource(
  folder: string,
  { labels, source, variants }: OnnxManifest,
  scratch: string,
): Promise<string> {
  const target = await mkdtemp(join(scratch, `${source.id}-`));
  const graph = variants.int8?.graphs.model?.file ?? '';
  const { model } = loadModel(join(folder, graph));
  writeCheckpoint(restoreBert(model, labels), target);
  await cp(join(folder, 'tokenizer.json'), join(target, 'tokenizer.json'));
  await writeFile(join(target, 'README.md'), await sourceCard(folder));
  return target;
}

/** The card of the source: that of the package up to what packaging added. */
async function sourceCard(folder: string): Promise<string> {
  const card = await readFile(join(folder, 'MODEL_CARD.md'), 'utf8');
  return `${card.slice(0, card.indexOf(PACKAGE_SECTION)).trim()}\n`;
}

/** Says what the figures of a package are of whose checkpoint is lost. */
function provenance({ name, version }: OnnxManifest): string {
  return [
    '## Quantised anew',
    '',
    `The weights are those of \`${name}\` ${version}, which was quantised from the files below; they were not at hand any more. The goldens`,
    'and the figures of fp32 are of the original checkpoint. Agreement with it was not measured again: the figure is the least that',
    `agreement of ${version} with fp32, and of this version with ${version}, leaves.`,
  ].join('\n');
}

/** The goldens of the original checkpoint, with the tolerance that the new variant needs. */
async function adoptGoldens(
  folder: string,
  { name }: OnnxManifest,
  served: Place,
  progress: Progress,
): Promise<Goldens> {
  const { labels, goldens } = parseGoldens(await readFile(join(folder, 'goldens.jsonl'), 'utf8'));
  const deviation = await progress.stage('compare with the goldens', (report) =>
    withPredictor(name, served, (predictor) => verifyGoldens(predictor, goldens, undefined, report)),
  );
  const tolerance = measureTolerance(deviation, goldens);
  if (tolerance > largestTolerance(goldens) || !deviation.sameInAnyBatch) {
    throw new ToolchainError(
      'VERIFY_FAILED',
      `The answers of ${name} are off by up to ${deviation.largest.toPrecision(3)}, and the same in any batch: ${deviation.sameInAnyBatch}.`,
    );
  }
  return { labels, goldens, tolerance: { int8: tolerance } };
}

/**
 * The figures of fp32 as they were, those of what is served as they are. Nothing can be compared with the original checkpoint any more:
 * of two predictions, that of fp32 and the new one agree at least where both agree with the old one, which gives a bound.
 */
async function measureQuality(
  former: Place,
  { name, quality }: OnnxManifest,
  served: Place,
  fileOf: (dataset: string) => string,
  progress: Progress,
): Promise<readonly Quality[]> {
  const entries: Quality[] = [];
  for (const dataset of new Set(quality.map((entry) => entry.dataset))) {
    const measured = await progress.stage(`evaluate ${dataset}`, (report) =>
      withPredictor(name, former, (before) =>
        withPredictor(name, served, (after) =>
          evaluate(before, after, { file: fileOf(dataset), dataset }, report),
        ),
      ),
    );
    for (const entry of measured) {
      const known = quality.find((one) => one.dataset === dataset && one.metric === entry.metric);
      if (known === undefined) continue;
      const agreement = Math.max(0, known.agreement + entry.agreement - 1);
      entries.push({ ...entry, fp32: known.fp32, agreement });
    }
  }
  return entries;
}

async function withPredictor<Result>(
  name: string,
  { packages, version }: Place,
  work: (predictor: Predictor) => Promise<Result>,
): Promise<Result> {
  const engine = new Engine({ packages, variant: 'int8' });
  try {
    return await work(await engine.predictor({ name, version }));
  } finally {
    await engine.dispose();
  }
}

interface Adopted {
  readonly old: OnnxManifest;
  readonly made: OnnxManifest;
  readonly goldens: Goldens;
  readonly quality: readonly Quality[];
}

/** Writes goldens, card and manifest with what stays of the old package. What was compared with the restored checkpoint goes. */
async function adopt(folder: string, { old, made, goldens, quality }: Adopted): Promise<OnnxManifest> {
  const variants = Object.fromEntries(
    Object.entries(made.variants).map(([variant, { againstFp32: _, ...facts }]) => [variant, facts]),
  );
  const readme = `${await sourceCard(folder)}\n${provenance(old)}`;
  const common = { ...made, source: old.source, variants, quality: [...quality] };
  await writeFile(join(folder, 'goldens.jsonl'), formatGoldens(goldens));
  const card = modelCard(readme, { ...common, maxTokens: made.textProcessing.maxTokens });
  await writeFile(join(folder, 'MODEL_CARD.md'), card);
  const manifest: OnnxManifest = {
    ...common,
    goldens: describeFile(folder, 'goldens.jsonl'),
    modelCard: describeFile(folder, 'MODEL_CARD.md'),
  };
  await writeManifest(folder, manifest);
  return manifest;
}
