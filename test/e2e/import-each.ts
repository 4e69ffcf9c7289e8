/** `node import-each.ts FILE...`: imports modules one after the other, and prints a line of JSON for each with its error, '' where there is none. */
import { pathToFileURL } from 'node:url';

for (const file of process.argv.slice(2)) {
  const error = await import(pathToFileURL(file).href).then(
    () => '',
    (reason: unknown) => (reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)),
  );
  console.log(JSON.stringify({ file, error }));
}
