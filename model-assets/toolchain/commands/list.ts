import { FolderStore, type PackageEntry } from '@pilotlight/engine';
import { DEFAULT_PACKAGES } from '../package/packages-folder.ts';
import { parseOptions, usage } from '../terminal/arguments.ts';
import { type Command, EXIT } from '../terminal/command.ts';
import { megabytes, table } from '../terminal/table.ts';

export const list: Command = {
  summary: 'list the packages, broken ones with the reason',
  help: `List the packages that there are.

Usage: npm run models -- list [options]

  --packages DIR   folder of packages (default: model-assets/packages)
  --json           manifests and problems as JSON

Example:
  npm run models -- list
`,
  async run(args, { stdout }) {
    const { values, positionals } = parseOptions(
      args,
      { packages: { type: 'string', default: DEFAULT_PACKAGES }, json: { type: 'boolean', default: false } },
      'list',
    );
    if (positionals.length > 0) throw usage(`list takes no argument, but got '${positionals[0]}'.`, 'list');
    const entries = await new FolderStore(values.packages).list();
    stdout.write(`${values.json ? JSON.stringify(entries, null, 2) : listing(entries, values.packages)}\n`);
    return entries.some(({ problem }) => problem !== undefined) ? EXIT.failed : EXIT.ok;
  },
};

function listing(entries: readonly PackageEntry[], packages: string): string {
  if (entries.length === 0)
    return `There is no package in ${packages}. Bring one in: npm run models -- add --help`;
  const rows = entries.map(({ name, version, manifest, problem }) => {
    if (manifest === undefined) return [name, version, '', '', '', problem ?? ''];
    const variants = Object.entries(manifest.variants).map(([variant, { files }]) => {
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return `${variant} ${megabytes(bytes)}`;
    });
    const quality = manifest.quality.map(
      ({ dataset, metric, served }) => `${dataset} ${metric} ${(100 * served).toFixed(1)} %`,
    );
    const { maxTokens } = manifest.textProcessing;
    return [name, version, manifest.task, `${maxTokens}`, variants.join(', '), quality.join(', ')];
  });
  return table(
    [
      { title: 'model' },
      { title: 'version' },
      { title: 'task' },
      { title: 'tokens', align: 'right' },
      { title: 'variants' },
      { title: 'quality as served' },
    ],
    rows,
  );
}
