import { describe, expect, it } from 'vitest';
import { chooseGenerationTask } from '../../../../model-assets/toolchain/src/generation/package/task.ts';

const card = (tag: string) => `---\nlicence: mit\npipeline_tag: ${tag}\n---\n# Model\n`;
const facts = (family: string, hasEncoder: boolean, readme?: string) => ({ family, hasEncoder, readme });

describe('the task of a model that generates', () => {
  it.each([
    ['a decoder alone', facts('gpt2', false), 'text-generation'],
    ['one with an encoder', facts('t5', true), 'text2text-generation'],
    ['Marian', facts('marian', true), 'translation'],
    ['Pegasus', facts('pegasus', true), 'summarization'],
    ['one whose card says it', facts('bart', true, card('summarization')), 'summarization'],
    [
      'a decoder whose card says what it cannot do',
      facts('gpt2', false, card('translation')),
      'text-generation',
    ],
    ['one whose card is of another task', facts('t5', true, card('fill-mask')), 'text2text-generation'],
    [
      'one whose text says a tag',
      facts('t5', true, '# Model\n\npipeline_tag: translation\n'),
      'text2text-generation',
    ],
  ])('of %s follows from its family and card', (_what, model, task) => {
    expect(chooseGenerationTask(model, undefined)).toEqual({ task, specific: task });
  });

  it('that is asked for may name the parameters of config.json for two languages', () => {
    const asked = 'translation_en_to_de';
    expect(chooseGenerationTask(facts('t5', true), asked)).toEqual({ task: 'translation', specific: asked });
    expect(chooseGenerationTask(facts('t5', true), 'summarization')).toMatchObject({ task: 'summarization' });
  });

  it('is refused where the model is not made for it, or where it is none', () => {
    expect(() => chooseGenerationTask(facts('gpt2', false), 'translation')).toThrow(
      'A gpt2 has no encoder, so it does text-generation, not --task translation.',
    );
    expect(() => chooseGenerationTask(facts('t5', true), 'text-generation')).toThrow('has an encoder');
    expect(() => chooseGenerationTask(facts('t5', true), 'fill-mask')).toThrow(
      "--task 'fill-mask' must be one of",
    );
  });
});
