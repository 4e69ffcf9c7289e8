/** The messages of a chat as templates read them. */
import { refuseField } from '../../../http/request/parse.ts';
import type { ChatRequest } from './requests.ts';

export interface TemplateMessage {
  readonly role: string;
  readonly content: string;
  readonly name?: string;
}

type Message = ChatRequest['messages'][number];

/** OpenAI's newer models call `developer` what templates know as `system`. */
const ROLES: Readonly<Record<string, string>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
};

/** @throws EngineError INVALID_INPUT with `field` */
export function readMessages({ messages }: ChatRequest): readonly TemplateMessage[] {
  return messages.map((message, index) => {
    const place = `messages.${index}`;
    const { role: asked, name, tool_calls } = message;
    const role = Object.hasOwn(ROLES, asked) ? ROLES[asked] : undefined;
    if (role === undefined) throw refuseField(`${place}.role`, `must be ${Object.keys(ROLES).join(', ')}`);
    if ((tool_calls ?? undefined) !== undefined) {
      throw refuseField(`${place}.tool_calls`, 'tools are not done here; leave them out');
    }
    return { role, content: readContent(message, place), ...(typeof name === 'string' && { name }) };
  });
}

function readContent({ content }: Message, place: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw refuseField(`${place}.content`, 'must be a text, or a list of parts');
  const texts = content.map(({ type, text }, index) => {
    if (type === 'text' && typeof text === 'string') return text;
    throw refuseField(`${place}.content.${index}`, 'must be of the type text: models here read nothing else');
  });
  return texts.join('');
}
