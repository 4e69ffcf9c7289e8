/** Starts an environment, says where it is, and waits to be killed. */
import { startEcho } from './lambda-functions.ts';

const echo = await startEcho();
const { answer } = await echo.invoke({});
console.log(JSON.stringify({ pid: answer?.pid, folder: answer?.cwd }));
setInterval(() => {}, 1000);
