/** Makes a package out of a model folder of transformers.js: choose the files, copy, let it answer, verify, publish. */

import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  Engine,
  type TransformersJsDtype,
  type TransformersJsManifest,
  type TransformersJsTaskName,
} from '@pilotlight/engine';
import { FORMAT_VERSION, transformersJsManifestSchema } from '@pilotlight/model-format';
import * as z from 'zod';
import { publish, writeManifest } from '../package/publish.ts';
import { type Staging, withStaging } from '../package/staging.ts';
import { nodeMajor } from '../package/toolchain-facts.ts';
import { describeFile } from '../package-files/describe-file.ts';
import { pilotlightVersion, transformersVersion } from '../package-files/versions.ts';
import { readLicense } from '../sources/card.ts';
import { SourceFolder } from '../sources/folder.ts';
import type { VariantProof } from '../stages/verify.ts';
import { pipelineFiles } from './files.ts';
import { formatPipelineGoldens, type PipelineGolden } from './goldens.ts';
import { sampleRequests } from './sample-inputs.ts';
import { verifyTransformersJs } from './verify-package.ts';

const GOLDENS = 'goldens.jsonl';
const CARD = 'MODEL_CARD.md';
const USUAL_SAMPLING_RATE = 16_000;

export interface TransformersJsOptions {
  readonly source: string;
  readonly packages: string;
  readonly name: string;
  readonly version: string;
  readonly task: TransformersJsTaskName;
  /** @default - q8 where the folder has it, else fp32 */
  readonly dtype?: TransformersJsDtype;
  readonly description?: string;
  /** Name of the source, for the record. @default - that of its folder or file */
  readonly id?: string;
  readonly revision?: string;
  readonly force: boolean;
}

export interface TransformersJsResult {
  readonly folder: string;
  readonly manifest: TransformersJsManifest;
  readonly proof: VariantProof;
}

/** Throws ToolchainError and EngineError. The folder of the package appears complete or not at all. */
export async function packageTransformersJs(options: TransformersJsOptions): Promise<TransformersJsResult> {
  return withStaging(options, async (staging) => {
    const manifest = await stage(options, staging);
    const proof = await verifyTransformersJs(staging.root, manifest);
    return { folder: await publish(staging, manifest, options.force), manifest, proof };
  });
}

async function stage(
  options: TransformersJsOptions,
  { root, folder }: Staging,
): Promise<TransformersJsManifest> {
  const { name, version, task, description, id, revision } = options;
  const source = new SourceFolder(options.source);
  const { dtype, files } = pipelineFiles(source, task, options.dtype);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(source.use(file), join(folder, file), { dereference: true });
  }
  const readme = source.text('README.md');
  await writeFile(join(folder, CARD), writeCard(options, dtype, readme));
  const facts = {
    formatVersion: FORMAT_VERSION,
    runtime: 'transformers.js',
    name,
    version,
    ...(description && { description }),
    task,
    dtype,
    files: files.map((file) => describeFile(folder, file)),
    modelCard: describeFile(folder, CARD),
    source: {
      kind: 'huggingface',
      id: id ?? source.name,
      ...(revision && { revision }),
      ...readLicense(readme),
      files: source.sums(),
    },
    toolchain: {
      pilotlight: pilotlightVersion(),
      node: nodeMajor(),
      transformers: transformersVersion(),
    },
  };
  const write = async (goldens: readonly PipelineGolden[]) => {
    await writeFile(join(folder, GOLDENS), formatPipelineGoldens(goldens));
    const manifest = transformersJsManifestSchema.parse({
      ...facts,
      goldens: describeFile(folder, GOLDENS),
    });
    await writeManifest(folder, manifest);
    return manifest;
  };
  await write([]);
  return write(await answers(root, options, readSamplingRate(source)));
}

/** Asks the staged package for its answers. */
async function answers(
  root: string,
  { name, version, task }: TransformersJsOptions,
  rate: number,
): Promise<readonly PipelineGolden[]> {
  const engine = new Engine({ packages: root });
  try {
    const model = await engine.model({ name, version });
    const goldens: PipelineGolden[] = [];
    for (const request of sampleRequests(task, rate)) {
      const { results } = await model.predict(request.inputs, request.parameters);
      goldens.push({ ...request, result: results[0] });
    }
    return goldens;
  } finally {
    await engine.dispose();
  }
}

const preprocessorSchema = z.object({ sampling_rate: z.int().positive().optional() });

function readSamplingRate(source: SourceFolder): number {
  const { sampling_rate = USUAL_SAMPLING_RATE } =
    source.json('preprocessor_config.json', preprocessorSchema) ?? {};
  return sampling_rate;
}

function writeCard(
  { name, version, task }: TransformersJsOptions,
  dtype: TransformersJsDtype,
  readme?: string,
): string {
  const introduction =
    readme?.trim() ??
    `# ${name}\n\nA ${task} model. The source came without a model card: whoever uses it should find out what it was trained on.`;
  const section = `## Package\n\n\`${name}\` ${version}, packaged by Pilotlight for transformers.js, ${dtype}.`;
  return `${introduction}\n\n${section}\n`;
}
