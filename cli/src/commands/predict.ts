import { defineCommand } from '../kit/command.ts';
import { OPTIONS } from '../predict/options.ts';

export const command = defineCommand({
  summary: 'predict texts with one model and print the answers',
  usage: ['--model NAME [OPTIONS] [TEXT ...]'],
  options: OPTIONS,
  notes: `Without TEXT and --file, every line of standard input is a text. Where a task needs more than a
text and no option gives the rest, every line is an input in JSON.`,
  examples: [
    'pilotlight predict --model sentiment "I love this" "I do not"',
    'pilotlight predict --model intent --top-k 3 "what is my balance"',
    'pilotlight predict --model slots --json < questions.txt > answers.jsonl',
  ],
  run: async (line) => (await import('../predict/predict.ts')).predictTexts(line),
});
