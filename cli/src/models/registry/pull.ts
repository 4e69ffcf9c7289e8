import { join } from 'node:path';
import { pullPackage } from '@pilotlight/lifecycle/registry';
import { folderForNewPackages } from '../../clone.ts';
import type { Terminal } from '../../kit/command.ts';
import { megabytes } from '../../kit/table.ts';
import { transferProgress } from '../../kit/transfer.ts';
import { openRegistry, readWanted } from './open.ts';
import type { PullLine } from './options.ts';

/** @throws CliError, EngineError, LifecycleError */
export async function pull({ values, positionals }: PullLine, { stdout, stderr }: Terminal): Promise<void> {
  const { name, wanted } = readWanted(positionals, 'pull');
  const bucket = openRegistry(values.registry);
  const packages = folderForNewPackages(values.packages);
  const progress = transferProgress(stderr, name, values.json === true || values.quiet === true);
  const pulled = await pullPackage(bucket, name, wanted, { packages, onBytes: progress.show }).finally(() =>
    progress.clear(),
  );
  const place = join(packages, pulled.package.replace('@', '/'));
  const said = `${pulled.package} is in ${place}, each file compared; ${megabytes(pulled.receivedBytes)} came.`;
  stdout.write(values.json ? `${JSON.stringify({ ...pulled, place }, null, 2)}\n` : `${said}\n`);
}
