import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/verify-options.ts';

export const command = defineCommand({
  summary: 'prove packages: files, sums and every golden answer, through the serving engine',
  usage: ['[NAME | NAME@VERSION | all] [OPTIONS]', '[NAME...] --function ARN [OPTIONS]'],
  description:
    'Proves that packages are intact and answer on this machine as they did when they were made. With --function, deployed functions prove it where they run, as they do before a canary, and each NAME must be a model of one of them.',
  options: OPTIONS,
  examples: [
    'pilotlight models verify',
    'pilotlight models verify sentiment@1.0.0',
    'pilotlight models verify sentiment@1.0.0 --signed-by release.pub.pem',
    'pilotlight models verify large --provider cuda',
    'pilotlight models verify sentiment --function arn:aws:lambda:eu-central-1:111122223333:function:predict:live',
  ],
  run: async (line, terminal) => {
    const { function: deployed } = line.values;
    if (deployed === undefined) return (await import('../../models/verify.ts')).verify(line, terminal);
    const { verifyFunctions } = await import('../../models/verify-functions.ts');
    return verifyFunctions(deployed, line, terminal);
  },
});
