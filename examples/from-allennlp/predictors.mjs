/**
 * The predictor that the team had registered as `names`: it read `{"text"}`, and answered `{"names": [{"name", "kind"}]}`. A deployment takes
 * this module by `packages: { predictors: 'predictors.mjs' }`, `pilotlight start` by the variable PILOTLIGHT_PREDICTORS.
 */

/** Wraps the model of the archive: `read` makes its instances of the team's JSON, `answer` the team's JSON of its answer. */
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

/** By the name of the package. */
export default { ner: names };
