/** How the text of a checkpoint that generates is read: beside its ids, its languages, its prefix, its chat template. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openGenerationFolder } from '../../fixtures/generation-text.ts';
import { byteLevelBpe, unigram } from '../../fixtures/tokenizers.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
let folders = 0;

type Files = Readonly<Record<string, unknown>>;

/** A folder with these files; what is no text is written as JSON. */
function folderOf(files: Files): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  const config = { model_type: 'gpt2', vocab_size: 400 };
  for (const [name, content] of Object.entries({ 'config.json': config, ...files }))
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return folder;
}

const bpe = { 'tokenizer.json': byteLevelBpe(400) };
const settings = (more: Files) => ({
  'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast', ...more },
});
const asked = [{ role: 'user', content: 'Hi' }];

describe('the chat template of a checkpoint', () => {
  const named = (name: string, template: string) => ({ name, template });

  it.each<[place: string, files: Files, rendered: string]>([
    ['tokenizer_config.json', settings({ chat_template: 'in settings' }), 'in settings'],
    [
      'chat_template.json',
      { ...settings({ chat_template: 'a' }), 'chat_template.json': { chat_template: 'in a file' } },
      'in a file',
    ],
    [
      'chat_template.jinja',
      { ...settings({ chat_template: 'a' }), 'chat_template.jinja': 'in jinja' },
      'in jinja',
    ],
    [
      'a list',
      settings({ chat_template: [named('tool_use', 'with tools'), named('default', 'without')] }),
      'without',
    ],
  ])('is found where releases of transformers put it: %s', async (_, files, rendered) => {
    const { text } = await openGenerationFolder(folderOf({ ...bpe, ...files }));
    expect(await text.renderChat(asked)).toBe(rendered);
  });

  it('of tools is taken where there are tools', async () => {
    const chat_template = [named('tool_use', '{{ tools | length }} tools'), named('default', 'without')];
    const { text } = await openGenerationFolder(folderOf({ ...bpe, ...settings({ chat_template }) }));
    expect(await text.renderChat(asked, { tools: [{ type: 'function' }] })).toBe('1 tools');
  });

  it('may name the special tokens, which values of the call overrule', async () => {
    const more = { bos_token: '<s>', chat_template: '{{ bos_token }}{{ messages[0].content }}' };
    const { text } = await openGenerationFolder(folderOf({ ...bpe, ...settings(more) }));
    expect(await text.renderChat(asked)).toBe('<s>Hi');
    expect(await text.renderChat(asked, { variables: { bos_token: '!' } })).toBe('!Hi');
  });

  it('that does not parse is left out, with a note', async () => {
    const { source, text } = await openGenerationFolder(
      folderOf({ ...bpe, ...settings({ chat_template: '{% if %}' }) }),
    );
    expect(source.notes.join()).toContain('the chat template is left out');
    await expect(text.renderChat(asked)).rejects.toMatchObject({ code: 'TASK_UNSUPPORTED' });
  });

  it('reaches no object of JavaScript, and makes no endless lists', async () => {
    const template =
      '{{ messages.constructor is undefined }}{{ messages[0].__proto__ is undefined }}{{ "a".constructor is undefined }}';
    const { text } = await openGenerationFolder(
      folderOf({ ...bpe, ...settings({ chat_template: template }) }),
    );
    expect(await text.renderChat(asked)).toBe('TrueTrueTrue');
    const endless = settings({
      chat_template: '{% if messages[0].content == "go" %}{{ range(1000000000) | list }}{% endif %}',
    });
    const other = await openGenerationFolder(folderOf({ ...bpe, ...endless }));
    await expect(other.text.renderChat([{ role: 'user', content: 'go' }])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('too long'),
    });
  });
});

describe('the text of a checkpoint', () => {
  it('has spaces before punctuation cleaned up as its settings say, but for BPE', async () => {
    const clean = settings({ clean_up_tokenization_spaces: true });
    expect((await openGenerationFolder(folderOf({ ...bpe, ...clean }))).source.cleansUp).toBeUndefined();
    const pieces = { 'tokenizer.json': unigram(400) };
    expect((await openGenerationFolder(folderOf({ ...pieces, ...clean }))).source.cleansUp).toBe(true);
    expect(
      (await openGenerationFolder(folderOf({ ...pieces, ...settings({}) }))).source.cleansUp,
    ).toBeUndefined();
  });

  it('has the prefix of its task before a source, and not before other texts', async () => {
    const task_specific_params = { summarization: { prefix: 'ab ' }, translation_en_to_de: { prefix: 'c' } };
    const folder = folderOf({
      ...bpe,
      'config.json': { model_type: 't5', is_encoder_decoder: true, task_specific_params },
    });
    const { text } = await openGenerationFolder(folder, 'summarization');
    const [start, ...rest] = await text.encode('x');
    expect([start, ...rest].slice(1, -1)).toEqual(await text.encode('ab x', { specialTokens: false }));
    expect((await openGenerationFolder(folder)).source.prefix).toBeUndefined();
  });

  it('does not take the first token of a decoder for a prefix', async () => {
    const folder = folderOf({ ...bpe, 'config.json': { model_type: 'opt', prefix: '</s>' } });
    expect((await openGenerationFolder(folder)).source.prefix).toBeUndefined();
  });

  it('is refused where its decoder cannot be streamed', async () => {
    const json = {
      ...byteLevelBpe(400),
      decoder: { type: 'CTC', pad_token: 'a', word_delimiter_token: '|', cleanup: true },
    };
    await expect(openGenerationFolder(folderOf({ 'tokenizer.json': json }))).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining('decoder'),
    });
  });

  it('has no languages to choose from unless it has', async () => {
    const { text } = await openGenerationFolder(folderOf(bpe));
    await expect(text.encode('a', { sourceLanguage: 'de_DE' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { field: 'src_lang' },
    });
  });
});
