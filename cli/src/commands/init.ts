import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packagesFolder } from '../clone.ts';
import { defineCommand } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';

export const command = defineCommand({
  summary: 'write a CDK app with one model, a test, and workflows that test and deploy it',
  usage: ['FOLDER'],
  options: {
    packages: {
      type: 'string',
      value: 'FOLDER',
      help: 'model packages to take the model `sentiment` from',
      otherwise: 'the models that come along',
    },
  },
  notes: `No install script runs in the app (.npmrc), because the one of onnxruntime-node would download the
CUDA libraries, which nothing in the app uses.`,
  examples: ['pilotlight init my-nlp'],
  run: async ({ values, positionals }, { stdout }) => {
    const [folder, more] = positionals;
    if (folder === undefined || more !== undefined) throw usageError('Name one folder, such as my-nlp.');
    const { writeApp } = await import('../init/write-app.ts');
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const files = writeApp({ folder, version: manifest.version, packages: packagesFolder(values.packages) });
    for (const file of files) stdout.write(`${join(relative('', folder) || '.', file)}\n`);
    stdout.write(`\nNext:\n  cd ${folder}\n  npm install\n  npm start\n`);
    return undefined;
  },
});
