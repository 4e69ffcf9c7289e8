/**
 * `npm run release`: publishes the tarballs that `npm run pack` wrote, each package after those that it depends on. Versions come
 * from `npx changeset version`, which is the first step of a release. It leaves out a version that npm has already.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { STAGED, workspaces } from './packages.ts';

for (const { manifest } of workspaces()) {
  const { name, version } = manifest;
  const published = spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' });
  if (published.stdout.trim() === version) {
    console.log(`${name}@${version} is published already.`);
    continue;
  }
  const tarball = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
  execFileSync('npm', ['publish', join(STAGED, tarball), ...process.argv.slice(2)], { stdio: 'inherit' });
}
