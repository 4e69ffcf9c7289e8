/** The special tokens around texts, and the token types, as post-processors of tokenizer.json. */
import { z } from 'zod';
import type { Component } from './tokenizer-json.ts';

interface Placed {
  readonly token: string;
  readonly id: number;
}

/** `A` and `B` are the texts, any other name a special token; a token type follows a colon. @example 'cls_token A B:1' */
export interface Template {
  readonly single: string;
  readonly pair: string;
}

/** Writes a TemplateProcessing. `find` gives a special token by the name that stands for it in the template. */
export function writeTemplate(template: Template, find: (name: string) => Placed): Component {
  const used = new Map<string, Placed>();
  const read = (text: string) =>
    text.split(' ').map((part) => {
      const [name = '', type = '0'] = part.split(':');
      if (name === 'A' || name === 'B') return { Sequence: { id: name, type_id: Number(type) } };
      const placed = find(name);
      used.set(placed.token, placed);
      return { SpecialToken: { id: placed.token, type_id: Number(type) } };
    });
  const [single, pair] = [read(template.single), read(template.pair)];
  const special_tokens = Object.fromEntries(
    [...used.values()].map(({ token, id }) => [token, { id: token, ids: [id], tokens: [token] }]),
  );
  return { type: 'TemplateProcessing', single, pair, special_tokens };
}

/** The post-processor of RoBERTa. */
export function writeRoberta(
  find: (name: string) => Placed,
  options: Readonly<Record<string, boolean>>,
): Component {
  const [sep, cls] = ['sep_token', 'cls_token'].map((name) => {
    const { token, id } = find(name);
    return [token, id];
  });
  return { type: 'RobertaProcessing', sep, cls, ...options };
}

/** The post-processor of GPT-2: it adds nothing. */
export const BYTE_LEVEL: Component = {
  type: 'ByteLevel',
  add_prefix_space: true,
  trim_offsets: false,
  use_regex: true,
};

const placed = z.tuple([z.string(), z.int()]).transform(([token, id]) => ({ token, id }));
const bertSchema = z.object({ type: z.literal('BertProcessing'), sep: placed, cls: placed });
const part = z.record(z.string(), z.looseObject({ type_id: z.int() }));
const templateSchema = z.looseObject({
  type: z.literal('TemplateProcessing'),
  single: z.array(part),
  pair: z.array(part),
});
const sequenceSchema = z.looseObject({
  type: z.literal('Sequence'),
  processors: z.array(z.looseObject({ type: z.string() })),
});

const TEXTS_ALONE = writeTemplate({ single: 'A', pair: 'A B' }, (name) => ({ token: name, id: 0 }));

/** The same post-processor for a model that takes no token types: all of them are 0, as the model itself would assume. */
export function withoutTypes(processor: Component | null | undefined): Component {
  if (!processor) return TEXTS_ALONE;
  if (processor.type === 'RobertaProcessing') return processor;
  const bert = bertSchema.safeParse(processor).data;
  if (bert) {
    const find = (name: string) => (name === 'cls' ? bert.cls : bert.sep);
    return writeTemplate({ single: 'cls A sep', pair: 'cls A sep B sep' }, find);
  }
  const template = templateSchema.safeParse(processor).data;
  if (template) return { ...template, single: zeroed(template.single), pair: zeroed(template.pair) };
  const sequence = sequenceSchema.safeParse(processor).data;
  const processors = sequence?.processors ?? [processor];
  if (!processors.some(({ type }) => type !== 'ByteLevel'))
    return { type: 'Sequence', processors: [...processors, TEXTS_ALONE] };
  return {
    type: 'Sequence',
    processors: processors.map((one) => (one.type === 'ByteLevel' ? one : withoutTypes(one))),
  };
}

const zeroed = (parts: readonly z.infer<typeof part>[]) =>
  parts.map((entry) =>
    Object.fromEntries(Object.entries(entry).map(([kind, value]) => [kind, { ...value, type_id: 0 }])),
  );
