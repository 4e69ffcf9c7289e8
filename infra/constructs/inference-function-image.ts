/** The build context of the predict function's container image, staged without Docker. */
import { createHash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { LayerBuild, PackageDescription } from '../../layers/models/index.ts';
import type { FunctionBundle } from './function-code.ts';
import { paths } from './paths.ts';

export interface ImageContents {
  readonly packages: readonly PackageDescription[];
  /** Its content is put where Lambda would mount the layer. */
  readonly runtime: LayerBuild;
  readonly bundle: FunctionBundle;
}

/**
 * Writes `<dist>/images/<hash of the content>/`, or finds it there from an earlier synth: Dockerfile, `function/`, and
 * `opt/` with native packages and models.
 */
export function stageImage({ packages, runtime, bundle }: ImageContents): string {
  const context = join(paths.images, digestOf({ packages, runtime, bundle }));
  if (existsSync(context)) return context;
  const unfinished = `${context}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    copy(paths.predictDockerfile, join(unfinished, 'Dockerfile'));
    cpSync(bundle.folder, join(unfinished, 'function'), { recursive: true });
    cpSync(runtime.folder, join(unfinished, 'opt'), { recursive: true });
    for (const { name, version, folder, files } of packages) {
      for (const { path } of files) {
        copy(join(folder, path), join(unfinished, 'opt', 'models', name, version, path));
      }
    }
    publish(unfinished, context);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return context;
}

/** One rename, so that another process that stages the same never sees half of it. */
function publish(unfinished: string, context: string): void {
  try {
    renameSync(unfinished, context);
  } catch (error) {
    if (!existsSync(context)) throw error;
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

function digestOf({ packages, runtime, bundle }: ImageContents): string {
  const hash = createHash('sha256');
  for (const { name, version, files } of packages) {
    for (const { path, sha256 } of files) hash.update(`${name}\0${version}\0${path}\0${sha256}\n`);
  }
  hash.update(readFileSync(paths.predictDockerfile)).update(bundle.sha256);
  return hash.update(runtime.sha256).digest('hex').slice(0, 12);
}
