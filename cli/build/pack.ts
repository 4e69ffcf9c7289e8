/** `npm run pack`: compiles the packages, stages each in `dist/packages/<name>`, and writes a tarball of each beside it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, STAGED, workspaces } from './packages.ts';
import { stage } from './stage.ts';

const COMPILER = join(ROOT, 'node_modules/typescript-native/bin/tsc');

const packages = workspaces();
const folders = packages.map(({ folder }) => join(ROOT, folder));
execFileSync(process.execPath, [COMPILER, '-b', ...folders], { cwd: ROOT, stdio: 'inherit' });
await stage(packages);
const staged = packages.map(({ staged: folder }) => folder);
const packed = execFileSync(
  'npm',
  ['pack', '--json', '--ignore-scripts', '--pack-destination', STAGED, ...staged],
  { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'inherit'] },
);
const tarballs: readonly { filename: string; size: number }[] = Object.values(JSON.parse(packed));
for (const { filename, size } of tarballs) {
  console.log(`${join('dist/packages', filename)}  ${Math.ceil(size / 1000)} kB`);
}
