/** /docs: the OpenAPI document as one self-contained page, from which requests can be sent. */
import { html, raw } from 'hono/html';
import type { OpenApiDocument } from './document.ts';
import { script } from './script.ts';
import { style } from './style.ts';

type PathItem = NonNullable<OpenApiDocument['paths']>[string];
type Operation = NonNullable<PathItem['get']>;
type Schema = NonNullable<NonNullable<OpenApiDocument['components']>['schemas']>[string];
type Html = ReturnType<typeof html>;

interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export async function docsPage(document: OpenApiDocument): Promise<string> {
  const { info, components } = document;
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} API</title>
<style>${raw(style)}</style>
</head>
<body>
<header>
<h1>${info.title}</h1>
<p>${withCode(info.description ?? '')}</p>
<nav aria-label="Sections">${tags(document).map((tag) => html`<a href="#${makeId(tag)}">${tag}</a>`)}
<a href="#Schemas">Schemas</a><a href="openapi.json">openapi.json</a></nav>
</header>
<main>
${tags(document).map((tag) => section(tag, endpoints(document)))}
<section id="Schemas"><h2>Schemas</h2>
${Object.entries(components?.schemas ?? {}).map(([name, schema]) => schemaBlock(name, schema))}
</section>
</main>
<datalist id="models"></datalist>
<script>${raw(script)}</script>
</body>
</html>
`;
  return page.toString();
}

function endpoints(document: OpenApiDocument): Endpoint[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    (['post', 'get', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );
}

function tags(document: OpenApiDocument): string[] {
  return [...new Set(endpoints(document).flatMap(({ operation }) => operation.tags ?? []))];
}

const makeId = (tag: string): string => tag.replaceAll(' ', '-');

function section(tag: string, all: readonly Endpoint[]): Html {
  const own = all.filter(({ operation }) => operation.tags?.includes(tag));
  return html`<section id="${makeId(tag)}"><h2>${tag}</h2>${own.map(endpoint)}</section>`;
}

function endpoint({ method, path, operation }: Endpoint): Html {
  return html`
<details class="endpoint"${path === '/models/{model}' && method === 'post' ? raw(' open') : ''}>
<summary><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>
<span class="what">${operation.summary ?? ''}</span></summary>
<div class="inside">
${operation.description ? html`<p>${operation.description}</p>` : ''}
<form data-method="${method.toUpperCase()}" data-path="${path}">
${fields(operation).map(field)}
${operation.requestBody ? html`<label>body<textarea name="body" rows="3" spellcheck="false">${findExample(operation.requestBody)}</textarea></label>` : ''}
<button>Send</button>
<output aria-live="polite"></output>
</form>
<table><caption>Responses</caption><tbody>
${Object.entries(operation.responses ?? {}).map(([status, response]) => responseRow(status, response))}
</tbody></table>
</div>
</details>`;
}

/** The example that the document has for a body, in one line. */
function findExample(requestBody: NonNullable<Operation['requestBody']>): string {
  const content = 'content' in requestBody ? requestBody.content['application/json'] : undefined;
  return JSON.stringify(content?.example ?? {});
}

interface Field {
  readonly name: string;
  readonly in: string;
  /** A value that the service has. */
  readonly example: string;
}

/** The parameters that a request cannot do without. */
function fields({ parameters = [] }: Operation): Field[] {
  return parameters.flatMap((parameter) => {
    if (!('name' in parameter) || !parameter.required) return [];
    const { name, schema } = parameter;
    const example = schema && 'example' in schema ? String(schema.example) : '';
    return [{ name, in: parameter.in, example }];
  });
}

function field({ name, in: place, example }: Field): Html {
  const models = ['model', 'endpoint'].includes(name) || place === 'header' ? raw(' list="models"') : '';
  const header = place === 'header' ? raw(' data-in="header"') : '';
  return html`<label>${name}<input name="${name}" value="${example}" required autocomplete="off"${header}${models}></label>`;
}

function responseRow(status: string, response: unknown): Html {
  const text =
    typeof response === 'object' && response !== null && 'description' in response
      ? String(response.description)
      : '';
  return html`<tr><th scope="row">${status}</th><td>${withCode(text)}</td></tr>`;
}

/** Markdown's backticks, the only markup that the document's descriptions have. */
function withCode(text: string): (Html | string)[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part));
}

function schemaBlock(name: string, schema: Schema): Html {
  return html`<details class="schema"><summary><code>${name}</code></summary>
<pre>${JSON.stringify(schema, null, 2)}</pre></details>`;
}
