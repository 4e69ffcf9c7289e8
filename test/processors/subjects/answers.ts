/** Proves every package of a folder by its goldens, and answers the same texts with each of its models. */
import { Engine } from '@pilotlight/engine';
import { verifyPackage } from '../../../model-assets/toolchain/src/verify-package.ts';
import { TEXTS } from '../texts.ts';
import { writeResults } from './write-results.ts';

const [, , packages = ''] = process.argv;
const engine = new Engine({ packages });
const models = [];
for (const entry of await engine.models()) {
  const proofs = await verifyPackage(packages, entry);
  const { results } = await engine.predict(entry.name, TEXTS);
  models.push({ name: entry.name, results, deviations: proofs.map(({ largest }) => largest) });
}
await engine.dispose();
writeResults(models);
