import { registerHooks } from 'node:module';

/* Preloaded by --import: tells on stderr, when the process ends, every module that was loaded. */
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () => process.stderr.write(`loaded ${loaded.join(' ')}\n`));
