/** /openapi.json, /docs and the way there. Both are made once, on the first request. */
import { publicPath } from '../../http/base-path.ts';
import type { Codec } from '../../serve/wire-format.ts';
import type { routes } from './routes.ts';

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const document = once(async () => (await import('./document.ts')).openApiDocument());
const page = once(async () => (await import('./page.ts')).docsPage(await document()));

export const codecs: Record<keyof typeof routes, Codec> = {
  openapi: { tell: async ({ c }) => c.json(await document()) },
  docs: { tell: async ({ c }) => c.body(await page(), 200, PAGE_HEADERS) },
  home: { tell: ({ c }) => c.redirect(publicPath(c, '/docs')) },
};

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
