/** The inputs that a model that generates is proven and judged with, unless whoever packages it has better ones. */
import type { GenerationTaskName } from '@pilotlight/model-format';
import { readRequests } from '../../stages/goldens.ts';

/** Beginnings that a decoder continues. */
const BEGINNINGS = [
  'The old lighthouse keeper opened the door and',
  'Once upon a time, in a village by the sea, there lived',
  'The three most important things to know about bread are',
  'In 1969, two astronauts',
  'Dear Ms Okafor, thank you for your order. Unfortunately,',
  'To reset your password, first',
  'The weather tomorrow will be',
  'def add(a, b):\n    """Returns the sum."""\n',
  'Q: What is the capital of France?\nA:',
  'Ein kleiner Vogel saß auf dem Dach und',
  'The government has postponed the vote because',
  'She looked at the letter again and began to',
  'Water boils at',
  'The company said on Tuesday that its profits',
  'My favourite book is one that',
  'If the light turns red, you should',
] as const;

/** Texts that become other texts. */
const SOURCES = [
  'The old lighthouse keeper opened the door and saw that the storm had passed.',
  'Firefighters brought the blaze under control shortly before midnight; nobody was hurt.',
  'play some jazz by miles davis on spotify',
  'book a table for four at an italian restaurant in boston tomorrow evening',
  'What is the weather like in Zürich this weekend?',
  'The heart of a blue whale weighs about as much as a small car.',
  'Inflation slowed to 2.4 per cent in the year to September from 2.9 per cent in August, as energy became cheaper.',
  'Please send me your corrections by noon on Friday, so that they can be approved before the board meets.',
  'He lives in a small house near the river.',
  'add this song to my workout playlist',
  'The museum has returned eleven bronzes to Nigeria.',
  'Take one tablet twice a day with food. Do not exceed four tablets in 24 hours.',
  'I love this, it works better than I had hoped.',
  'Ein kleiner Vogel saß auf dem Dach und sang.',
  'Scientists have found traces of a shallow sea beneath the ice cap, according to a study published this week. The team drilled to a depth of 1,400 metres and recovered sediments that had not seen light for at least three million years.',
  'OK',
] as const;

/** The texts of a file, or built-in ones. @throws ToolchainError TEXTS_INVALID */
export async function chooseInputs(
  task: GenerationTaskName,
  file: string | undefined,
): Promise<readonly string[]> {
  if (file !== undefined) return (await readRequests(file)).map(({ text }) => text);
  return task === 'text-generation' ? BEGINNINGS : SOURCES;
}
