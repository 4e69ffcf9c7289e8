import { FolderStore, parseModelRef } from '@pilotlight/engine';
import { pushPackage, whoAmI } from '@pilotlight/lifecycle/registry';
import { packagesFolder } from '../../clone.ts';
import type { Terminal } from '../../kit/command.ts';
import { usageError } from '../../kit/errors.ts';
import { megabytes } from '../../kit/table.ts';
import { transferProgress } from '../../kit/transfer.ts';
import { openRegistry } from './open.ts';
import type { PushLine } from './options.ts';

/** @throws CliError, EngineError, LifecycleError */
export async function push({ values, positionals }: PushLine, { stdout, stderr }: Terminal): Promise<void> {
  const [selection, more] = positionals;
  if (selection === undefined || more !== undefined)
    throw usageError('push takes one model, such as sentiment@1.0.0.');
  const bucket = openRegistry(values.registry);
  const packages = packagesFolder(values.packages);
  const { name, version } = await new FolderStore(packages).resolve(parseModelRef(selection));
  const who = values.who ?? (await whoAmI());
  const progress = transferProgress(
    stderr,
    `${name}@${version}`,
    values.json === true || values.quiet === true,
  );
  const because = values.because === undefined ? {} : { because: values.because };
  const pushed = await pushPackage(
    bucket,
    { name, version },
    { packages, who, ...because, onBytes: progress.show },
  ).finally(() => progress.clear());
  const { wasThere, sent, bytes } = pushed;
  const whole = `${pushed.package} is in ${bucket.address}`;
  const said = wasThere
    ? `${whole} already, the same package${sent.files > 0 ? `; ${sent.files} files that were missing were put` : ''}.`
    : `${whole}: ${megabytes(bytes)}, of which ${megabytes(sent.bytes)} were put now.`;
  stdout.write(
    values.json ? `${JSON.stringify(pushed, null, 2)}\n` : `${said}\nmodel.json ${pushed.manifestSha256}\n`,
  );
}
