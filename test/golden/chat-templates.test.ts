/** Conversations by chat templates, against what `apply_chat_template` of transformers gives. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChatTemplate } from '@pilotlight/engine/internal/runtimes/generation/text/chat/chat-template';
import { parsePython, render } from '@pilotlight/engine/internal/runtimes/generation/text/chat/render';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const file = join(import.meta.dirname, '../../../shared/references/gen/chat_templates.json');
const hasReferences = existsSync(file);

const message = z.looseObject({ role: z.string() });
const schema = z.looseObject({
  templates: z.array(
    z.looseObject({
      name: z.string(),
      template: z.string(),
      bos_token: z.string().nullable(),
      eos_token: z.string().nullable(),
      cases: z.array(
        z.looseObject({
          conversation: z.string(),
          messages: z.array(message),
          tools: z.array(z.unknown()).nullable(),
          add_generation_prompt: z.boolean(),
          continue_final_message: z.boolean().default(false),
          kwargs: z.record(z.string(), z.unknown()),
          rendered: z.string().optional(),
        }),
      ),
    }),
  ),
});
const templates = hasReferences
  ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))).templates.map((one) => [one.name, one] as const)
  : [];

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-chat-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!hasReferences)('a chat template (skipped without ../shared/references)', () => {
  it.each(templates)(
    'gives the text of transformers, or refuses where Python raises: %s',
    async (name, one) => {
      const path = join(folder, `${name}.jinja`);
      writeFileSync(path, one.template);
      const { bos_token, eos_token } = one;
      const chat = new ChatTemplate(path, {
        ...(bos_token && { bos_token }),
        ...(eos_token && { eos_token }),
      });
      for (const { conversation, messages, tools, kwargs, rendered, ...asked } of one.cases) {
        const text = chat.render(messages, {
          tools: tools ?? undefined,
          addGenerationPrompt: asked.add_generation_prompt,
          continueFinalMessage: asked.continue_final_message,
          variables: kwargs,
        });
        if (rendered === undefined)
          await expect(text, conversation).rejects.toMatchObject({
            code: 'INVALID_INPUT',
            details: { field: 'messages' },
          });
        else expect(await text, conversation).toBe(rendered);
      }
      expect(one.cases.length).toBeGreaterThan(20);
    },
  );
});

const expressionsSchema = z.object({
  variables: z.record(z.string(), z.unknown()),
  expressions: z.array(z.tuple([z.string(), z.string().nullable()])),
});
const { variables, expressions } = expressionsSchema.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, 'chat-templates/expressions.json'), 'utf8')),
);

describe('a template', () => {
  it.each(expressions)('gives what Jinja2 gives, or fails where Python does: %s', (template, rendered) => {
    const write = () => render(parsePython(template), variables);
    if (rendered === null) expect(write).toThrow();
    else expect(write()).toBe(rendered);
  });
});

describe('a template that would keep the thread', () => {
  const messages = Array.from({ length: 2000 }, (_, index) => ({
    role: 'user',
    content: `message ${index}`,
  }));

  it.each([
    '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}',
    "{{ 'x' * 500000000 }}",
    '{{ [1] * 1000000000 }}',
    '{% set all = namespace(list=[1]) %}{% for i in range(60) %}{% set all.list = all.list + all.list %}{% endfor %}',
    '{{ range(100000) | list | unique | length }}{{ range(100000) | list | unique | length }}',
    '{% for a in messages %}{% for b in messages %}{{ a.content }}{% endfor %}{% endfor %}',
  ])('is ended: %s', (template) => {
    expect(() => render(parsePython(template), { messages })).toThrow(RangeError);
  });

  it('may go through 10,000 messages', () => {
    const template =
      "{% for message in messages %}{% if message.role == 'user' %}{{ message.content | trim }}{% endif %}{% endfor %}";
    const text = render(parsePython(template), { messages: Array(5).fill(messages).flat() });
    expect(text).toContain('message 1999message 0');
  });
});
