import { describe, expect, it } from 'vitest';
import { openDialogueReader } from '../../../../../layers/engine/src/runtimes/allennlp/models/reading/dialogue-reader.ts';
import { openTextArchive } from '../../../../../layers/engine/src/runtimes/allennlp/text/text-archive.ts';

const archive = openTextArchive({
  config: {
    predictor: 'dialog_qa',
    model: {},
    reader: { type: 'quac', num_context_answers: 2 },
    tokenization: 'whitespace',
  },
  vocabulary: {
    'tokens.txt': '@@UNKNOWN@@\na\nb\n',
    'answer_tags.txt': 'O\n<1_start>\n<1_end>\n<1_in>\n<2_start>\n<2_end>\n<2_in>\n',
    'yesno_labels.txt': 'x\ny\nn\n',
    'followup_labels.txt': 'y\nm\nn\n',
    'non_padded_namespaces.txt': '*tags\n*labels\n',
  },
});
const reader = openDialogueReader(archive, 3);
const turn = (id: string | number, text: string, start: number) => ({
  id,
  question: ' why ? ',
  answers: [
    { text: 'd', answer_start: 6 },
    { text, answer_start: start },
  ],
  yesno: 'y',
  followup: 'n',
});
const dialogue = (...qas: unknown[]) => ({ paragraphs: [{ context: 'a b c d', qas }] });

describe('a dialogue', () => {
  it('marks in the passage the answers of the two questions before each', async () => {
    const read = await reader.read(
      dialogue(turn(1, 'a b c', 0), turn(2, 'b c', 2), turn(3, 'd', 6)),
      'inputs',
    );
    const rows = (name: string) => [...(read.tensors[name]?.data ?? [])].map(Number);
    expect(read.tensors.p1_answer_marker?.dims).toEqual([3, 4]);
    expect(rows('p1_answer_marker')).toEqual([0, 0, 0, 0, 1, 3, 2, 0, 0, 1, 2, 0]);
    expect(rows('p2_answer_marker')).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 4, 6, 5, 0]);
    expect(read.tensors['question.tokens.tokens']?.dims).toEqual([3, 2]);
    expect(read.turns[1]).toEqual({ id: 2, answer: { start: 1, end: 2 }, yesno: 1, followup: 2 });
  });

  it('is refused where AllenNLP cannot read it, with the place of the fault', async () => {
    const refused = async (input: unknown) => {
      const error = await reader.read(input, 'inputs').catch((reason: unknown) => reason);
      return expect(error).toMatchObject({ code: 'INVALID_INPUT', details: { field: expect.any(String) } });
    };
    const placeOf = async (input: unknown) =>
      reader.read(input, 'inputs').then(
        () => undefined,
        ({ details }: { details: { field: string } }) => details.field,
      );
    await refused({});
    await refused({ paragraphs: [] });
    expect(await placeOf(dialogue(turn(1, 'a', 0)))).toBe('inputs.paragraphs.0.qas');
    const four = [1, 2, 3, 4].map((id) => turn(id, 'a b', 0));
    expect(await placeOf(dialogue(...four))).toBe('inputs.paragraphs.0.qas');
    // A marker for an answer of one word is not in the vocabulary.
    expect(await placeOf(dialogue(turn(1, 'a', 0), turn(2, 'a b', 0)))).toBe(
      'inputs.paragraphs.0.qas.0.answers',
    );
    expect(await placeOf(dialogue(turn(1, 'a b', 0), turn(2, 'e', 30)))).toBe(
      'inputs.paragraphs.0.qas.1.answers',
    );
    expect(await placeOf(dialogue({ ...turn(1, 'a b', 0), yesno: 'z' }, turn(2, 'a b', 0)))).toBe(
      'inputs.paragraphs.0.qas.0.yesno',
    );
    expect(await placeOf(dialogue({ ...turn(1, 'a b', 0), question: ' ' }, turn(2, 'a b', 0)))).toBe(
      'inputs.paragraphs.0.qas.0.question',
    );
  });
});
