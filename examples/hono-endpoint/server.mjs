/** Serves one model at POST /sentiment. The model runs in a thread, so that the event loop stays free for other requests. */
import { serve } from '@hono/node-server';
import { Engine } from '@pilotlight/engine';
import { Hono } from 'hono';

const engine = new Engine({ packages: process.env.MODELS_DIR ?? 'models', sessions: 'worker' });
const app = new Hono();

app.post('/sentiment', async (c) => {
  const { text } = await c.req.json().catch(() => ({}));
  if (typeof text !== 'string') return c.json({ error: 'text must be a string' }, 400);
  const model = await engine.predictor('sentiment');
  const { results } = await model.predict(text);
  return c.json(results[0][0]);
});

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}/sentiment`);
});
