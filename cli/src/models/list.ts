import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FolderStore, type PackageEntry } from '@pilotlight/engine';
import {
  type ArchiveManifest,
  type CatalogEntry,
  describeLoss,
  describeTextLoss,
  type GenerationManifest,
  type OnnxManifest,
  readCatalog,
  sumOfBytes,
  type Variant,
} from '@pilotlight/model-format';
import { packagesFolder } from '../clone.ts';
import { asCalled } from '../kit/called-as.ts';
import { EXIT, type Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import { megabytes, table } from '../kit/table.ts';
import type { ListLine } from './list-options.ts';

/** Gives the exit code 1 where a package is broken. @throws CliError USAGE */
export async function list({ values, positionals }: ListLine, { stdout }: Terminal): Promise<number> {
  if (positionals.length > 0) throw usageError(`list takes no argument, but got '${positionals[0]}'.`);
  const packages = packagesFolder(values.packages);
  const catalog = openCatalog(packages, values.catalog);
  const entries = await new FolderStore(packages).list();
  const text = values.json ? JSON.stringify(entries, null, 2) : listing(entries, catalog, packages);
  stdout.write(`${text}\n`);
  return entries.some(({ problem }) => problem !== undefined) ? EXIT.failed : EXIT.ok;
}

/** Reads the catalog. One that is named must exist; the one beside the packages need not. */
function openCatalog(packages: string, named: string | undefined): readonly CatalogEntry[] {
  const beside = join(packages, '../catalog.json');
  return named === undefined && !existsSync(beside) ? [] : readCatalog(named ?? beside);
}

function listing(
  entries: readonly PackageEntry[],
  catalog: readonly CatalogEntry[],
  packages: string,
): string {
  if (entries.length === 0)
    return `There is no package in ${packages}. Bring one in: ${asCalled('pilotlight models add --help')}`;
  const rows = entries.flatMap(({ name, version, manifest, problem }) => {
    if (manifest === undefined) return [[name, version, '', '', '', '', problem ?? '']];
    if (manifest.runtime === 'transformers.js') {
      const bytes = sumOfBytes(manifest.files);
      const variant = `${manifest.dtype} ${megabytes(bytes)}, ${manifest.runtime}`;
      return [[name, version, manifest.task, '', variant, tierIn(catalog, name, version), '']];
    }
    const described: Readonly<Record<string, Pick<Variant, 'scheme' | 'files'>>> = manifest.variants;
    const variants = Object.entries(described).map(([variant, { scheme, files }]) => {
      const bytes = sumOfBytes(files);
      return `${variant} ${megabytes(bytes)}${scheme === variant ? '' : `, ${scheme}`}`;
    });
    if (manifest.runtime === 'allennlp') {
      const tier = tierIn(catalog, name, version);
      return [[name, version, manifest.task, '', variants.join('; '), tier, parityOf(manifest)]];
    }
    const [quality = '', ...more] =
      manifest.runtime === 'generation' ? textQualityOf(manifest) : qualityOf(manifest);
    const maxTokens =
      manifest.runtime === 'generation' ? longestText(manifest) : manifest.textProcessing.maxTokens;
    const tier = tierIn(catalog, name, version);
    const row = [name, version, manifest.task, `${maxTokens ?? ''}`, variants.join('; '), tier, quality];
    return [row, ...more.map((figure) => ['', '', '', '', '', '', figure])];
  });
  return table(
    [
      { title: 'MODEL' },
      { title: 'VERSION' },
      { title: 'TASK' },
      { title: 'TOKENS', align: 'right' },
      { title: 'VARIANTS' },
      { title: 'TIER' },
      { title: 'QUALITY' },
    ],
    rows,
  );
}

/** What was measured on labelled rows, then what each variant loses beside fp32. */
function qualityOf({ quality, variants }: OnnxManifest): readonly string[] {
  return [
    ...quality.map(({ dataset, metric, served }) => `${dataset} ${metric} ${(100 * served).toFixed(1)} %`),
    ...Object.entries(variants).flatMap(([variant, { againstFp32 }]) =>
      againstFp32 ? [`${variant}: ${describeLoss(againstFp32)}`] : [],
    ),
  ];
}

/** As `qualityOf`, of a model that generates text. */
function textQualityOf({ quality = [], variants }: GenerationManifest): readonly string[] {
  return [
    ...quality.map(({ dataset, metric, served }) => `${dataset} ${metric} ${(100 * served).toFixed(1)} %`),
    ...Object.entries(variants).flatMap(([variant, { againstFp32 }]) =>
      againstFp32 ? [`${variant}: ${describeTextLoss(againstFp32)}`] : [],
    ),
  ];
}

/** Tokens of the longest source, or of prompt and new tokens together; undefined where the model takes any. */
function longestText({ decoder }: GenerationManifest): number | undefined {
  return decoder.cross ? decoder.cross.maxTokens : decoder.maxPositions;
}

/** What was proved beside AllenNLP's own answers. */
function parityOf({ parity }: ArchiveManifest): string {
  return parity ? `answers as AllenNLP in ${parity.cases} cases` : '';
}

function tierIn(catalog: readonly CatalogEntry[], name: string, version: string): string {
  return catalog.find((entry) => entry.name === name && entry.version === version)?.tier ?? 'none';
}
