/** A task and a wire format each have one home: this counts the files that name one. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formats } from '../../../functions/app/src/formats/index.ts';
import { projectFiles } from './tracked-files.ts';

const SOURCES = projectFiles()
  .filter((file) => /^(?:cli|functions|infra|layers|model-assets)\/.*\.ts$/.test(file))
  .sort();

function naming(pattern: RegExp, files = SOURCES): string[] {
  return files.filter((file) => pattern.test(readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')));
}

test('a task is named in its facts, its computation and the registry of the engine, its terminal view, the choice of its judge, and wherever a format means it', () => {
  expect(naming(/'text-ranking'/)).toEqual([
    'cli/src/predict/answers.ts',
    'cli/src/predict/task-options.ts',
    'functions/app/src/formats/tei/codec.ts',
    'functions/app/src/formats/tei/info.ts',
    'functions/app/src/formats/tei/openapi.ts',
    'functions/app/src/openapi/schemas.ts',
    'layers/engine/src/tasks/index.ts',
    'layers/engine/src/tasks/text-classification.ts',
    'layers/engine/src/tasks/text-ranking.ts',
    'model-assets/format/src/tasks.ts',
    'model-assets/lifecycle/src/evaluate/judges/choose.ts',
    'model-assets/toolchain/src/sources/task.ts',
  ]);
});

test.each(Object.keys(formats))('only its folder and the registry import the wire format %s', (format) => {
  const own = `functions/app/src/formats/${format}/`;
  const importers = naming(new RegExp(`(?:from |import |import\\()'[^']*/${format}/`));
  const app = importers.filter((file) => file.startsWith('functions/app/src/') && !file.startsWith(own));
  // The body of Hugging Face is that of SageMaker, of jobs, and of the parameters of the Open Inference Protocol. Models of archives
  // answer it too, and a body without `inputs`; that of TEI's /predict is the one of `allennlp serve`, then.
  const BORROWERS: Record<string, string[]> = {
    'hugging-face': [
      'functions/app/src/app.ts',
      'functions/app/src/formats/allennlp/work.ts',
      'functions/app/src/formats/index.ts',
      'functions/app/src/formats/open-inference/codec.ts',
      'functions/app/src/formats/sagemaker/codec.ts',
      'functions/app/src/formats/sagemaker/csv.ts',
      'functions/app/src/formats/sagemaker/errors.ts',
      'functions/app/src/formats/tei/codec.ts',
      'functions/app/src/service/job-request.ts',
    ],
    // What an archive is asked is the same in both of the formats that have words for it.
    allennlp: [
      'functions/app/src/formats/hugging-face/codec.ts',
      'functions/app/src/formats/index.ts',
      'functions/app/src/formats/open-inference/archives.ts',
    ],
  };
  expect(app).toEqual(BORROWERS[format] ?? ['functions/app/src/formats/index.ts']);
});

test.each(Object.keys(formats))(
  'the folder of the wire format %s has the files that every format has',
  (format) => {
    const files = globSync(`functions/app/src/formats/${format}/*.ts`).map((file) =>
      file.replace(/^.*\//, ''),
    );
    for (const file of ['routes.ts', 'codec.ts', 'errors.ts', 'openapi.ts']) expect(files).toContain(file);
  },
);
