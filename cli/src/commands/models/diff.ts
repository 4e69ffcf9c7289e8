import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/diff-options.ts';

export const command = defineCommand({
  summary: 'compare two versions, variants or machines on the same texts',
  usage: ['A B [OPTIONS]', 'A --record FILE [OPTIONS]'],
  description:
    'Runs the same texts through A and B, and tells what differs: token ids, every decision that flips (the worst first), scores, tokenizer, settings, labels, sizes, times. A and B are NAME[@VERSION][:VARIANT], the folder of a package, or a file of answers that --record wrote, here or on another machine.',
  options: OPTIONS,
  notes:
    'The exit code is 1 where more flips than --max-flips allows. Without --texts, the texts are those that int8 is judged on.',
  examples: [
    'pilotlight models diff sentiment@1.0.0 sentiment@1.0.1',
    'pilotlight models diff reviews:fp32 reviews:int8 --texts questions.txt --max-flips 1%',
    'pilotlight models diff ../main/models/reviews/1.0.0 models/reviews/1.1.0 --markdown > comment.md',
    'pilotlight models diff sentiment --record answers.jsonl',
    'pilotlight models diff answers.jsonl sentiment',
  ],
  run: async (line, terminal) => (await import('../../models/diff.ts')).diff(line, terminal),
});
