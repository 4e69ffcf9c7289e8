import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/reference-options.ts';

export const command = defineCommand({
  summary: "record what a model's texts are usually like, which drift is measured against",
  usage: ['NAME[@VERSION][:VARIANT] --texts FILE [OPTIONS]'],
  description:
    'Has a package answer texts as it is asked them, and counts their lengths, scripts, unknown tokens, scores and labels. The counts become reference.json beside model.json, in place of one that was there; no text is kept. Servers and functions compare their traffic with it: docs/how-to/watch-for-drift.md.',
  options: OPTIONS,
  examples: [
    'pilotlight models reference sentiment --texts last-week.txt',
    'pilotlight models reference sentiment@1.0.1 --texts reviews.jsonl --source "reviews of March"',
  ],
  run: async (line, terminal) => (await import('../../models/reference.ts')).reference(line, terminal),
});
