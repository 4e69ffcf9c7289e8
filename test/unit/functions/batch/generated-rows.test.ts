import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectFormat } from '../../../../functions/batch/src/file/formats.ts';
import { NO_PROGRESS, type Part, type Progress } from '../../../../functions/batch/src/file/parts.ts';
import { predictFile } from '../../../../functions/batch/src/file/predict-file.ts';
import { rowOutput } from '../../../../functions/batch/src/file/row-output.ts';
import { rowParameters } from '../../../../functions/batch/src/file/row-task.ts';
import type { Generator } from '../../../../layers/engine/src/runtimes/generation/generator.ts';
import { END, letterText } from '../../../support/generation/letter-text.ts';
import { openDecoder, openGenerator } from '../../../support/generation/open-generator.ts';
import { smallLlama } from '../../../support/generation/small-llama.ts';
import { chunksOf, collect, streamOf } from './arbitraries.ts';

let model: Generator;
beforeAll(async () => {
  const built = smallLlama({ maxPositions: 64 });
  const text = await letterText(built.decoder.vocabSize);
  const generation = { eos: [END], defaults: { max_new_tokens: 6 } };
  model = openGenerator(built, await openDecoder(built), text, { generation });
});
afterAll(() => model.dispose());

const content = Buffer.from(
  `"HELLO"\n{"id":"x","text":"WORLD"}\n{"inputs":{"ids":[3,4]}}\n{"other":1}\n"${'A'.repeat(70)}"\n"HELLO"\n`,
);

async function parts(given: Record<string, unknown>, from: Progress = NO_PROGRESS): Promise<Part[]> {
  const job = {
    read: (offset: number) => streamOf(chunksOf(content.subarray(offset), [])),
    format: detectFormat('prompts.jsonl'),
    predictor: model,
    parameters: rowParameters(given, model.manifest),
    partRows: 2,
    from,
  };
  return collect(predictFile(job));
}

const linesOf = (list: readonly Part[]) =>
  list
    .map(({ body }) => body.toString())
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe('a file of prompts', () => {
  it('gets a text for every row in order, by its name, and an error for a row that is none', async () => {
    const lines = linesOf(await parts({}));
    const text = [{ generated_text: expect.any(String), finish_reason: 'length' }];
    expect(lines).toEqual([
      { row: 0, output: text },
      { row: 1, id: 'x', output: text },
      { row: 2, output: text },
      { row: 3, error: expect.objectContaining({ code: 'INVALID_ROW' }) },
      { row: 4, error: expect.objectContaining({ code: 'INPUT_TOO_LONG' }) },
      { row: 5, output: lines[0].output },
    ]);
  });

  it('has the same texts where it is answered again, and where that is from the middle on, drawn ones among them', async () => {
    const drawn = { do_sample: true, temperature: 2 };
    const once = await parts(drawn);
    const [first] = once;
    const again = await parts(drawn, first?.progress);
    expect(again.map(({ body }) => body.toString())).toEqual(
      once.slice(1).map(({ body }) => body.toString()),
    );
    expect(linesOf(once)[0].output).toEqual([expect.objectContaining({ seed: 0 })]);
    const other = linesOf(await parts({ ...drawn, seed: 7 }));
    expect(other[0].output).toEqual([expect.objectContaining({ seed: 7 })]);
    expect(other[0].output[0].generated_text).not.toBe(linesOf(once)[0].output[0].generated_text);
  });

  it('has a record for each sequence', async () => {
    const [line] = linesOf(await parts({ num_beams: 3, num_return_sequences: 2 }));
    expect(line.output).toHaveLength(2);
  });
});

it('a generated text has the name of its task', () => {
  const sequence = { text: 'a', finishReason: 'eos_token', score: 0, tokens: [] } as const;
  const outputs = ['summarization', 'translation', 'text2text-generation'] as const;
  const named = outputs.map((task) =>
    rowOutput({ sequences: [sequence], promptTokens: 1 }, { runtime: 'generation', task }),
  );
  expect(named).toEqual([
    [{ summary_text: 'a', finish_reason: 'eos_token' }],
    [{ translation_text: 'a', finish_reason: 'eos_token' }],
    [{ generated_text: 'a', finish_reason: 'eos_token' }],
  ]);
});
