/** /openapi.json, /docs and the way there. Both are made once for each app, on the first request. */
import { publicPath } from '../../http/base-path.ts';
import type { AppDependencies } from '../../serve/ports.ts';
import type { Codec } from '../../serve/wire-format.ts';
import type { routes } from './routes.ts';

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const document = once(async (parts) => {
  const [{ openApiDocument }, { fitDocument }] = await Promise.all([
    import('./document.ts'),
    import('./fit-document.ts'),
  ]);
  return fitDocument(await openApiDocument(), parts);
});
const page = once(async (parts) => (await import('./page.ts')).docsPage(await document(parts)));

export const codecs: Record<keyof typeof routes, Codec> = {
  openapi: {
    tell: async ({ c }, parts) => {
      const servers = [{ url: publicPath(c, '') || '/' }];
      return c.json({ ...(await document(parts)), servers });
    },
  },
  docs: { tell: async ({ c }, parts) => c.body(await page(parts), 200, PAGE_HEADERS) },
  home: { tell: ({ c }) => c.redirect(publicPath(c, '/docs')) },
};

/** Makes it once for each app; what failed is made anew by the next request. */
function once<T>(make: (parts: AppDependencies) => Promise<T>): (parts: AppDependencies) => Promise<T> {
  const made = new WeakMap<AppDependencies, Promise<T>>();
  return async (parts) => {
    const found = made.get(parts) ?? make(parts);
    made.set(parts, found);
    try {
      return await found;
    } catch (error) {
      made.delete(parts);
      throw error;
    }
  };
}
