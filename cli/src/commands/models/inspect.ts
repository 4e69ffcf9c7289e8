import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/inspect-options.ts';

export const command = defineCommand({
  summary: 'tell what an AllenNLP archive is, and all that it lacks',
  usage: ['MODEL.TAR.GZ [OPTIONS]'],
  description:
    'Tells the model, the reader, tokenizers, indexers, embedders and encoders of an archive with their paths in config.json, the parameters of each module, the sizes of the vocabulary, and the hub models that it names. What is missing, has another shape, is not supported, or is code of your own (--include-package) is listed all at once. Nothing in the archive is run, and nothing is written.',
  options: OPTIONS,
  notes:
    'The exit code is 0 where models add takes the archive, and 1 where something stands in the way. A file that is no archive, or a damaged or a hostile one, is an error.',
  examples: [
    'pilotlight models inspect model.tar.gz',
    'pilotlight models inspect model.tar.gz --base hf:bert-base-cased',
    'pilotlight models inspect model.tar.gz --json',
  ],
  run: async (line, terminal) => (await import('../../models/inspect.ts')).inspect(line, terminal),
});
