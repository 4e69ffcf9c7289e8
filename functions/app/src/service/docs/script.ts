/** The script by which the forms of /docs send requests. It runs in the browser as it stands. */
export const script = `
const base = location.pathname.replace(/\\/docs\\/?$/, '');
const shown = (name, className, text) => {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
};
const pretty = (text) => {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
};
const send = async (form) => {
  const fields = new FormData(form);
  const path = form.dataset.path.replace(/\\{(\\w+)\\}/g, (_, name) => encodeURIComponent(fields.get(name)));
  const body = fields.get('body');
  const headers = body === null ? {} : { 'content-type': 'application/json' };
  for (const input of form.querySelectorAll('[data-in=header]')) headers[input.name] = input.value;
  const output = form.querySelector('output');
  const start = performance.now();
  try {
    const response = await fetch(base + path, {
      method: form.dataset.method,
      headers,
      ...(body === null ? {} : { body }),
    });
    const text = await response.text();
    const inference = response.headers.get('x-inference-time');
    const facts = Math.round(performance.now() - start) + ' ms' + (inference ? ', ' + inference + ' ms of it in the model' : '');
    output.replaceChildren(
      shown('span', response.ok ? 'status' : 'status bad', String(response.status)),
      shown('span', 'facts', facts),
      shown('pre', '', pretty(text)),
    );
  } catch (error) {
    output.replaceChildren(shown('span', 'status bad', 'No answer: ' + error.message));
  }
};
for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    await send(form);
    button.disabled = false;
  });
}
fetch(base + '/models').then((response) => response.json()).then(({ models }) => {
  const names = [...new Set(models.map((model) => model.name))];
  document.querySelector('#models').replaceChildren(...names.map((name) => new Option(name, name)));
}, () => undefined);
`;
