// A server for the tests of local web functions: what a request wants of it is in its path.
import { createServer } from 'node:http';

let ticks = 0;
setInterval(() => {
  ticks += 1;
}, 10).unref();

const answers = {
  '/environment': () => process.env,
  '/ticks': () => ticks,
  '/pid': () => process.pid,
};

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  await new Promise((done) => setTimeout(done, Number(searchParams.get('ms') ?? 0)));
  if (pathname === '/exit') process.exit(3);
  if (pathname === '/pieces') {
    response.write('first');
    setTimeout(() => response.end(' second'), 300);
    return;
  }
  const told = answers[pathname]?.() ?? {
    pid: process.pid,
    url: request.url,
    headers: request.headers,
    body: Buffer.concat(pieces).toString(),
  };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(told));
});

if (process.env.DEAF) process.on('SIGTERM', () => console.log('deaf'));
else process.on('SIGTERM', () => console.log('cleaned up') ?? process.exit(0));
const [host, port] = process.env.AWS_LAMBDA_HTTP_ENDPOINT.split(':');
setTimeout(() => server.listen(port, host), Number(process.env.LISTENS_AFTER_MS ?? 0));
