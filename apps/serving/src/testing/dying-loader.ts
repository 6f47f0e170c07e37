/** A load-process.js that dies as a defect of the runtime would make it, but for files whose name says that they are sound. */
const [, , file = ''] = process.argv;
if (!file.endsWith('sound')) process.kill(process.pid, 'SIGSEGV');
else process.exit(0);
