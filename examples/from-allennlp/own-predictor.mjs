/** `node own-predictor.mjs FOLDER TEXT ...` prints the names in each text. FOLDER holds the package `ner`. */
import { Engine } from '@pilotlight/engine';

/** The predictor that the team had registered as `names`: it read `{"text"}`, and answered `{"names": [{"name", "kind"}]}`. */
const names = (model) => ({
  ...model,
  read: ({ text }, field) => model.read({ sentence: String(text ?? '') }, field),
  answer: (input, instances, outputs) => {
    const { tags, words } = model.answer(input, instances, outputs);
    const found = [];
    for (const [place, tag] of tags.entries()) {
      const [position, kind] = tag.split('-');
      if (position === 'U' || position === 'B') found.push({ name: words[place], kind });
      else if (position !== 'O') found.at(-1).name += ` ${words[place]}`;
    }
    return { names: found };
  },
});

const [folder, ...texts] = process.argv.slice(2);
const engine = new Engine({ packages: folder, archives: { ner: names } });
const inputs = texts.map((text) => ({ text }));
const { results } = await engine.predict('ner', inputs, {}, { task: 'predictor' });
for (const result of results) console.log(JSON.stringify(result));
await engine.dispose();
