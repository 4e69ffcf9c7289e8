/** `node own-predictor.mjs FOLDER TEXT ...` prints the names in each text. FOLDER holds the package `ner`. */
import { Engine } from '@pilotlight/engine';
import archives from './predictors.mjs';

const [folder, ...texts] = process.argv.slice(2);
const engine = new Engine({ packages: folder, archives });
const inputs = texts.map((text) => ({ text }));
const { results } = await engine.predict('ner', inputs, {}, { task: 'predictor' });
for (const result of results) console.log(JSON.stringify(result));
await engine.dispose();
