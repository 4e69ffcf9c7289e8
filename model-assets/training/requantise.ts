/** Quantises the default packages anew: `node requantise.ts <datasets> <name> <version> <new version>`. See README.md. */
import { join } from 'node:path';
import { silent } from '../toolchain/src/progress.ts';
import { requantise } from '../toolchain/src/requantise/requantise.ts';

const [datasets = '', name = '', from = '', version = ''] = process.argv.slice(2);
const { variants, quality } = await requantise(
  {
    packages: join(import.meta.dirname, '../packages'),
    ...{ name, from, version },
    fileOf: (dataset) => join(datasets, `${dataset}.jsonl`),
  },
  silent,
);
console.log(JSON.stringify({ variants, quality }, null, 2));
