/** The program by which Docker and ECS learn whether the server lives, because the image has no curl. It ends with 0 if the server does. */
const SECONDS = 5;

const url = `http://127.0.0.1:${process.env.PILOTLIGHT_PORT ?? 8080}/health`;
try {
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(SECONDS * 1000) });
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  console.error(`${url}: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
