import type { HttpResponseInit } from '@azure/functions';
import manifest from '../package.json' with { type: 'json' };
import { answerJson } from './http-answer.ts';

/** That the app runs, and which. Asks nothing of anybody, so that it says nothing about them either. */
export function showHealth(): HttpResponseInit {
  return answerJson(200, { name: manifest.name, version: manifest.version });
}
