import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGenerationConfig } from '../../../../model-assets/toolchain/src/generation/package/generation-config.ts';
import { SourceFolder } from '../../../../model-assets/toolchain/src/sources/folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();

/** Reads a folder with these two files. */
function read(
  config: Readonly<Record<string, unknown>>,
  generation?: Readonly<Record<string, unknown>>,
  { specific = 'text2text-generation', hasEncoder = true } = {},
) {
  const own = mkdtempSync(join(folder, 'model-'));
  mkdirSync(own, { recursive: true });
  if (generation) writeFileSync(join(own, 'generation_config.json'), JSON.stringify(generation));
  return readGenerationConfig(new SourceFolder(own), config, { specific, hasEncoder });
}

const TOKENS = { eos_token_id: 1, pad_token_id: 0, decoder_start_token_id: 0 };

describe('the defaults of a model that generates', () => {
  it('are those of generation_config.json, whose tokens have fields of their own', () => {
    const file = {
      ...TOKENS,
      bos_token_id: 3,
      num_beams: 4,
      no_repeat_ngram_size: 3,
      transformers_version: '4.57.6',
    };
    expect(read({ num_beams: 2 }, file).facts).toEqual({
      ...{ eos: [1], bos: 3, pad: 0, decoderStart: 0 },
      defaults: { num_beams: 4, no_repeat_ngram_size: 3 },
    });
  });

  it('are those of config.json where there is no such file', () => {
    const { facts } = read({ ...TOKENS, num_beams: 2, max_length: 60, vocab_size: 100, top_k: null });
    expect(facts).toEqual({ eos: [1], pad: 0, decoderStart: 0, defaults: { num_beams: 2, max_length: 60 } });
  });

  it('are without names that say nothing of the text, and without nulls', () => {
    const file = {
      ...TOKENS,
      _from_model_config: true,
      cache_implementation: 'hybrid',
      min_p: null,
      num_beam_groups: 1,
    };
    expect(read({}, file).facts.defaults).toEqual({});
  });

  it('give way to those that config.json has for the task', () => {
    const config = {
      task_specific_params: { summarization: { num_beams: 4, prefix: 'summarize: ', min_length: 30 } },
    };
    const file = { ...TOKENS, num_beams: 1 };
    expect(read(config, file, { specific: 'summarization', hasEncoder: true }).facts.defaults).toEqual({
      ...{ num_beams: 4, min_length: 30 },
    });
    expect(read(config, file).facts.defaults).toEqual({ num_beams: 1 });
  });

  it('may have several tokens that end a text, and the decoder may begin from BOS', () => {
    expect(read({}, { eos_token_id: [5, 6], bos_token_id: 2, pad_token_id: -1 }).facts).toEqual({
      ...{ eos: [5, 6], bos: 2, decoderStart: 2, defaults: {} },
    });
    const alone = read({}, { eos_token_id: 5, bos_token_id: 2 }, { specific: '', hasEncoder: false });
    expect(alone.facts).toEqual({ eos: [5], bos: 2, defaults: {} });
  });

  it('end a text by the token of config.json where generation_config.json names none, which is told', () => {
    const { facts, notes } = read({ eos_token_id: 7, decoder_start_token_id: 0 }, { num_beams: 2 });
    expect(facts.eos).toEqual([7]);
    expect(notes).toEqual(['generation_config.json names no eos_token_id: that of config.json ends a text']);
  });

  it.each([
    ['no token that ends a text', { decoder_start_token_id: 0 }, 'names no eos_token_id'],
    ['no token to begin from', { eos_token_id: 1 }, 'which token the decoder begins from'],
    ['beams in groups', { ...TOKENS, num_beam_groups: 4 }, 'num_beam_groups'],
    ['contrastive search', { ...TOKENS, penalty_alpha: 0.6 }, 'penalty_alpha'],
    ['a value that is none', { ...TOKENS, num_beams: 'four' }, 'num_beams'],
  ])('are refused by name with %s', (_what, file, message) => {
    expect(() => read({}, file)).toThrow(message);
  });
});
