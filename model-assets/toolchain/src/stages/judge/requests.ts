/** The requests that quality is judged on, in the form that the task of the model has. */
import type { TaskName, TokenRequest } from '@pilotlight/engine';
import { TASK_FACTS, type TaskFacts } from '@pilotlight/model-format';
import { PASSAGES } from './passages.ts';
import { DOMAINS } from './texts.ts';

interface ModelFacts {
  readonly task: TaskName;
  /** The text that marks a token to be filled in. */
  readonly maskToken?: string;
}

/** 200 requests of many domains; of a model that answers questions, four about each of fifteen passages. */
export function judgeRequests({ task, maskToken = '[MASK]' }: ModelFacts): readonly TokenRequest[] {
  const texts = () => DOMAINS.flatMap((domain) => domain.texts.map((text) => ({ text })));
  const inTheFormOf: Record<TaskFacts['reads'], () => readonly TokenRequest[]> = {
    text: texts,
    sentences: texts,
    question: () =>
      PASSAGES.flatMap(({ context, questions }) => questions.map((text) => ({ text, pair: context }))),
    hypothesis: () =>
      DOMAINS.flatMap((domain, at) =>
        domain.texts.map((text, index) => {
          const { topic } = (index % 2 === 0 ? domain : DOMAINS[(at + 1) % DOMAINS.length]) ?? domain;
          return { text, pair: `This example is about ${topic}.` };
        }),
      ),
    query: () => DOMAINS.flatMap(({ query, texts: found }) => found.map((pair) => ({ text: query, pair }))),
    'masked text': () =>
      texts().map(({ text }) => {
        const words = text.split(' ');
        return { text: words.with(findLongest(words), maskToken).join(' ') };
      }),
  };
  return inTheFormOf[TASK_FACTS[task].reads]();
}

/** Judging takes this many of one's own requests at most, evenly spread: every text is compared with every other. */
const MOST_REQUESTS = 400;

/** Chooses from requests that a user brings. */
export function selectRequests(
  requests: readonly TokenRequest[],
  most = MOST_REQUESTS,
): readonly TokenRequest[] {
  if (requests.length <= most) return requests;
  return Array.from(
    { length: most },
    (_, index) => requests[Math.floor((index * requests.length) / most)] ?? { text: '' },
  );
}

function findLongest(words: readonly string[]): number {
  return words.reduce(
    (longest, word, index) => (word.length > (words[longest]?.length ?? 0) ? index : longest),
    0,
  );
}
