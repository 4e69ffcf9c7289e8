/** The routes of TEI, loaded with the first request for one of them. */
export {
  classifyHandler,
  embedAllHandler,
  embedHandler,
  rerankHandler,
  similarityHandler,
} from './codec.ts';
export { decodeHandler, infoHandler, tokenizeHandler } from './tokens.ts';
