/** Errors of the engine in the words of the route that was called. */
import { describe, expect, it } from 'vitest';
import { formatError as huggingFace } from '../../../functions/app/src/formats/hugging-face/errors.ts';
import { formatError as openInference } from '../../../functions/app/src/formats/open-inference/errors.ts';
import { formatError as openAi } from '../../../functions/app/src/formats/openai/errors.ts';
import { formatError as sageMaker } from '../../../functions/app/src/formats/sagemaker/errors.ts';
import { formatError as tei } from '../../../functions/app/src/formats/tei/errors.ts';
import type { ErrorReply } from '../../../functions/app/src/http/errors.ts';

type Code = ErrorReply['body']['code'];
const reply = (code: Code, error: string, details: object): ErrorReply => ({
  status: 422,
  headers: {},
  body: { error, code, ...details },
});
/** As the engine says it of the third text of the only input. */
const tooLong = reply('INPUT_TOO_LONG', 'Input 0 has 812 tokens; this model takes at most 256. Shorten it.', {
  field: 'inputs',
  index: 0,
  item: 2,
  tokens: 812,
  maxTokens: 256,
});
/** And of the third input of a list. */
const third = reply('INPUT_TOO_LONG', 'Input 2 has 812 tokens; this model takes at most 256. Shorten it.', {
  field: 'inputs',
  index: 2,
  tokens: 812,
  maxTokens: 256,
});
const tooLongForService = reply(
  'INPUT_TOO_LONG',
  'Input 2 has 90000 characters; this service takes at most 8000 of one input. Shorten it.',
  { field: 'inputs', index: 2, characters: 90_000, maxCharacters: 8000 },
);

describe('a text that is too long', () => {
  it.each([
    [tei, 'teiRerank', tooLong, 'texts[2] has 812', { field: 'texts', index: 2 }],
    [tei, 'teiDefaultRerank', tooLong, 'texts[2] has 812', { field: 'texts', index: 2 }],
    [tei, 'teiSimilarity', tooLong, 'inputs.sentences[2] has 812', { field: 'inputs.sentences', index: 2 }],
    [tei, 'teiEmbed', third, 'inputs[2] has 812', { field: 'inputs', index: 2 }],
    [tei, 'teiEmbed', tooLongForService, 'inputs[2] has 90000', { field: 'inputs', index: 2 }],
    [huggingFace, 'predict', tooLong, 'Input 0 has 812', { field: 'inputs', index: 0, item: 2 }],
    [openInference, 'v2Infer', third, 'Input 2 has 812', { field: 'inputs', index: 2 }],
  ] as const)('is named as the route names it (%#)', (format, route, error, message, details) => {
    const { body } = format(error, route);
    expect(body).toMatchObject({
      error: expect.stringMatching(new RegExp(`^${message.replaceAll(/[[\].]/g, '\\$&')}`)),
      ...details,
    });
  });

  it("is named in OpenAI's words, with the field as its param", () => {
    expect(openAi(third, 'openAiEmbeddings').body).toEqual({
      error: {
        message: 'input[2] has 812 tokens; this model takes at most 256. Shorten it.',
        type: 'invalid_request_error',
        param: 'input',
        code: 'INPUT_TOO_LONG',
      },
    });
  });

  it.each([
    [huggingFace, ' Or set "truncate": true to have it cut.'],
    [sageMaker, ' Or set "truncate": true to have it cut.'],
    [openInference, ' Or set "truncate": true among the parameters to have it cut.'],
    [tei, ' Or leave "truncate": false out to have it cut.'],
  ])('comes with the way to have it cut that the route has (%#)', (format, hint) => {
    const told = (error: ErrorReply) => JSON.stringify(format(error, '').body);
    expect(told(third)).toContain(JSON.stringify(`Shorten it.${hint}`).slice(1, -1));
    expect(told(tooLongForService)).not.toContain('truncate');
  });
});

describe('a field of the engine', () => {
  it.each([
    ['inputs[2].tokens[0]', 'input[2][0]', 'input'],
    ['parameters.dimensions', 'dimensions', 'dimensions'],
    ['inputs', 'input', 'input'],
  ])('%s is %s to OpenAI, and the param %s', (field, named, param) => {
    const { body } = openAi(reply('INVALID_INPUT', `${field}: is wrong.`, { field }));
    expect(body).toMatchObject({ error: { message: `${named}: is wrong.`, param } });
  });

  it.each([
    ['teiEmbed', 'inputs[2].tokens[0]', 'inputs[2][0]'],
    ['teiEmbed', 'parameters.dimensions', 'dimensions'],
    ['teiRerank', 'inputs.texts.2', 'texts.2'],
    ['teiRerank', 'parameters.top_k', 'top_n'],
    ['teiSimilarity', 'parameters.prompt_name', 'parameters.prompt_name'],
    ['teiSimilarity', 'inputs.source_sentence', 'inputs.source_sentence'],
  ])('of %s, %s, is %s to TEI', (route, field, named) => {
    const { body } = tei(reply('INVALID_INPUT', `${field}: is wrong.`, { field }), route);
    expect(body).toMatchObject({ error: `${named}: is wrong.`, field: named });
  });
});

it('an error that is of no field is left as it is', () => {
  const error = reply('OVERLOADED', 'Try again.', { other: 1 });
  expect(huggingFace(error)).toEqual(error);
});

it("an error for AWS's clients has a type and a message", () => {
  const { headers, body } = sageMaker(third, 'sageMakerEndpoint');
  expect(headers['x-amzn-errortype']).toBe('ValidationError');
  expect(body).toMatchObject({ message: expect.stringContaining('812 tokens'), code: 'INPUT_TOO_LONG' });
  expect(sageMaker({ ...third, status: 429 }).headers['x-amzn-errortype']).toBe('ThrottlingException');
  expect(sageMaker({ ...third, status: 500 }).headers['x-amzn-errortype']).toBe('InternalFailure');
});
