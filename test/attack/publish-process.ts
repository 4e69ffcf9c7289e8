/** Publishes a package of one file, as packaging does: `PACKAGES NAME CONTENT`, replacing what is there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publish } from '../../model-assets/toolchain/src/package/publish.ts';
import { withStaging } from '../../model-assets/toolchain/src/package/staging.ts';

const [packages = '', name = '', content = '', force = 'force'] = process.argv.slice(2);
const place = { packages, name, version: '1.0.0', force: force === 'force' };

await withStaging(place, async (staging) => {
  writeFileSync(join(staging.folder, 'content'), content);
  await publish(staging, place, place.force);
});
