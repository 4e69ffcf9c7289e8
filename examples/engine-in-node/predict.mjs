/** `node predict.mjs FOLDER TEXT ...` prints the label of each text. FOLDER holds model packages. */
import { Engine } from '@pilotlight/engine';

const [folder, ...texts] = process.argv.slice(2);
const engine = new Engine({ packages: folder });
const sentiment = await engine.predictor('sentiment');
const { results } = await sentiment.predict(texts);
for (const [index, [best]] of results.entries()) {
  console.log(`${best.label}  ${best.score.toFixed(3)}  ${texts[index]}`);
}
