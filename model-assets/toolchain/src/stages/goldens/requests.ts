/** The requests that a model is verified with unless it comes with its own, in the form that its task has. */
import type { TaskName, TokenRequest } from '@pilotlight/engine';
import { TASK_FACTS, type TaskFacts } from '@pilotlight/model-format';
import { builtInTexts } from './texts.ts';

export interface RequestFacts {
  readonly task: TaskName;
  readonly maxTokens: number;
  /** The text that marks a token to be filled in. */
  readonly maskToken?: string;
}

type Pair = readonly [text: string, pair: string];

/** A question and a context that has the answer, or does not. */
const QUESTIONS: readonly Pair[] = [
  ['Who wrote the letter?', 'The letter was written by Clara Schumann in the spring of 1854.'],
  [
    'When does the shop open?',
    'We are open from 9 am to 6 pm, Monday to Saturday. On Sundays we are closed.',
  ],
  ['How much did it cost?', 'The company paid $3.5 million for the patent, twice what it had offered.'],
  ['Where do they live?', 'Emperor penguins breed in Antarctica; no other bird does so in winter.'],
  ['Why was the match called off?', 'Heavy rain had flooded the pitch, so the referee sent both teams home.'],
  ['What is the capital of Australia?', 'Bananas are rich in potassium.'],
];

/** A text and the sentence that may follow from it. */
const HYPOTHESES: readonly Pair[] = [
  ['I have a problem with my new phone, it does not charge.', 'This example is technology.'],
  ['The central bank raised interest rates again.', 'This example is politics.'],
  ['The central bank raised interest rates again.', 'This example is sport.'],
  ['A man is playing a guitar on stage.', 'A man is making music.'],
  ['A man is playing a guitar on stage.', 'Nobody is on stage.'],
  ['one day I will see the world', 'This example is travel.'],
];

/** A query and a text that answers it, or does not. */
const RANKED: readonly Pair[] = [
  ['how many people live in Berlin', 'Berlin had a population of 3,520,031 registered inhabitants in 2015.'],
  ['how many people live in Berlin', 'New York City is famous for the Metropolitan Museum of Art.'],
  ['return an item', 'Our refund policy allows returns within thirty days of delivery.'],
  ['return an item', 'The trail around the lake takes two hours.'],
  ['what is photosynthesis', 'Photosynthesis turns light into chemical energy.'],
  ['python list length', 'len(items) gives the number of elements.'],
];

/** Sentences with `_` where a token is to be filled in. */
const MASKED: readonly string[] = [
  'The capital of France is _.',
  '_ is the largest planet of the solar system.',
  'She opened the _ and let the cat out.',
  'I would like a cup of _, please.',
  'He _ to the station and took the _ to Rome.',
  'The opposite of hot is _.',
  'In winter the lake is covered with _.',
  '_ _ _',
];

/** At least 32 requests of the task, from empty to longer than the model takes. */
export function builtInRequests({
  task,
  maxTokens,
  maskToken = '[MASK]',
}: RequestFacts): readonly TokenRequest[] {
  const texts = builtInTexts(task, maxTokens);
  const pairs = (own: readonly Pair[], ofText: (text: string) => Pair): TokenRequest[] =>
    [...own, ...texts.map(ofText)].map(([text, pair]) => ({ text, pair }));
  const inTheFormOf: Record<TaskFacts['reads'], () => TokenRequest[]> = {
    text: () => texts.map((text) => ({ text })),
    sentences: () => texts.map((text) => ({ text })),
    question: () => pairs(QUESTIONS, (text) => ['What is it about?', text]),
    hypothesis: () => pairs(HYPOTHESES, (text) => [text, 'This example is travel.']),
    query: () => pairs(RANKED, (text) => ['what people say about the weather', text]),
    'masked text': () => [
      ...MASKED.map((text) => ({ text: text.replaceAll('_', () => maskToken) })),
      ...texts.map((text) => ({ text: `${maskToken} ${text}` })),
    ],
  };
  return inTheFormOf[TASK_FACTS[task].reads]();
}
