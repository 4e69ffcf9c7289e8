import type { TaskName, TokenRequest } from '@pilotlight/engine';
import { TASK_FACTS } from '@pilotlight/model-format';
import { CALIBRATION_TEXTS } from './texts.ts';

/** The calibration texts in the form that the task reads: by themselves, or in pairs. */
export function calibrationRequests(task: TaskName, maskToken = '[MASK]'): readonly TokenRequest[] {
  const texts = CALIBRATION_TEXTS;
  switch (TASK_FACTS[task].reads) {
    case 'text':
    case 'sentences':
      return texts.map((text) => ({ text }));
    case 'masked text':
      return texts.map((text, index) => ({ text: maskWord(text, index, maskToken) }));
    case 'question':
    case 'hypothesis':
    case 'query':
      return inPairs(texts);
  }
}

/** Hides one of the words of a text. */
function maskWord(text: string, index: number, maskToken: string): string {
  const words = text.split(' ');
  words[(7 * index) % words.length] = maskToken;
  return words.join(' ');
}

/** A shorter text beside a longer one, as questions stand beside contexts; half of them are of one domain. */
function inPairs(texts: readonly string[]): readonly TokenRequest[] {
  return texts.map((text, index) => {
    const distance = index % 2 === 0 ? 1 : Math.floor(texts.length / 2);
    const other = texts[(index + distance) % texts.length] ?? '';
    const [short = '', long = ''] = [text, other].sort((left, right) => left.length - right.length);
    return { text: short, pair: long };
  });
}
