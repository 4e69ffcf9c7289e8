import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/fingerprint-options.ts';

export const command = defineCommand({
  summary: 'tell by a few characters whether a model answers as it did elsewhere',
  usage: ['[CORPUS] [OPTIONS]'],
  description:
    'Runs the texts of CORPUS, a file of lines or a .jsonl file, through each package, and prints hashes: of the token ids, of the decisions and of the rounded scores. The same package on the same corpus has the same ones on two machines, in two years, with any number of threads and in any batches. Without CORPUS, the texts are those that int8 is judged on.',
  options: OPTIONS,
  notes:
    'The hashes of token ids are exact. CLOSE counts decisions, and AT BORDERS scores, that another processor may turn: where only those hashes differ, "models diff" says by how much.',
  examples: [
    'pilotlight models fingerprint corpus.jsonl',
    'pilotlight models fingerprint corpus.jsonl --model sentiment@1.0.1 --json',
  ],
  run: async (line, terminal) => (await import('../../models/fingerprint.ts')).fingerprint(line, terminal),
});
