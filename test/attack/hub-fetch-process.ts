/** Fetches a model as a process of its own, for tests that kill it: the address and the cache are its arguments. */
import { fetchModel } from '../../model-assets/toolchain/src/fetch-model.ts';

const [address = '', cache = ''] = process.argv.slice(2);
const { path } = await fetchModel(address, { for: 'package' }, { cache });
process.stdout.write(path);
