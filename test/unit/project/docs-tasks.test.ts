/** docs/reference/tasks.md and the schemas of the tasks say the same. */
import { readFileSync } from 'node:fs';
import { TASKS, type TaskName } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { taskFor } from '../../../layers/engine/src/tasks/index.ts';

const document = readFileSync('docs/reference/tasks.md', 'utf8');
const COMMON = ['truncate', 'truncation_direction'];

const sectionOf = (title: string) =>
  document.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';

/** Names of parameters and what stands in the column of their defaults. */
function parametersIn(section: string): Map<string, string> {
  const rows = section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm);
  return new Map(Array.from(rows, ([, name = '', fallback = '']) => [name, fallback]));
}

const schemaOf = (task: TaskName) =>
  z
    .object({
      properties: z.record(z.string(), z.looseObject({ default: z.unknown().optional() })),
    })
    .parse(z.toJSONSchema(taskFor(task).parameters, { io: 'input', unrepresentable: 'any' })).properties;

describe.each(TASKS)('the section of %s', (task) => {
  const shown = parametersIn(sectionOf(task));
  const properties = schemaOf(task);

  it('has every parameter, and no other', () => {
    const own = Object.keys(properties).filter((name) => !COMMON.includes(name));
    expect([...shown.keys()].sort()).toEqual(own.sort());
  });

  it('has the default of each that has one', () => {
    for (const [name, cell] of shown) {
      const fallback = properties[name]?.default;
      if (fallback === undefined) continue;
      expect(cell, name).toContain(
        `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``,
      );
    }
  });

  it('shows a call that the task takes', () => {
    const [, json = ''] = /curl -d '([^']*)'/.exec(sectionOf(task)) ?? [];
    const call = z.strictObject({ inputs: z.unknown(), parameters: z.unknown().optional() });
    const { inputs, parameters = {} } = call.parse(JSON.parse(json));
    expect(taskFor(task).input.safeParse(inputs)).toMatchObject({ success: true });
    expect(taskFor(task).parameters.safeParse(parameters)).toMatchObject({ success: true });
  });
});

it('docs/reference/tasks.md says what every task takes for inputs that are too long', () => {
  const shown = parametersIn(sectionOf('Inputs that are too long'));
  expect([...shown.keys()]).toEqual(COMMON);
});
