/** Texts that every model answers on both processors: short and long, of several scripts, and empty of words. */
export const TEXTS: readonly string[] = [
  'What a day!',
  'It rained all week, and the roof leaks.',
  'book a table for four at an italian restaurant in Boston tomorrow night',
  'play the second album of Miles Davis on spotify',
  'The plot is thin, but the actors carry it through to an ending that nobody in the row behind us saw coming.',
  'Ça coûte 12,50 € — 東京 ✈',
  '?!',
];
