/** Inputs of every predictor, for goldens and examples where the user brings none. */
import type { Params } from '../modules/module.ts';

type Sample = Readonly<Record<string, unknown>>;

const SENTENCES = [
  'Joel Smith lives in Seattle .',
  'The movie was great .',
  'play some jazz music',
  'Angela Merkel met Emmanuel Macron in Berlin on 14 March 2019 .',
  'What a waste of money : it broke after two days .',
  'Book a table for four at the Blue Elephant in Zürich on Friday at 8 pm',
  'IBM and the University of Oxford signed an agreement worth $ 3.5 million .',
  'Not bad at all .',
  'OK',
  'U.N. official Ekeus heads for Baghdad .',
  'The church helps the friends .',
  'Anna sees the dog in Paris and buys a red car .',
  'the quick brown fox jumps over the lazy dog',
  'She gave him the book that he had asked for .',
  'Interest rates went up again , which nobody had expected so soon .',
  'a',
] as const;

const TAGGED = [
  [
    ['Anna', 'PROPN', 'NNP', 'nsubj'],
    ['sees', 'VERB', 'VBZ', 'ROOT'],
    ['the', 'DET', 'DT', 'det'],
    ['dog', 'NOUN', 'NN', 'dobj'],
    ['in', 'ADP', 'IN', 'prep'],
    ['Paris', 'PROPN', 'NNP', 'pobj'],
    ['.', 'PUNCT', '.', 'punct'],
  ],
  [
    ['The', 'DET', 'DT', 'det'],
    ['church', 'NOUN', 'NN', 'nsubj'],
    ['helps', 'VERB', 'VBZ', 'ROOT'],
    ['the', 'DET', 'DT', 'det'],
    ['friends', 'NOUN', 'NNS', 'dobj'],
    ['.', 'PUNCT', '.', 'punct'],
  ],
  [
    ['Joel', 'PROPN', 'NNP', 'compound'],
    ['Smith', 'PROPN', 'NNP', 'nsubj'],
    ['lives', 'VERB', 'VBZ', 'ROOT'],
    ['in', 'ADP', 'IN', 'prep'],
    ['Seattle', 'PROPN', 'NNP', 'pobj'],
  ],
  [
    ['She', 'PRON', 'PRP', 'nsubj'],
    ['gave', 'VERB', 'VBD', 'ROOT'],
    ['him', 'PRON', 'PRP', 'dative'],
    ['a', 'DET', 'DT', 'det'],
    ['book', 'NOUN', 'NN', 'dobj'],
    ['.', 'PUNCT', '.', 'punct'],
  ],
] as const;

const PASSAGES = [
  'Anna lives in Paris . Joel Smith works for Globex Corporation in Seattle .',
  'The tower is 324 metres tall and was finished in 1889 . It stands in Paris .',
  'A delivery takes two days . We take cards , but no cash .',
] as const;
const QUESTIONS = [
  'Where does Anna live ?',
  'How tall is the tower ?',
  'How long does a delivery take ?',
] as const;

const sentences: readonly Sample[] = SENTENCES.map((sentence) => ({ sentence }));
const tagged: readonly Sample[] = TAGGED.map((words) => ({
  tokens: words.map(([text, pos, tag, dep]) => ({ text, pos, tag, dep })),
}));
const questions: readonly Sample[] = QUESTIONS.flatMap((question) =>
  PASSAGES.map((passage) => ({ question, passage })),
);
const pairs: readonly Sample[] = SENTENCES.slice(0, -1).map((premise, index) => ({
  premise,
  hypothesis: SENTENCES[(index * 5 + 1) % SENTENCES.length] ?? premise,
}));

const BY_PREDICTOR: Readonly<Record<string, readonly Sample[]>> = {
  text_classifier: sentences,
  sentence_tagger: [...sentences, ...tagged],
  textual_entailment: pairs,
  semantic_role_labeling: [...tagged, ...sentences],
  biaffine_dependency_parser: [...tagged, ...sentences],
  constituency_parser: [...tagged, ...sentences],
  coreference_resolution: [
    { document: 'Anna bought a red car in Paris . She likes the car .' },
    { document: 'Joel Smith called Anna . He told her that the car was red .' },
    { document: 'The church helps the friends . They help the church .' },
    { document: 'Anna sees the dog .' },
  ],
  reading_comprehension: questions,
  transformer_qa: questions,
  dialog_qa: [
    {
      paragraphs: [
        {
          context: `${PASSAGES[0]} CANNOTANSWER`,
          id: 'sample',
          qas: QUESTIONS.slice(0, 2).map((question, index) => ({
            question,
            id: `sample_q#${index}`,
            answers: [],
            followup: 'y',
            yesno: 'x',
          })),
        },
      ],
    },
  ],
  transformer_mc: [
    { prefix: 'Where do you sleep ?', alternatives: ['bed', 'book', 'car', 'dog', 'garden'] },
    { prefix: 'How do I paint the dog ?', alternatives: ['With a brush .', 'With a sandwich .'] },
    { prefix: 'What is red ?', alternatives: ['the car', 'the sea', 'the night'] },
    { prefix: 'Who helps the friends ?', alternatives: ['the church', 'the book'] },
  ],
  seq2seq: SENTENCES.map((source) => ({ source })),
  masked_language_model: [
    { sentence: 'Paris is the [MASK] of France .' },
    { sentence: 'play some [MASK] music' },
    { sentence: 'Anna sees the [MASK] in Paris .' },
    { sentence: 'The [MASK] was great .' },
  ],
  next_token_lm: sentences,
};

/** Inputs that the model may take; it is for the caller to leave out those that it refuses. */
export function sampleInputs(predictor: string, model: Params): readonly Sample[] {
  if (predictor !== 'multitask') return BY_PREDICTOR[predictor] ?? [];
  const { heads } = model;
  const tasks = typeof heads === 'object' && heads !== null ? Object.keys(heads) : [];
  return tasks.flatMap((task) => SENTENCES.slice(0, 8).map((sentence) => ({ task, sentence })));
}
