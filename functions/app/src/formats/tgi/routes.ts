/** The routes of text-generation-inference (TGI): for each model, and at the root for the default model, where TEI's are, too. */
import type { Route } from '../../serve/route.ts';

const generate = {
  method: 'post',
  path: '/models/{model}/generate',
  tag: 'TGI',
  summary: 'The text that a model generates',
} as const;
const generateStream = {
  method: 'post',
  path: '/models/{model}/generate_stream',
  tag: 'TGI',
  summary: 'The same token by token, as server-sent events',
} as const;

export const routes = {
  tgiGenerate: generate,
  tgiGenerateStream: generateStream,
  tgiDefaultGenerate: {
    ...generate,
    path: '/generate',
    summary: 'The text that the default model generates',
  },
  tgiDefaultGenerateStream: {
    ...generateStream,
    path: '/generate_stream',
    summary: 'The same token by token, by the default model',
  },
} as const satisfies Record<string, Route>;
