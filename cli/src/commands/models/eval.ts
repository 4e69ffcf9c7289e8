import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/eval-options.ts';

export const command = defineCommand({
  summary: 'judge a package by a labelled dataset, alone or beside another',
  usage: ['MODEL DATASET [OPTIONS]'],
  description:
    'Asks a package every row of a .jsonl, .csv or .tsv file, through the serving engine, and measures its answers by its task: accuracy, F1 of labels or of spans, exact match, ranks, overlap of texts. MODEL is NAME[@VERSION][:VARIANT], or the folder of a package.',
  options: OPTIONS,
  notes:
    'A gate is a figure of the report, a relation (>=, <=, >, <, ==) and a number: accuracy>=0.9. There are figures of slices, accuracy[language=de], of labels, f1[refund], and with --compare flips, flip-rate, regressions, fixes, p-value and change:accuracy. The exit code is 1 where a gate has not passed.',
  examples: [
    'pilotlight models eval sentiment reviews.jsonl',
    'pilotlight models eval sentiment reviews.csv --columns text=review,label=stars --slice language',
    "pilotlight models eval sentiment@1.1.0 reviews.jsonl --compare sentiment@1.0.0 --gate 'accuracy>=0.85,flips<=50'",
    "pilotlight models eval reviews:int8 reviews.jsonl --compare reviews:fp32 --gate 'flip-rate<=1%'",
    'pilotlight models eval sentiment reviews.jsonl --out eval.html --out eval.json',
  ],
  run: async (line, terminal) => (await import('../../models/eval.ts')).evaluatePackage(line, terminal),
});
