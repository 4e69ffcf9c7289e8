/** Finds out what the products of a graph read, on built-in texts of many domains that no judge of quality uses. */
export { encodeFeeds } from './calibrate/feeds.ts';
export { calibrationRequests } from './calibrate/requests.ts';
