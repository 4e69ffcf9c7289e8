/** Starts the bundled server, which the argument names, and sends it a call; gives the answer. */
import { pathToFileURL } from 'node:url';
import { writeResults } from './write-results.ts';

const [, , file = ''] = process.argv;
const listening = Promise.withResolvers<string>();
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk: string | Uint8Array) => {
  const port = /"Listening".*"port":(\d+)/.exec(String(chunk))?.[1];
  if (port !== undefined) listening.resolve(port);
  return write(chunk);
};
await import(pathToFileURL(file).href);
const answer = await fetch(`http://127.0.0.1:${await listening.promise}/models/sentiment`, {
  method: 'POST',
  body: JSON.stringify({ inputs: 'What a day!' }),
});
writeResults({ status: answer.status, body: await answer.json() });
process.exit();
