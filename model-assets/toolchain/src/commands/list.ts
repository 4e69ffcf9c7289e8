import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FolderStore, type PackageEntry } from '@pilotlight/engine';
import { type CatalogEntry, readCatalog } from '@pilotlight/model-format';
import { DEFAULT_PACKAGES } from '../package/packages-folder.ts';
import { parseOptions, usage } from '../terminal/arguments.ts';
import { type Command, EXIT } from '../terminal/command.ts';
import { megabytes, table } from '../terminal/table.ts';

export const list: Command = {
  summary: 'list the packages, broken ones with the reason',
  help: `List the packages that there are, and the tier that the catalog gives them.

Usage: npm run models -- list [options]

  --packages DIR   folder of packages (default: model-assets/packages)
  --catalog FILE   where models run (default: catalog.json beside the packages folder, if there is one)
  --json           manifests and problems as JSON

Example:
  npm run models -- list
`,
  async run(args, { stdout }) {
    const { values, positionals } = parseOptions(
      args,
      {
        packages: { type: 'string', default: DEFAULT_PACKAGES },
        catalog: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      'list',
    );
    if (positionals.length > 0) throw usage(`list takes no argument, but got '${positionals[0]}'.`, 'list');
    const catalog = catalogOf(values.packages, values.catalog);
    const entries = await new FolderStore(values.packages).list();
    const text = values.json ? JSON.stringify(entries, null, 2) : listing(entries, catalog, values.packages);
    stdout.write(`${text}\n`);
    return entries.some(({ problem }) => problem !== undefined) ? EXIT.failed : EXIT.ok;
  },
};

/** A catalog that is named must be there; that beside the packages need not. */
function catalogOf(packages: string, named: string | undefined): readonly CatalogEntry[] {
  const beside = join(packages, '../catalog.json');
  return named === undefined && !existsSync(beside) ? [] : readCatalog(named ?? beside);
}

function listing(
  entries: readonly PackageEntry[],
  catalog: readonly CatalogEntry[],
  packages: string,
): string {
  if (entries.length === 0)
    return `There is no package in ${packages}. Bring one in: npm run models -- add --help`;
  const rows = entries.map(({ name, version, manifest, problem }) => {
    if (manifest === undefined) return [name, version, '', '', '', '', problem ?? ''];
    if (manifest.runtime === 'transformers.js') {
      const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
      const variant = `${manifest.dtype} ${megabytes(bytes)}, ${manifest.runtime}`;
      return [name, version, manifest.task, '', variant, tierIn(catalog, name, version), ''];
    }
    const variants = Object.entries(manifest.variants).map(([variant, { files }]) => {
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return `${variant} ${megabytes(bytes)}`;
    });
    const quality = manifest.quality.map(
      ({ dataset, metric, served }) => `${dataset} ${metric} ${(100 * served).toFixed(1)} %`,
    );
    const { maxTokens } = manifest.textProcessing;
    const tier = tierIn(catalog, name, version);
    return [name, version, manifest.task, `${maxTokens}`, variants.join(', '), tier, quality.join(', ')];
  });
  return table(
    [
      { title: 'model' },
      { title: 'version' },
      { title: 'task' },
      { title: 'tokens', align: 'right' },
      { title: 'variants' },
      { title: 'tier in catalog' },
      { title: 'quality as served' },
    ],
    rows,
  );
}

function tierIn(catalog: readonly CatalogEntry[], name: string, version: string): string {
  return catalog.find((entry) => entry.name === name && entry.version === version)?.tier ?? 'none';
}
