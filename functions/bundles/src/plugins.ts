/** Plugins of esbuild that replace some imports of a function. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { type Plugin, transform } from 'esbuild';

/** Packages that come whole from the runtime layer, because they are built for one system and architecture. */
const NATIVE_PACKAGES = ['tokenizers'];

/** CommonJS packages ask for `require`, which an ES module does not have. No module uses the name `requireForBundle`. */
export const REQUIRE = {
  js: "import { createRequire as requireForBundle } from 'node:module'; const require = requireForBundle(import.meta.url);",
};

/**
 * Lambda finds layers by NODE_PATH, which only `require` reads, so the ES module requires the native packages. The bundle
 * must be an ES module, because Lambda's init phase waits for a top-level await of ES modules only.
 */
export const requireNatives: Plugin = {
  name: 'require-natives',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(?:${NATIVE_PACKAGES.join('|')})$`);
    onResolve({ filter }, ({ path, namespace }) =>
      namespace === 'native' ? { path, external: true } : { path, namespace: 'native' },
    );
    onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/** The template of a path by which onnxruntime-node requires its binary, and where that is for whoever finds it by NODE_PATH. */
const BINARY = { own: 'require(`../bin/', byName: 'require(`onnxruntime-node/bin/' };

/**
 * Takes the scripts of onnxruntime-node into the bundle: two dozen files, which cost 6 ms of a cold start one by one. Only its binary is
 * required, from the runtime layer, which is of the same version because it is deployed with the bundle.
 */
export const runtimeScripts: Plugin = {
  name: 'runtime-scripts',
  setup({ onLoad }) {
    onLoad({ filter: /\/onnxruntime-node\/dist\/binding\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!source.includes(BINARY.own)) return { errors: [{ text: 'It requires its binary in a new way.' }] };
      return { contents: source.replace(BINARY.own, BINARY.byName), loader: 'js' };
    });
  },
};

/** Short, without comments, and on one line, which esbuild breaks again in the bundle. Names stay, so that a stack trace can be read. */
async function shorten(source: string): Promise<string> {
  const { code } = await transform(source, {
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
  });
  return code;
}

/** Shortens the code of packages by a tenth: esbuild would keep comments within classes and objects, and every cold start would read them. */
export const shortPackages: Plugin = {
  name: 'short-packages',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/.*\.m?js$/ }, async ({ path }) => {
      return { contents: await shorten(await readFile(path, 'utf8')), loader: 'js' };
    });
  },
};

const EXCHANGE = fileURLToPath(new URL('../../predict/exchange/exchange.ts', import.meta.url));

/**
 * Gives the modules that make requests and answers the classes of the predict function in the place of Node's, which take a fifth of a
 * cold start to load. See functions/predict/exchange/ADR-exchange.md.
 */
export const ownExchange: Plugin = {
  name: 'own-exchange',
  setup({ onLoad }) {
    onLoad({ filter: /\/(?:hono\/dist|functions\/(?:app|predict))\/.*\.[jt]s$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const uses = source.matchAll(/\b(?:new|instanceof) (Request|Response|Headers)\b/g);
      const names = new Set([...uses].map(([, name]) => name));
      if (names.size === 0 || path.includes('/predict/exchange/')) return undefined;
      const code = `import { ${[...names].join(', ')} } from ${JSON.stringify(EXCHANGE)};\n${source}`;
      if (path.endsWith('.ts')) return { contents: code, loader: 'ts' };
      return { contents: await shorten(code), loader: 'js' };
    });
  },
};

/** Keeps only the English messages of zod, because a cold start pays for all of its fifty languages (8 ms). */
export const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer, resolveDir }) =>
      importer.includes('/zod/')
        ? { path: 'zod-locales', namespace: 'zod', pluginData: resolveDir }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'zod' }, ({ pluginData: resolveDir }) => ({
      contents: "export { default as en } from '../locales/en.js';",
      resolveDir,
    }));
  },
};

/**
 * Leaves out the sources of credentials that Lambda does not have, with clients of four services (180 kB): each passes the question on,
 * as it does on a machine that has none. Lambda gives credentials as variables, and to a function that starts from a snapshot by an
 * address on its own machine.
 */
export const credentialsOfLambda: Plugin = {
  name: 'credentials-of-lambda',
  setup({ onResolve, onLoad }) {
    onResolve(
      { filter: /^@aws-sdk\/credential-provider-(?:ini|process|sso|web-identity)$/ },
      ({ path, resolveDir }) => ({ path, namespace: 'credentials', pluginData: resolveDir }),
    );
    onLoad({ filter: /.*/, namespace: 'credentials' }, ({ path, pluginData: resolveDir }) => ({
      contents: `
        import { CredentialsProviderError } from '@smithy/core/config';
        const none = () => async () => {
          throw new CredentialsProviderError('${path} is not in the bundle of a function.', { tryNextLink: true });
        };
        export { none as fromIni, none as fromProcess, none as fromSSO, none as fromTokenFile };`,
      resolveDir,
    }));
  },
};

/**
 * Leaves out how the SDK reads streams of events (33 kB): of all operations of S3 and SQS, SelectObjectContent alone answers with one, and
 * no function asks for it.
 */
export const noEventStreams: Plugin = {
  name: 'no-event-streams',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path }) => ({
      path,
      namespace: 'event-streams',
    }));
    onLoad({ filter: /.*/, namespace: 'event-streams' }, () => ({
      contents: `
        export const resolveEventStreamSerdeConfig = (config) => config;
        export const eventStreamSerdeProvider = () => undefined;
        export const EventStreamSerde = undefined;`,
    }));
  },
};

/**
 * The OpenAPI document is the same for every service but for what `fitDocument` settles, so it is made and compressed here. The modules
 * that make it need all of zod (310 kB), a good part of which would be in files that every cold start reads.
 */
export const writtenDocument: Plugin = {
  name: 'written-document',
  setup({ onLoad }) {
    onLoad({ filter: /\/app\/src\/service\/docs\/document\.ts$/ }, async () => {
      const { openApiDocument } = await import('@pilotlight/app/internal/service/docs/document');
      const document = brotliCompressSync(JSON.stringify(await openApiDocument())).toString('base64');
      return {
        contents: `
          import { brotliDecompressSync } from 'node:zlib';
          export const openApiDocument = async () => JSON.parse(brotliDecompressSync(Buffer.from('${document}', 'base64')));`,
      };
    });
    // The document that is written needs none of what it was made from.
    onLoad({ filter: /\/app\/src\/(?:formats\/[\w-]+|service(?:\/docs)?)\/openapi\.ts$/ }, () => ({
      contents: 'export const tags = {}, bodies = {}, operations = {};',
    }));
  },
};
