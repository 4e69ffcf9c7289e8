/** Packages that are whole but for their content: what a layer is made of needs no graph that runs. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OnnxManifest, PackageFile } from '@pilotlight/model-format';
import type { PackageDescription } from '../../../layers/builders/src/models/index.ts';
import { manifestOf } from '../engine/fakes.ts';

/** Writes `<packages>/<name>/<version>` with the files that its manifest lists, and gives its folder. */
export function writePackage(packages: string, changes: Partial<OnnxManifest> = {}): string {
  const base = manifestOf(changes);
  const folder = join(packages, base.name, base.version);
  const write = ({ path }: PackageFile): PackageFile => {
    const content = `${path} of ${base.name}@${base.version}\n`;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  };
  const variants = Object.entries(base.variants).map(([name, variant]) => [
    name,
    { ...variant, files: variant.files.map(write) },
  ]);
  const { textProcessing } = base;
  const split = textProcessing.split && {
    rest: write(textProcessing.split.rest),
    vocabulary: textProcessing.split.vocabulary.map(write),
  };
  const manifest = {
    ...base,
    textProcessing: { ...textProcessing, file: write(textProcessing.file), split },
    variants: Object.fromEntries(variants),
    goldens: write(base.goldens),
    modelCard: write(base.modelCard),
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(manifest));
  return folder;
}

/** Writes `<packages>/<name>/1.0.0` with the variant int8, which is served by itself, and fp32. */
export function writeTwoVariants(packages: string, name = 'parity'): string {
  const { int8 } = manifestOf().variants;
  if (!int8) throw new TypeError('the fake manifest has an int8 variant');
  const { files, graphs } = int8;
  const renamed = (path: string) => path.replace('int8', 'fp32');
  const fp32 = {
    ...int8,
    graphs: { model: { ...graphs.model, file: renamed(graphs.model.file) } },
    files: files.map((file) => ({ ...file, path: renamed(file.path) })),
  };
  return writePackage(packages, { name, variants: { int8, fp32 } });
}

/** The description of a package that is nowhere, for placements. */
export function packageOf(
  name: string,
  bytes: number,
  tier: 'lambda' | 'gpu' = 'lambda',
): PackageDescription {
  const sha256 = '0'.repeat(64);
  return {
    name,
    version: '1.0.0',
    folder: `/packages/${name}/1.0.0`,
    variant: 'int8',
    files: [{ path: 'model.json', bytes, sha256 }],
    manifestSha256: sha256,
    bytes,
    tier,
  };
}
