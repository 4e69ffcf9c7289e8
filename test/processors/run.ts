/** `npm run test:processors -- arm64`: the tests of this folder on an emulated processor. It ends with 1 where that cannot be. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../packages/world.ts';
import { findObstacle } from './emulate.ts';
import { PROCESSORS } from './processors.ts';

const [, , name = ''] = process.argv;
const processor = Object.hasOwn(PROCESSORS, name) ? PROCESSORS[name] : undefined;
const obstacle = processor
  ? findObstacle(processor)
  : `the processors are ${Object.keys(PROCESSORS).join(' and ')}`;
if (obstacle !== undefined) {
  process.stderr.write(`${name || 'Nothing'} cannot be emulated: ${obstacle}.\n`);
  process.exit(1);
}
const { status } = spawnSync(
  process.execPath,
  [join(REPOSITORY, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'processors'],
  { cwd: REPOSITORY, stdio: 'inherit', env: { ...process.env, TEST_PROCESSOR: name } },
);
process.exit(status ?? 1);
