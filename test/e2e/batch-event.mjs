/** Runs a bundled batch function as Lambda does: imports it, and calls its handler with the message that it is given. */
const [, , file, body] = process.argv;
const { handler } = await import(file);
const event = { Records: [{ messageId: 'one', body }] };
const answer = await handler(event, { getRemainingTimeInMillis: () => 60_000 });
process.stdout.write(`RESULT ${JSON.stringify(answer)}\n`);
