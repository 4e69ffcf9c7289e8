import { TASKS } from '@pilotlight/model-format';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { curlLine } from '../../../../cli/src/start/banner.ts';
import { taskFor } from '../../../../layers/engine/src/tasks/index.ts';
import { manifestOf } from '../../engine/fakes.ts';

const bodySchema = z.strictObject({
  inputs: z.unknown(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

it.each(TASKS)('the banner shows a call of %s that the task takes', (task) => {
  const line = curlLine(manifestOf({ name: 'mine', task }), 'http://localhost:8080');
  const [, json = '', address] = /^curl -d '([^']*)' (\S+)$/.exec(line) ?? [];
  expect(address).toBe('localhost:8080/models/mine');
  const { inputs, parameters = {} } = bodySchema.parse(JSON.parse(json));
  expect(taskFor(task).input.safeParse(inputs)).toMatchObject({ success: true });
  expect(taskFor(task).parameters.safeParse(parameters)).toMatchObject({ success: true });
});

it.each([
  ['the example of its package', "it's late and", "it's late and"],
  ['a beginning, where there is none', undefined, 'Once upon a time'],
])('the banner shows a call of a model that generates: %s', (_what, example, inputs) => {
  const line = curlLine(
    { runtime: 'generation', name: 'mine', ...(example && { example }) },
    'http://localhost:80',
  );
  const [, json = ''] = /^curl -d '([^']*)' localhost:80\/models\/mine$/.exec(line) ?? [];
  expect(JSON.parse(json)).toEqual({ inputs });
});

it('the banner shows the mask that the model knows', () => {
  const { textProcessing } = manifestOf();
  const manifest = manifestOf({
    task: 'fill-mask',
    textProcessing: { ...textProcessing, maskToken: '<mask>' },
  });
  expect(curlLine(manifest, 'http://localhost:8080')).toContain('Paris is the <mask> of France.');
});
